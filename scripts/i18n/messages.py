"""Everything that is translated, read from the program itself: help, errors, calls in the source and in templates."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import jinja2
from click import core, decorators, exceptions, formatting, parser, termui, types
from docgen.errors import every_error

from cctv.cases.requests.needs import NextStepKind
from cctv.cases.text_input import CORRECTABLE, FIELDS
from cctv.cli.app import _SECTIONS, root
from cctv.cli.i18n import TranslatedGroup, argument_placeholder, placeholder, translate_help
from cctv.cli.invocation import Invocation
from cctv.cli.options import OneOf
from cctv.cli.output import UNIT, UNITS
from cctv.core.errors import EXIT_MEANINGS
from cctv.core.i18n import CAPITALS, HEADINGS, LINE_WORDS, PLACEHOLDERS
from cctv.core.typed_time.parser import CONTEXT, SHOWN
from cctv.model.access import Right, Role
from cctv.model.cases import CaseOutcome, IncidentKind, RequestState, RequestType
from cctv.model.compliance import DeclarationKind, End, NoticeRecipient, NoticeWay, Permission, ProcessingRole, Risk
from cctv.model.disclosures import Delivery, DisclosureClosure, DisclosureState, Duty, Method, PasswordWay, Recipient
from cctv.model.footage import GapCause, Reason
from cctv.model.holds import GroundKind
from cctv.model.legal import Area, ZoneKind
from cctv.model.national_number import NationalNumber
from cctv.model.requests import (
    BlockKind,
    Channel,
    ErasureGround,
    ExtensionGround,
    IdentityMethod,
    InstructedAct,
    LetterKind,
    Mandate,
    RefusalGround,
    Relation,
    RequesterRole,
    RestrictionGround,
    Safeguard,
    YieldGround,
)
from cctv.monitoring.doctor import Severity
from cctv.redaction.review.sheet.labels import DELETED, NEVER_RECORDED, TO_COME
from cctv.services.serve.places import OWNER_COMMANDS, OWNERS, owners_reason

ROOT = Path(__file__).resolve().parent.parent.parent
# Packages whose errors a casework command may raise.
PACKAGES = (
    "core", "model", "config", "db", "crypto", "holds", "footage", "access", "letters", "retention", "cases",
    "redaction", "viewing", "packages", "services", "cli",
)  # fmt: skip
# Modules of them that only the operator's commands use.
_OPERATORS = (
    "cctv.config.policy_text", "cctv.config.editor", "cctv.crypto.errors", "cctv.crypto.age",
    "cctv.footage.repair.rebuild", "cctv.footage.repair.reconcile", "cctv.retention.certificate.files",
    "cctv.retention.policy_change", "cctv.services.record", "cctv.services.sweep", "cctv.cli.commands.restore",
    "cctv.cli.commands.cameras", "cctv.cli.commands.init",
)  # fmt: skip
# Enums whose members are shown to people.
WORDS = (
    IncidentKind, RequestType, RequestState, CaseOutcome,
    Severity, Relation, Channel, RequesterRole, Mandate, IdentityMethod,
    RefusalGround, BlockKind, YieldGround, ExtensionGround, LetterKind,
    Safeguard, RestrictionGround, ErasureGround, Delivery, PasswordWay,
    Recipient, Duty, Method, DisclosureState, DisclosureClosure,
    ProcessingRole, Risk, NoticeRecipient, NoticeWay, End, Permission,
    DeclarationKind, NextStepKind, GroundKind, NationalNumber, InstructedAct,
    GapCause, Reason, ZoneKind, Area, Role, Right,
)  # fmt: skip
_ONE = {"_", "N_"}
_MANY = {"ngettext", "ngettext_lazy"}
_BY_THEMSELVES = {"pgettext", "pgettext_lazy"}
_SHOWING = {"print", "echo", "print_next", "print_done", "print_result", "emit_request", "UsageError", "confirm"}
_LINE_INSIDE = re.compile(r"\bcctv [^`]*|\d+x\d+|x+")
_TO_PROGRAMMERS = re.compile(
    r"deprecated|declar|iterable|defined twice|env var|UUID|boolean|Boolean|Choice\(|start character|Takes \{|colour|"
    r"len_type|match the format|password|entered values|Repeat|Press|Confirm|Do you want|dynamic|%\(prog"
)
_FIELDS = re.compile(r"{[^{}]*}")
_VALUE = r"([A-Z][A-Z,-]*|{\w+}|\"[^\"]*\")"
_LINE = re.compile(rf"cctv( [a-z]+){{1,2}}( {_VALUE}| --[a-z-]+( [a-z-]+)?)*\.?")


@dataclass(frozen=True, slots=True)
class Message:
    """What a translator sees: English, with what tells it from the same English elsewhere, and its plural."""

    english: str
    where: str
    context: str | None = None
    plural: str | None = None

    @property
    def key(self) -> tuple[str | None, str]:
        return self.context, self.english

    @property
    def says_nothing(self) -> bool:
        """Whether it is the same in every language: fields and what a person types."""
        return not re.search(r"[^\W\d]", _FIELDS.sub("", self.english)) or bool(_LINE.fullmatch(self.english))


def every_message() -> list[Message]:
    """Each once, in the order of the program."""
    messages: dict[tuple[str | None, str], Message] = {}
    parts = (_of_root, _of_commands, _of_errors, _of_calls, _of_templates, _of_words, _of_click)
    for message in itertools.chain.from_iterable(part() for part in parts):
        if message.english:
            messages.setdefault(message.key, message)
    return list(messages.values())


def spoken_commands(group: TranslatedGroup = root) -> Iterator[click.Command]:
    """Every command that speaks the language of the site, groups first."""
    ctx = click.Context(group, obj=Invocation())
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        if name in group.translated:
            yield from _with_those_below(command)
        elif isinstance(command, TranslatedGroup):
            yield from spoken_commands(command)


def _with_those_below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            yield from _with_those_below(subcommand)


def _of_root() -> Iterator[Message]:
    where = "cctv/cli/app.py"
    for section, commands in _SECTIONS.items():
        yield Message(section, where)
        yield from (Message(summary, where) for _, summary in commands.values())
    yield from (Message(meaning, "cctv/core/errors.py") for meaning in EXIT_MEANINGS.values())
    yield from _help_of(root, where)


def _of_commands() -> Iterator[Message]:
    for command in spoken_commands():
        source = inspect.getsourcefile(inspect.unwrap(command.callback)) if command.callback else None
        yield from _help_of(command, str(Path(source or "").relative_to(ROOT)))


def _help_of(command: click.Command, where: str) -> Iterator[Message]:
    texts: list[str] = []
    translate_help(command.help or "", lambda text: texts.append(text) or text)
    yield from (Message(text, where) for text in texts)
    for option in command.params:
        if isinstance(option, click.Option):
            yield Message(option.help or "", where)
            yield Message(placeholder(option) or "", where, PLACEHOLDERS)
            if isinstance(option.type, OneOf):
                yield from (Message(str(choice), where, option.type.kind) for choice in option.type.choices)
        else:
            words = CAPITALS.findall(argument_placeholder(option))
            yield from (Message(word, where, PLACEHOLDERS) for word in words)
    yield Message(command.options_metavar or "", where, PLACEHOLDERS)
    if isinstance(command, click.Group):
        yield Message(command.subcommand_metavar, where, PLACEHOLDERS)


def _of_errors() -> Iterator[Message]:
    for error in every_error():
        if error.module.split(".")[1] in PACKAGES and not error.module.startswith(_OPERATORS):
            where = error.module.replace(".", "/") + ".py"
            yield Message(error.message, where)
            yield Message(error.next_step, where)


def sources(package: str = "") -> list[Path]:
    """The source files of a package, or of all of them."""
    return sorted((ROOT / "cctv" / package).rglob("*.py"))


def _of_calls() -> Iterator[Message]:
    for file in sources():
        where = str(file.relative_to(ROOT))
        if not where.startswith("cctv/core/i18n.py"):
            yield from calls_in(file.read_text(), where)


def calls_in(source: str, where: str) -> Iterator[Message]:
    """What the calls of a source say; raises ValueError where that does not stand in the call."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _ONE or (name == "gettext" and isinstance(node.args[0], ast.Constant)):
            yield Message(_text(node, 0, where), where)
        elif name in _MANY:
            yield Message(_text(node, 1, where), where, plural=_text(node, 2, where))
        elif name in _BY_THEMSELVES and all(isinstance(argument, ast.Constant) for argument in node.args):
            yield Message(_text(node, 1, where), where, _text(node, 0, where))
        elif name == "table" and node.args and isinstance(node.args[0], ast.Tuple) and "cctv.core.i18n" in source:
            columns = [element.value for element in node.args[0].elts if isinstance(element, ast.Constant)]
            yield from (Message(str(column), where, HEADINGS) for column in columns)


def _of_templates() -> Iterator[Message]:
    """The `_(text)` and `pgettext(context, text)` of the pages; letters and notes have a template for each language."""
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"])
    for file in sorted(path for path in (ROOT / "cctv").rglob("templates/*") if path.is_file()):
        where = str(file.relative_to(ROOT))
        for _, name, texts in environment.extract_translations(file.read_text()):
            if name == "pgettext":
                context, english = texts
                yield Message(english, where, context)
            else:
                yield Message(texts, where)


def _text(node: ast.Call, index: int, where: str) -> str:
    argument = node.args[index]
    if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
        raise ValueError(f"{where}:{node.lineno}: the sentence does not stand in the call")
    return argument.value


def _of_words() -> Iterator[Message]:
    for kind in WORDS:
        where = kind.__module__.replace(".", "/") + ".py"
        yield from (Message(str(member.value), where, kind.__name__) for member in kind)
    for cause in (DELETED, NEVER_RECORDED, TO_COME):
        yield Message(cause, "cctv/redaction/review/sheet/labels.py", GapCause.__name__)
    yield from (Message(name, "cctv/cases/text_input.py", FIELDS) for name in CORRECTABLE)
    reasons = [*OWNER_COMMANDS.values(), owners_reason(())[1]]
    yield from (Message(reason, "cctv/services/serve/places.py", OWNERS) for reason in reasons)
    yield from (Message(unit, "cctv/cli/output.py", UNIT) for unit in UNITS)
    yield from (Message(word, "cctv/core/i18n.py", PLACEHOLDERS) for word in LINE_WORDS)
    yield from (Message(label, "cctv/core/typed_time/parser.py", CONTEXT) for label in SHOWN)


def _of_click() -> Iterator[Message]:
    """What click says to people, as it stands in its source; not what it says to programmers."""
    yield Message("required", "click")  # which click looks up by a variable
    for module in (core, decorators, exceptions, formatting, parser, termui, types):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                texts = [
                    argument.value
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                ]
                if texts and not _TO_PROGRAMMERS.search(texts[0]):
                    yield Message(texts[0], "click", plural=texts[1] if node.func.id == "ngettext" else None)


def plain_fields(source: str, where: str, errors: Collection[str]) -> Iterator[str]:
    """Where a source gives one of these errors a field in plain English, which no catalog can tell."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "func", None)
        if not isinstance(node, ast.Call) or getattr(name, "id", getattr(name, "attr", None)) not in errors:
            continue
        for field in node.keywords:
            text = _constant_text(field.value)
            if (
                " " in text.strip()
                and re.search(r"[a-z]{2}", text)
                and not text.startswith(("cctv ", "systemctl ", "mkdir "))
            ):
                yield f"{where}:{field.value.lineno}: {field.arg}={ast.unparse(field.value)}"


def unsaid(source: str, where: str) -> Iterator[str]:
    """What a file of the command line prints in plain English: text in a call that shows it, and not in `_`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _SHOWING:
            for argument in node.args:
                text = _LINE_INSIDE.sub("", _constant_text(argument))
                if re.search(r"[a-z]{2}", text):
                    yield f"{where}:{argument.lineno}: {ast.unparse(argument)}"


def _constant_text(value: ast.expr) -> str:
    if isinstance(value, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in value.values)
    if isinstance(value, ast.IfExp):
        return _constant_text(value.body) or _constant_text(value.orelse)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
