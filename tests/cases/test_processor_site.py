"""A site that records for a customer: the customer decides on requests, and everything says on whose behalf it is."""

import json

import pytest

pytestmark = pytest.mark.slow

ONE = "REQ-2026-001"
OPEN = (
    "request open --no-prepare --name 'Quirina Zandvoort' --contact 'Kerkstraat 12, 8400 Oostende' "
    "--cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02' "
)
INSTRUCT = f"request instruct {ONE} --by 'Els Baert' --reference 'mail of 2/11' --do "
PROCESSOR = """
[processor]
name = "Camerazorg nv"
address = ["Nijverheidslaan 3", "8400 Oostende"]
mail = "dienst@camerazorg.example"
signatory = "Wim Coene"
contract = "2026/014, annex 2"
contract_date = 2026-01-15
"""


def make_processor(site, more=PROCESSOR, language="nl"):
    text = site.config.read_text().replace('jurisdiction = "BE"', 'jurisdiction = "BE"\nrole = "processor"')
    text = text.replace('language = "nl"', f'language = "{language}"').replace('signatory = "Lieve Maes"\n', "")
    site.config.write_text(text + more)


@pytest.fixture
def customer(bare_site, clock):
    """A site that records for Cultuurcentrum De Grote Post."""
    make_processor(bare_site)
    bare_site.cctv("footage init")
    clock.set("2026-11-01 12:00")
    return bare_site


@pytest.fixture
def asked(customer):
    """A request of some type over two minutes of the foyer."""

    def ask(kind="access", more=""):
        customer.record("foyer-1", "2026-11-01 09:00", minutes=2)
        return customer.cctv(f"{OPEN} --type {kind} {more} --json").json

    return ask


def needs(site):
    return [one["need"] for one in site.cctv(f"request show {ONE} --json").json["missing"]]


def plain(text):
    """On one line, for a letter wraps where it likes and joins numbers to their months."""
    return " ".join(text.split())


# cameras.toml


def test_a_processor_says_who_it_is_for_whom_and_by_which_contract(bare_site):
    make_processor(bare_site, "\n[processor]\nname = 'Camerazorg nv'\n")
    said = bare_site.cctv("config check", exit=10).err
    for key in ("address", "mail", "signatory", "contract", "contract_date"):
        assert f"processor.{key}: it is required where [site] role" in said
    assert "processor.name" not in said


def test_the_customer_of_a_processor_is_named(bare_site):
    make_processor(bare_site)
    text = bare_site.config.read_text()
    bare_site.config.write_text(text.replace('name = "Cultuurcentrum De Grote Post vzw"\n', ""))
    assert "controller.name: it is required" in bare_site.cctv("config check", exit=10).err


def test_a_site_that_records_for_itself_has_no_section_of_a_processor(bare_site):
    bare_site.config.write_text(bare_site.config.read_text() + PROCESSOR)
    said = bare_site.cctv("config check", exit=10).err
    assert "[processor]" in said
    assert 'role = "processor"' in said


@pytest.mark.parametrize(
    ("given", "refused"),
    [('contract_date = "last year"', "it is not a day"), ('country = "US"', "a country of the EU")],
)
def test_what_a_processor_cannot_give(bare_site, given, refused):
    make_processor(bare_site, PROCESSOR.replace("contract_date = 2026-01-15", f"contract_date = 2026-01-15\n{given}")
                   if "country" in given else PROCESSOR.replace("contract_date = 2026-01-15", given))  # fmt: skip
    assert refused in bare_site.cctv("config check", exit=10).err


def test_a_published_text_is_the_customers(bare_site, tmp_path):
    make_processor(bare_site)
    text = tmp_path / "policy.txt"
    text.write_text("Wij melden een datalek binnen 72 uur aan de Autoriteit en aan de betrokkenen.\n")
    said = plain(bare_site.cctv(f"config check --policy {text}", exit=None).out)
    assert "whether this is the text of Cultuurcentrum De Grote Post vzw" in said
    assert "this site tells it of a breach, and nobody else" in said


# requests


def test_a_request_freezes_its_footage_and_goes_to_the_controller_first(customer, asked):
    opened = asked()
    assert opened["hold"] is not None
    assert opened["next"] == f"cctv request pass-on {ONE}"
    assert needs(customer)[0] == "pass-on"
    assert "instruction" in needs(customer)


def test_passing_on_is_due_within_three_days_of_receipt(customer, asked, clock):
    asked()
    item = next(one for one in customer.cctv("request board --json").json["items"] if one["kind"] == "pass-on")
    assert item["due"].startswith("2026-11-04T22:59:59")  # the end of the day in Brussels
    assert "decides, and must be told by Wed 04/11/2026" in plain(customer.cctv(f"request show {ONE}").out)
    customer.cctv(f"request pass-on {ONE}")
    assert needs(customer)[0] == "tell-controller"
    customer.cctv(f"request sent {ONE} --letter passed-on")
    assert "pass-on" not in [one["kind"] for one in customer.cctv("request board --json").json["items"]]
    assert not {"pass-on", "tell-controller"} & set(needs(customer))
    assert "decides, and was told" in plain(customer.cctv(f"request show {ONE}").out)
    log = customer.cctv(f"audit list --about {ONE} --json").out
    assert '"passed-on"' in log
    assert "Zandvoort" not in log


def test_a_letter_that_was_not_made_was_not_sent(customer, asked):
    asked()
    assert "pass-on" in customer.cctv(f"request sent {ONE} --letter passed-on", exit=2).err


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "Zonder uw instructie geven wij hiervoor niets af"),
        ("fr", "Sans votre instruction, nous ne remettons rien"),
        ("en", "Without your instruction we hand over nothing"),
    ],
)
def test_the_letter_to_the_controller(bare_site, clock, language, said):
    make_processor(bare_site, language=language)
    bare_site.cctv("footage init")
    clock.set("2026-11-01 12:00")
    bare_site.record("foyer-1", "2026-11-01 09:00", minutes=2)
    bare_site.cctv(f"{OPEN} --said-place 'beside the bar'")
    letter = bare_site.root / bare_site.cctv(f"request pass-on {ONE} --json").json["letters"][0]
    text = plain(letter.with_suffix(".txt").read_text())
    for fact in ("Quirina Zandvoort", "Kerkstraat 12", "Hendrik Serruyslaan 18A", "2026/014, annex 2", "foyer-1",
                 "beside the bar", "dienst@camerazorg.example", said):  # fmt: skip
        assert fact in text
    assert f"{ONE}-passed-on" in letter.name


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("nl", "Camerazorg nv maakt deze beelden in opdracht van Cultuurcentrum De Grote Post vzw"),
        ("fr", "Camerazorg nv enregistre ces images pour Cultuurcentrum De Grote Post vzw"),
        ("en", "Camerazorg nv records this footage for Cultuurcentrum De Grote Post vzw"),
    ],
)
def test_letters_to_the_person_say_for_whom(customer, asked, language, said):
    asked(more=f"--language {language}")
    text = plain(customer.cctv(f"request receipt {ONE} --dry-run --json").json["text"])
    assert said in text
    assert "privacy@example.org" in text  # where rights are exercised: the controller's


def test_the_processor_signs_in_the_name_of_the_controller(customer, tmp_path):
    page = tmp_path / "letter.html"
    customer.cctv(f"letter preview receipt --to {page}")
    assert "Wim Coene<br>Camerazorg nv, namens Cultuurcentrum" in page.read_text()
    customer.cctv(f"letter preview breach-controller --to {page}")  # its own, to the controller
    assert '<p class="name">Camerazorg nv</p>' in page.read_text()
    assert "Wim Coene<br>namens Camerazorg nv" in page.read_text()


def test_an_answer_names_the_site_as_the_processor(customer):
    customer.cctv("processor add 'Beeldlab GmbH' --service 'IT support' --country DE --contract 1/3/2026")
    customer.cctv(OPEN)  # nothing was recorded
    customer.cctv(f"{INSTRUCT}answer")
    said = customer.cctv(f"request answer {ONE} --outcome no-footage --json").json
    text = plain((customer.root / said["letters"][0]).with_suffix(".txt").read_text())
    assert "Camerazorg nv (België)" in text
    assert "Beeldlab GmbH (Duitsland)" in text


@pytest.mark.parametrize(
    "line",
    [
        f"request answer {ONE}",
        f"request answer {ONE} --outcome refused --ground excessive --reason again",
        f"request close {ONE} --outcome granted",
        f"request invite {ONE} --at '3/11 10u' --place 'reception' --host 'A. Peeters'",
        f"request viewings {ONE}",
        f"request extend {ONE} --ground complexity --reason 'many people'",
    ],
)
def test_nothing_is_decided_without_an_instruction(customer, asked, line):
    asked()
    refused = customer.cctv(line, exit=13).err
    assert "waits for an instruction of Cultuurcentrum De Grote Post vzw" in refused
    assert f"cctv request instruct {ONE} --do" in refused
    assert not {"letter.made", "request.answered"} & set(acts(customer))


def acts(site):
    return [one["act"] for one in site.cctv(f"audit list --about {ONE} --json").json["entries"]]


@pytest.mark.parametrize("move", ["uphold", "reject"])
def test_an_objection_is_the_controllers_to_decide(customer, asked, move):
    asked("objection")
    customer.cctv(f"request {move} {ONE} --reason because", exit=13)
    customer.cctv(f"{INSTRUCT}{'answer' if move == 'reject' else 'refuse'}")  # the other one
    customer.cctv(f"request {move} {ONE} --reason because", exit=13)
    customer.cctv(f"{INSTRUCT}{'refuse' if move == 'reject' else 'answer'}")
    customer.cctv(f"request {move} {ONE} --reason because")


def test_nothing_is_erased_without_an_instruction(customer, asked):
    asked("erasure")
    customer.cctv(f"request identity {ONE} --method known-address --checker 'A. Peeters'")
    erase = f"request answer {ONE} --erasure-ground unlawful --yes"
    customer.cctv(erase, exit=13)
    assert len(customer.footage("foyer-1")) == 2
    customer.cctv(f"{INSTRUCT}answer")
    customer.cctv(erase)
    assert customer.footage("foyer-1") == []


def test_a_refusal_needs_the_instruction_to_refuse(customer, asked):
    asked()
    refuse = f"request answer {ONE} --outcome refused --ground excessive --reason again"
    customer.cctv(f"{INSTRUCT}answer")
    said = customer.cctv(refuse, exit=13).err
    assert "its latest instruction is: answer" in said
    assert "--do refuse" in said
    customer.cctv(f"{INSTRUCT}refuse")
    assert any(one["next"].startswith(f"cctv request answer {ONE} --outcome refused")
               for one in customer.cctv(f"request show {ONE} --json").json["missing"])  # fmt: skip
    customer.cctv(refuse)


def test_an_extension_is_instructed_and_answers_nothing(customer, asked):
    asked()
    customer.cctv(f"{INSTRUCT}extend")
    customer.cctv(f"request extend {ONE} --ground complexity --reason 'many people'")
    customer.cctv(f"request close {ONE} --outcome granted", exit=13)


def test_a_controller_that_answers_itself_has_the_request_closed_here(customer, asked):
    asked()
    customer.cctv(f"{INSTRUCT}leave")
    assert needs(customer) == ["close"]
    customer.cctv(f"request answer {ONE}", exit=13)
    customer.cctv(f"request close {ONE} --outcome granted")


def test_an_instruction_is_kept_with_its_person_and_forgotten_with_them(customer, asked, clock):
    asked()
    customer.cctv(f"{INSTRUCT}leave --on 1/11")
    shown = customer.cctv(f"request show {ONE}").out
    assert "Cultuurcentrum De Grote Post vzw decided: leave, 01/11/2026, by Els Baert (mail of 2/11)" in plain(shown)
    given = customer.cctv(f"request show {ONE} --json").json["request"]["instruction"]
    assert given == {"act": "leave", "on": "2026-11-01", "by": "Els Baert", "reference": "mail of 2/11"}
    customer.cctv(f"request close {ONE} --outcome granted")
    clock.advance(days=366)
    customer.cctv("sweep --once", exit=None)
    given = customer.cctv(f"request show {ONE} --json").json["request"]["instruction"]
    assert (given["act"], given["by"], given["reference"]) == ("leave", "", "")
    assert "Els Baert" not in json.dumps(customer.cctv(f"audit list --about {ONE} --json").json)


@pytest.mark.parametrize("day", ["31/10", "5/11"])
def test_an_instruction_comes_after_the_request_and_not_tomorrow(customer, asked, day):
    asked()
    customer.cctv(f"{INSTRUCT}answer --on {day}", exit=2)


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ("correct {} --type erasure", False),
        ("correct {} --from '1/11 9:00' --to '1/11 9:01'", False),
        ("scope {} --cameras foyer-1 --from '1/11 9:00' --to '1/11 9:01'", False),
        ("correct {} --contact 'Markt 1, 8400 Oostende'", True),
    ],
)
def test_an_instruction_is_about_what_was_asked_then(customer, asked, change, left):
    asked()
    customer.cctv(f"{INSTRUCT}answer")
    customer.cctv(f"request {change.format(ONE)} --reason 'typed wrong'")
    assert (customer.cctv(f"request show {ONE} --json").json["request"]["instruction"] is not None) is left


def test_a_person_who_takes_a_request_back_needs_no_controller(customer, asked):
    asked()
    customer.cctv(f"request withdraw {ONE} --reason 'she phoned'")


def test_a_site_that_records_for_itself_asks_nobody(site):
    site.cctv(OPEN)
    assert needs(site)[0] != "pass-on"
    assert "instruction" not in needs(site)
    for line in (f"{INSTRUCT}answer", f"request pass-on {ONE}"):
        assert "This site records for itself" in site.cctv(line, exit=2).err
    moves = site.cctv(f"request lift {ONE} --reason x", exit=2).err
    assert "instruct" not in moves


# registers, breaches, the end


def test_the_register_of_a_processor_is_that_of_article_30_2(customer):
    register = customer.cctv("register show processing --json").json
    (row,) = register["rows"]
    text = json.dumps(row)
    for fact in ("Cultuurcentrum De Grote Post vzw", "Camerazorg nv", "2026/014, annex 2", "2026-01-15"):
        assert fact in text
    assert "on the controller's instructions" in text


def test_signs_and_notices_name_the_customer(customer, tmp_path):
    assert "Cultuurcentrum De Grote Post vzw" in customer.cctv("register signs").out
    customer.cctv(f"register notice --address https://example.org/cameras --to {tmp_path / 'pages'} --language en")
    page = next((tmp_path / "pages").glob("*.html")).read_text()
    assert "Cultuurcentrum De Grote Post vzw" in page
    assert "Who records for them" in page
    assert "Camerazorg nv" in page


def test_a_breach_of_a_processor_is_told_to_the_controller_alone(customer):
    said = customer.cctv('breach open "stick lost" --aware "1/11 9:00"').out
    assert "Cultuurcentrum De Grote Post vzw, onthaal@example.org" in said
    breach = customer.cctv("breach show BRE-2026-001 --json").json
    assert breach["breach"]["role"] == "processor"
    assert [one["whom"] for one in breach["breach"]["clocks"]] == ["controller"]


def test_the_certificate_of_the_end_names_the_controller(customer, tmp_path):
    customer.record("foyer-1", "2026-11-01 09:00", minutes=2)
    folder = tmp_path / "certificate"
    customer.cctv(f"site close --yes --reason 'end of the contract' --out {folder}")
    made = json.loads((folder / "certificate.json").read_text())
    assert made["for_controller"] == {
        "name": "Cultuurcentrum De Grote Post vzw",
        "address": ["Hendrik Serruyslaan 18A", "8400 Oostende"],
        "processor": "Camerazorg nv",
        "contract": "2026/014, annex 2",
        "contract_date": "2026-01-15",
    }
    page = next(folder.glob("*.html")).read_text()
    assert "Cultuurcentrum De Grote Post vzw, Hendrik Serruyslaan 18A" in page
    assert "2026/014, annex 2" in page


def test_footage_goes_to_others_on_the_controllers_instruction(customer):
    customer.record("foyer-1", "2026-11-01 09:00", minutes=2)
    customer.config.write_text(
        customer.config.read_text().replace('two_person = ["export.unredacted"]', "two_person = []")
    )
    customer.cctv(
        "disclosure open --recipient police --duty ordered --authority 'PZ Kust' --country BE --reference 2026/1 "
        "--order-by 'B. Maes' --order-number 12 --order-on 1/11 "
        "--cameras foyer-1 --from '1/11 9:00' --to '1/11 9:02'"
    )
    approve = "disclosure approve DIS-2026-001 --reason 'order read'"
    assert "this site records for Cultuurcentrum" in plain(customer.cctv(approve, exit=13).err)
    instructed = f"{approve} --instruction 'told by mail of 1/11'"
    customer.cctv(instructed)
    text = json.dumps(customer.cctv("audit list --about DIS-2026-001 --json").json)
    assert "told by mail of 1/11" in text


def test_a_site_that_records_for_itself_has_nobody_to_instruct_it(site):
    said = site.cctv("disclosure approve DIS-2026-001 --reason read --instruction 'by mail'", exit=2).err
    assert "no other controller" in plain(said)
