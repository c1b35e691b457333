"""A Dutch or French site reads no English: not in a message, a heading, a value, a sign or a line to type."""

from __future__ import annotations

import ast
import re
import shlex

import click
import pytest
from i18n.catalogs import LANGUAGES, read
from i18n.messages import ROOT, every_message, sources, spoken_commands

from cctv.cli.options import OneOf, plain_word
from cctv.core.i18n import CAPITALS, LINE_WORDS, PLACEHOLDERS, Language, catalog, translate_line

# Words that are neither Dutch nor French, of the messages of this program.
_WORDS = """
    the and with this that which from has have been are not must until to footage hold holds request requests why who
    what when where nobody somebody error next released opened closed answer missing name size length left late since
    would nothing already shown it its does your you we other received registered recorded deleted stored people
    written keep kept before after reason given outcome yes theft damage police access erasure restriction objection
    subject guardian withdrawn granted refused today days state year
"""
ENGLISH = frozenset(_WORDS.split())
ALIKE = {"nl": {"been", "are", "name"}, "fr": {"are", "subject", "police", "to"}}  # words that the language has too
INFORMAL = {
    "nl": re.compile(r"\b(je|jij|jou|jouw|jullie)\b", re.IGNORECASE),
    "fr": re.compile(r"\b(tu|toi|tes|ton)\b", re.IGNORECASE),
}
# What stays as it is typed: ids, names of files and settings, commands, options with their values.
TYPED = re.compile(
    r"`[^`]*`|\S*/\S*|\b\w+[._]\w+\b|\b[A-Z]{3,4}-\d[\d-]*|\bcctv( [a-z-]+){0,2}"
    r"|--[a-z-]+( [a-z]+(-[a-z]+)*\b)?|\[[a-z|. -]+\]"
)
SPAN = "--cameras FOYER-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'"
LATER = "--from '2026-11-01 11:02' --to '2026-11-01 11:03'"
AN = "--name 'Zandvoort' --contact zandvoort@voorbeeld.be"
DISCLOSURE = (
    "--recipient police --duty ordered --authority Zone --country BE --reference 7 "
    "--order-by X --order-number 46 --order-on 1/11/2026"
)
INSURER = DISCLOSURE.replace("police", "insurer").replace("ordered", "voluntary")
STORY = f"""
incident open tas --kind diefstal {SPAN}
incident open tas --kind vol {SPAN}
incident open tas --kind niets {SPAN}
incident open tas --kind schade {SPAN}
incident list
incident show inc-2026-0001
incident correct INC-2026-001 --title zak --reason x
incident correct INC-2026-001 {LATER} --reason x
incident settle INC-2026-002 --reason x --yes
incident settle INC-2026-001 --reason x
hold list --all
hold show HOLD-2026-001
hold place --ground INC-2026-001 {SPAN} --reason x
hold renew HOLD-2026-004 --review 60d --reason x
hold release HOLD-2026-004 --reason x
hold confirm --reason x
footage show --case INC-2026-001 --camera gang-2 {LATER}
footage extract --case INC-2026-001 --camera gang-2 {LATER}
request open --no-prepare {AN} {SPAN}
request open --no-prepare {AN} --type beperking {SPAN}
request open --no-prepare {AN} --type objection {SPAN}
request open --no-prepare {AN} --type complaint {SPAN}
request open --no-prepare {AN} --type erasure --deliver-to Gent {SPAN}
request list
request show REQ-2026-001
request board
request receipt REQ-2026-001
request pass-on REQ-2026-001
request instruct REQ-2026-001 --do answer --by X --reference X
request ask REQ-2026-001
request answer REQ-2026-001
request close REQ-2026-001 --outcome refused
request close REQ-2026-001 --outcome refused --ground not-founded --reason x
request close REQ-2026-001 --outcome niets
request identity REQ-2026-001 --method eid --checker X --role proxy
request identity REQ-2026-001 --method eid --checker X
request mandate REQ-2026-001 --as proxy --by X --by-contact X --mandate parental-authority --mandated 1/11/2026
request statement REQ-2026-001 --text x
request scope REQ-2026-001 {SPAN} --reason x
request correct REQ-2026-001 --name Zandvoorde --received 31/10/2026 {LATER} --cameras foyer-1 --reason x
request correct REQ-2026-001 --name Zandvoorde --reason x
request correct REQ-2026-002 --type access --reason x
request confirm REQ-2026-001 --reason x
request invite REQ-2026-001 --at '4/11/2026 10:00' --place Gent --host X
request extend REQ-2026-001 --ground complexity --reason x
request sent REQ-2026-001 --letter extension
request viewings REQ-2026-001
request lift REQ-2026-002 --reason x
request uphold REQ-2026-003 --reason x
request reject REQ-2026-003 --reason x
request correct REQ-2026-003 {LATER} --reason x
request yield REQ-2026-003 --to INC-2026-001 --ground legal-claim --recipient X --reference X --reason x
request withdraw REQ-2026-005 --reason x
request withdraw REQ-2026-005 --reason x
request viewings REQ-2026-001
request list --all
redaction prepare REQ-2026-009
redaction show REQ-2026-001
redaction people REQ-2026-001
redaction ask REQ-2026-001
redaction keep REQ-2026-001 1 --reason x
redaction hide REQ-2026-001 1 --reason x
redaction backdrop REQ-2026-001 --approve --reason x
redaction review REQ-2026-001 --all --reason x
redaction preview REQ-2026-001
redaction approve REQ-2026-001 --reason x
redaction file a.mp4 b.mp4
export build REQ-2026-001
export list
export verify EXP-2026-009
export deliver EXP-2026-009 --method zip --to usb
export fetch EXP-2026-009
disclosure open {DISCLOSURE} {SPAN}
disclosure open {INSURER} {SPAN}
disclosure list
disclosure show DIS-2026-001
disclosure correct DIS-2026-001 --reference 8 {LATER} --reason x
disclosure approve DIS-2026-001 --reason x
disclosure viewed DIS-2026-001
disclosure build DIS-2026-001 --dry-run
disclosure receipt DIS-2026-001 --on 1/11/2026
disclosure lease DIS-2026-001 --until 1/3/2027 --reason x
disclosure end DIS-2026-001 --how handed --reason x
disclosure end DIS-2026-001 --how refused --reason x
register show requests
register show complaints
register show disclosures
register show incidents
register show holds
register show breaches
register show processors
register show grants
register show declarations
register show workstations
register review --kind penetration-test --on 1/11/2026 --by X --report x
register review --kind impact-assessment --on 1/11/2026 --by X --report x --criterion scoring
register review --kind staff-consultation --on 1/11/2026 --by X --report x
register show reviews
register show addressees
register show processing
register show cameras
register show cameras --format page
register signs
register notice --address ftp://x --to notices
register declare --kind first --on 5/1/2026 --reference 7
register workstation-check --on 1/11/2026 --checker X
register workstation-check --on 1/11/2026 --checker X --clean
register workstation-form --to usb.doc
breach open x --aware '1/11/2026 09:00' --cameras foyer-1 --people 40 --risk high
breach list
breach show BRE-2026-001
breach assess BRE-2026-001 --risk unlikely --certain --people 3 --reason x
breach tell BRE-2026-001 --whom controller
breach close BRE-2026-001 --reason x
breach measures BRE-2026-001 --text x
processor add Installatie --service onderhoud --country BE --contract 1/3/2026
processor list
processor engage PRO-2026-001 Werf --country DE
processor audited PRO-2026-001 --on 1/10/2026
processor end PRO-2026-009 --on 1/11/2026 --how returned --reason x
grant give sofie export --briefed 1/11/2026 --confidentiality 1/11/2026 --reason x
grant list
factor enrol
factor list
factor reset sofie --reason x
factor recover
grant withdraw GRA-2026-001 --reason x
board
board letter P1
board withdraw P1 --reason x
board refuse P1 --reason x
board sign P1 --signature x.sig
grant mine
grant deputy sofie --role handler --until 3/11/2026 --reason x
grant exception sofie REQ-2026-001 --reason x
letter list
letter preview niets --to x.txt
letter policy-changed --to x --where x --since 1/12/2026 --change nl x --dry-run
site close --out x --reason x
request show
request show REQ-2026-999
request open {AN}
request niets
audit list --last 3
audit search --act incident --last 3
audit search --from '1/11/2026 10:00'
audit verify
audit checkpoint --dry-run
audit checkpoint
audit verify
audit accept --reason x
audit export --for X --to log.zip
audit keep --to map
audit keep --to map
"""

PROCESSOR = """
[processor]
name = "Camerazorg"
address = ["Gent"]
mail = "x@voorbeeld.be"
signatory = "X"
contract = "7"
contract_date = 2026-01-15
"""
CUSTOMER_STORY = f"""
request open --no-prepare {AN} {SPAN}
request open --no-prepare {AN} --type objection {SPAN}
request board
request sent REQ-2026-001 --letter passed-on
request pass-on REQ-2026-001
request show REQ-2026-001
request sent REQ-2026-001 --letter passed-on
request receipt REQ-2026-001
request answer REQ-2026-001
request uphold REQ-2026-002 --reason x
request instruct REQ-2026-001 --do refuse --by X --reference X
request show REQ-2026-001
request answer REQ-2026-001
request instruct REQ-2026-001 --do partly --by X --reference X
request instruct REQ-2026-001 --do extend --by X --reference X
request instruct REQ-2026-001 --do answer --by X --reference X --on 31/10/2026
request instruct REQ-2026-001 --do leave --by X --reference X
request show REQ-2026-001
request close REQ-2026-001 --outcome granted
disclosure open {DISCLOSURE} {SPAN}
disclosure approve DIS-2026-001 --reason x
disclosure approve DIS-2026-001 --reason x --instruction x
breach open x --aware '1/11/2026 09:00'
breach show BRE-2026-001
register show processing
register signs
"""

# Of accounts that every Debian has; whoever types is operator as the owner, and root is by its group what it says here.
ROLES = """
[roles]
handler = ["daemon"]
decider = ["root"]
dpo = ["games"]
"""
ROLES_STORY = f"""
grant mine
incident open tas --kind diefstal {SPAN}
request open --no-prepare {AN} {SPAN}
redaction prepare REQ-2026-001
footage show --case INC-2026-001 --camera foyer-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'
grant give root view --briefed 1/11/2026 --confidentiality 1/11/2026 --reason x
grant give daemon view --briefed 1/11/2026 --confidentiality 1/11/2026 --until 1/1/2026 --reason x
grant give daemon view --briefed 1/11/2026 --confidentiality 1/11/2026 --until 3/11/2026 --reason x
grant deputy root --role handler --until 3/11/2026 --reason x
grant deputy niemand --role handler --until 3/11/2026 --reason x
grant deputy games --role handler --until 3/11/2026 --reason x
grant deputy bin --role handler --until 3/11/2027 --reason x
grant deputy bin --role handler --until 3/11/2026 --reason x
grant exception bin REQ-2026-001 --reason x
grant exception games REQ-2026-001 --until 3/11/2026 --reason x
grant list
grant list --all
request show REQ-2026-001
register show grants
grant withdraw GRA-2026-003 --reason x --dry-run
grant withdraw GRA-2026-003 --reason x
grant withdraw GRA-2026-002 --reason x
grant list --all
hold release HOLD-2026-001 --reason x
grant mine
"""


def english(text: str, language: str) -> list[str]:
    """The English words of a text, without what is typed as it is in every language."""
    said = TYPED.sub(" ", text.replace("(unlink)", ""))
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", said)
    return sorted({word for word in words if word.casefold() in ENGLISH - ALIKE[language]})


@pytest.mark.slow
@pytest.mark.parametrize("story", [STORY, CUSTOMER_STORY, ROLES_STORY], ids=["own", "customer", "roles"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_casework_command_prints_an_english_word(speaking, language, story):
    site = speaking(language)
    if story is CUSTOMER_STORY:
        text = site.config.read_text().replace('jurisdiction = "BE"', 'jurisdiction = "BE"\nrole = "processor"')
        site.config.write_text(text + PROCESSOR)
    if story is ROLES_STORY:
        site.config.write_text(site.config.read_text() + ROLES)
    site.record("foyer-1", "2026-11-01 11:00", minutes=1)

    wrong = {}
    for line in story.split("\n"):
        told = site.cctv(line, exit=None) if line else None
        if told and (words := english(told.out.partition("<!doctype")[0] + "\n" + told.err, language)):
            wrong[line] = (words, told.out + told.err)

    assert wrong == {}, "\n".join(f"{line}\n  {words}\n{told}" for line, (words, told) in wrong.items())


def test_the_story_runs_every_casework_command():
    typed = {tuple(shlex.split(line)[:2]) for line in STORY.split("\n") if line}
    below = {
        (group.name, name)
        for group in spoken_commands()
        if isinstance(group, click.Group) and group.name != "footage"
        for name in group.commands
    }

    assert below | {("footage", "show"), ("footage", "extract")} <= typed


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_has_an_english_word_or_says_je_or_tu(language):
    texts = []
    for entry in read(language):
        if entry.id:
            texts += [entry.string] if isinstance(entry.string, str) else list(entry.string)

    shown = [translate_line(re.sub(r"{[^}]*}|\"[^\"]*\"", "", text), Language(language)) for text in texts]
    assert [text for text in shown if english(text, language)] == []
    assert [text for text in texts if INFORMAL[language].search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_for_a_value_in_quotes_is_translated_as_well(language):
    messages = [*every_message()]
    known = {message.english for message in messages if message.context == PLACEHOLDERS}
    wrong = [
        quoted
        for text in {message.english for message in messages if message.context is None}
        for quoted in re.findall(r"\"[A-Z]{2}[A-Z ,-]*\"", text)
        if not set(CAPITALS.findall(quoted)) <= known and quoted in catalog(Language(language)).gettext(text)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_letter_or_note_says_je_or_tu(language):
    files = [path for path in (ROOT / "cctv").rglob("*.*") if path.is_file() and "templates" in path.parts]
    pages = [path for path in files if language in (path.parent.name, path.name.split(".")[1])]

    assert len(pages) > 30
    assert [path.name for path in pages if INFORMAL[language].search(path.read_text())] == []


def test_every_placeholder_in_a_line_to_type_has_a_translation():
    known = {message.english for message in every_message() if message.context == PLACEHOLDERS}
    line_to_type = re.compile(r"cctv (request|incident|hold|redaction|export|disclosure|register|breach|grant) ")
    typed = {
        word
        for text in (file.read_text() for file in sources())
        if line_to_type.search(text)  # to parse every module takes a second
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if line_to_type.match(node.value)
        for word in re.findall(r"--[a-z-]+ \"?([A-Z][A-Z,-]+)\"?(?![\w.-])", node.value)
    }

    assert typed - known == set()
    assert set(LINE_WORDS) <= known
    line = "cctv request identity REQ-2026-001 --role subject --method METHOD --checker NAME"
    assert translate_line(line, Language.NL).endswith("REQ-2026-001 --role subject --method METHODE --checker NAAM")
    assert translate_line(line, Language.EN) == line


@pytest.mark.parametrize("language", [*LANGUAGES, "en"])
def test_the_words_of_a_choice_mean_one_value_each(language):
    options = [option.type for command in spoken_commands() for option in command.params]
    for choice in (type_ for type_ in options if isinstance(type_, OneOf)):
        words = [plain_word(catalog(Language(language)).pgettext(choice.kind, value)) for value in choice.choices]
        assert len(set(words)) == len(words), choice.kind


@pytest.mark.parametrize(
    ("typed", "meant"), [("theft", "theft"), ("diefstal", "theft"), ("Vol", "theft"), ("dégradation", "damage")]
)
def test_a_kind_may_be_typed_in_each_language(site, typed, meant):
    site.cctv(f"incident open tas --kind {typed} {SPAN}")

    assert site.cctv("incident show INC-2026-001 --json").json["incident"]["kind"] == meant


def test_a_word_that_means_nothing_is_refused_with_those_that_do(speaking):
    told = speaking("nl").cctv(f"incident open tas --kind niets {SPAN}", exit=2)

    assert "'diefstal'" in told.err
    assert "'theft'" not in told.err


def test_a_choice_of_two_words_is_typed_with_a_hyphen_or_in_quotes():
    choice = OneOf(["no-footage"], "CaseOutcome")

    for typed in ("geen beelden", "geen-beelden", "pas-d’images"):
        assert choice.convert(typed, None, None) == "no-footage"
