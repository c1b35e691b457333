"""What `cctv init` asks, what is an answer, what is still missing; and the file that keeps it all until the end.

Questions are data: the dialog, the options and `--yes` follow from `QUESTIONS`.  Every answer is read by the reader of
the setting in cameras.toml that it becomes, so that what is accepted here is accepted there.  Never holds a password.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from cctv.config import fields
from cctv.config.errors import BadValue
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import Language
from cctv.db.storage import refuse_occupied
from cctv.model.ids import valid_id
from cctv.model.legal import Jurisdiction, ZoneKind, forbidden_place
from cctv.setup.disks import disk_of

USUAL_STORAGE = Path("/var/lib/cctv")
NOWHERE = "none"  # in place of the recovery key's file
_SCHEMA = 1
# Places from which the public road or a neighbour may be seen: the shorter period of the published policies.
OUTDOOR = (ZoneKind.FACADE, ZoneKind.ENTRANCE, ZoneKind.PARKING, ZoneKind.GROUNDS)
_OUTDOOR_PERIOD, _INDOOR_PERIOD = timedelta(days=7), timedelta(days=30)  # "zeven dagen", "dertig dagen"
_TIMEZONES = {Jurisdiction.BE: "Europe/Brussels", Jurisdiction.NL: "Europe/Amsterdam"}
_UNIT_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # a path that stands in a unit as it is
_NAMED = re.compile(r"([a-z0-9-]{1,40})=(.+)", re.DOTALL)


class AnswersUnreadable(CctvError):
    """{path}, which keeps the answers of an interrupted `cctv init`, cannot be used: {problem}.

    next: `cctv init --start-over` asks everything again.
    """

    exit_code = Exit.UNREADABLE


class Ask(Enum):
    """A question with an answer of one text; the value names it in the file."""

    LANGUAGE = "language"
    NAME = "name"
    JURISDICTION = "jurisdiction"
    TIMEZONE = "timezone"
    CONTROLLER = "controller"
    ADDRESS = "address"
    MAIL = "mail"
    DPO = "dpo"
    SIGNATORY = "signatory"
    PURPOSE = "purpose"
    ZONE = "zone"
    STORAGE = "storage"
    RECOVERY = "recovery"


Texts = Mapping[Ask, str]


@dataclass(frozen=True, slots=True)
class Question:
    """A question: its option, its words, how an answer is read, and what is proposed, None for nothing.

    `read` returns the answer as it is kept; it raises BadValue with the reason for which the question is asked again.
    `check` raises BadValue or a CctvError too, by what is on the machine now: of what is typed, not of what was kept.
    `must_be_given`: `--yes` does not take the proposal, for a person decides it.
    """

    ask: Ask
    option: str
    words: str
    read: Callable[[str, Texts], str]
    propose: Callable[[Texts], str | None] = lambda texts: None
    must_be_given: bool = False
    check: Callable[[str], None] = lambda text: None


@dataclass(frozen=True, slots=True)
class CameraAnswer:
    """A camera that will be in cameras.toml; one of `onvif` and `rtsp` is set.

    `sees_road` is whether the public road is in its picture; `bit_rate` is None where it was not measured.
    """

    name: str
    kind: ZoneKind
    onvif: str | None = None
    rtsp: str | None = None
    credential: str | None = None
    location: str | None = None
    sees_road: bool = False
    bit_rate: float | None = None

    @property
    def address(self) -> str:
        return self.rtsp or self.onvif or ""


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers until now; `cameras` is None while they were not looked for.

    `shown` are the instants (ISO) at which a coarse picture of a camera was shown, for the audit log to come.
    `begun` are the steps that were begun and may have left something behind.
    `earlier` are answers that are asked for again, and proposed.
    """

    texts: Texts = field(default_factory=dict)
    cameras: tuple[CameraAnswer, ...] | None = None
    shown: tuple[tuple[str, str], ...] = ()
    begun: tuple[str, ...] = ()
    earlier: Texts = field(default_factory=dict)

    def __getitem__(self, ask: Ask) -> str:
        return self.texts[ask]

    def having(self, ask: Ask, text: str) -> Answers:
        """The same with one answer more."""
        return replace(self, texts={**self.texts, ask: text})

    def started_over(self) -> Answers:
        """No answers yet, and these as proposals."""
        return Answers(shown=self.shown, begun=self.begun, earlier={**self.earlier, **self.texts})

    @property
    def jurisdiction(self) -> Jurisdiction:
        return Jurisdiction(self[Ask.JURISDICTION])

    @property
    def language(self) -> Language:
        return Language(self[Ask.LANGUAGE])

    @property
    def storage(self) -> Path:
        return Path(self[Ask.STORAGE])

    @property
    def recovery_file(self) -> Path | None:
        """Where the private half of the recovery key goes; None for no recovery key."""
        text = self[Ask.RECOVERY]
        return None if text == NOWHERE else Path(text)


def period_of(kind: ZoneKind, jurisdiction: Jurisdiction) -> timedelta:
    """How long a zone of this kind keeps footage unless somebody decides otherwise: never over the law's cap."""
    return min(_OUTDOOR_PERIOD if kind in OUTDOOR else _INDOOR_PERIOD, jurisdiction.cap)


def check_camera(camera: CameraAnswer, others: Sequence[CameraAnswer]) -> None:
    """Raise BadValue for what a camera may not be: a name that is taken, a forbidden place, the road from indoors."""
    if not valid_id(camera.name):
        raise BadValue(f'"{camera.name}" cannot be a name', "1 to 40 of a-z, 0-9 and -")
    if any(other.name == camera.name for other in others):
        raise BadValue(f"there is a camera {camera.name} already", "a name of its own")
    for text in (camera.name, camera.location):
        if text is not None:
            _refuse_forbidden(fields.text(text))
    if camera.sees_road and camera.kind not in OUTDOOR:
        allowed = ", ".join(kind.value for kind in OUTDOOR)
        raise BadValue(
            f"{camera.name} sees the public road, which {camera.kind.value} is not for", f"the zone {allowed}"
        )


def named_camera(text: str) -> tuple[str | None, str]:
    """`gevel-1=192.0.2.20` as name and address; the name is None where only an address was typed."""
    match = _NAMED.fullmatch(text.strip())
    return (match[1], match[2].strip()) if match else (None, text.strip())


def address_of(text: str) -> dict[str, str]:
    """An address as the key of cameras.toml that it belongs to; raises BadValue."""
    if text.strip().lower().startswith(("rtsp://", "rtsps://")):
        return {"rtsp": fields.rtsp(text)}
    return {"onvif": fields.onvif(text)}


def camera_name(told: str, taken: Sequence[str]) -> str:
    """A name that no other camera has: of what the camera calls itself where that is a name, else `camera-1`.  Pure."""
    slug = re.sub(r"[^a-z0-9]+", "-", told.casefold()).strip("-")[:40]
    if slug and slug not in taken and not forbidden_place(slug) and valid_id(slug):
        return slug
    number = next(number for number in range(1, len(taken) + 2) if f"camera-{number}" not in taken)
    return f"camera-{number}"


def typed_answer(question: Question, text: str, texts: Texts) -> str:
    """The answer as it is kept; raises BadValue, or the error of what is in its way."""
    answer = question.read(text, texts)
    question.check(answer)
    return answer


def missing(texts: Texts, *, taking_proposals: bool) -> list[Question]:
    """The questions that have no answer; with `taking_proposals` only those that a person must decide.  Pure."""
    return [
        question
        for question in QUESTIONS
        if question.ask not in texts and (question.must_be_given or not taking_proposals)
    ]


def with_proposals(answers: Answers) -> Answers:
    """The answers, and what is proposed in place of those that are missing; one that must be given stays missing."""
    for question in QUESTIONS:
        proposal = question.propose(answers.texts)
        if question.ask not in answers.texts and not question.must_be_given and proposal is not None:
            answers = answers.having(question.ask, typed_answer(question, proposal, answers.texts))
    return answers


def write_answers(path: Path, answers: Answers, disk: DurableFiles) -> None:
    """Keep the answers, for their owner only."""
    data = {
        "schema": _SCHEMA,
        "texts": {ask.value: text for ask, text in answers.texts.items()},
        "cameras": None
        if answers.cameras is None
        else [asdict(camera) | {"kind": camera.kind.value} for camera in answers.cameras],
        "shown": answers.shown,
        "begun": answers.begun,
        "earlier": {ask.value: text for ask, text in answers.earlier.items()},
    }
    disk.write(path, json.dumps(data, ensure_ascii=False, indent=1).encode(), mode=0o600)


def read_answers(path: Path) -> Answers | None:
    """The answers that an earlier run kept, None where there are none; raises AnswersUnreadable.

    Each is read again as if it were typed now.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_uid not in (0, os.geteuid()):
                raise AnswersUnreadable(path=path, problem="it belongs to another account")
            data = json.load(file)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise AnswersUnreadable(path=path, problem=error) from error
    try:
        return _answers_in(data)
    except (BadValue, KeyError, TypeError, ValueError) as error:
        raise AnswersUnreadable(path=path, problem=f"{type(error).__name__} {error}") from error


def _answers_in(data: Any) -> Answers:  # noqa: ANN401 - JSON
    if data["schema"] != _SCHEMA:
        raise ValueError(f"schema {data['schema']}")
    texts: dict[Ask, str] = {}
    for question in QUESTIONS:
        if question.ask.value in data["texts"]:
            texts[question.ask] = question.read(data["texts"][question.ask.value], texts)
    cameras: list[CameraAnswer] = []
    for item in data["cameras"] or ():
        camera = CameraAnswer(**{**item, "kind": ZoneKind(item["kind"])})
        address_of(camera.address)
        check_camera(camera, cameras)
        cameras.append(camera)
    shown = tuple((str(name), str(at)) for name, at in data["shown"])
    return Answers(
        texts,
        None if data["cameras"] is None else tuple(cameras),
        shown,
        tuple(map(str, data["begun"])),
        {Ask(name): str(text) for name, text in data["earlier"].items()},
    )


def _plain(reader: Callable[[object], object]) -> Callable[[str, Texts], str]:
    """The reader of a setting whose text is kept as it was typed."""

    def read(text: str, texts: Texts) -> str:
        reader(text)
        return text.strip()

    return read


def _refuse_forbidden(text: str) -> None:
    if word := forbidden_place(text):
        raise BadValue(
            f'"{word}" names a toilet, shower or changing room, which no camera may watch', "any other place"
        )


def _choice(kind: type[Enum]) -> Callable[[str, Texts], str]:
    reader = fields.choice(kind)

    def read(text: str, texts: Texts) -> str:
        typed = text.strip()
        exact = next((value for value in reader.choices if value.casefold() == typed.casefold()), typed)
        return reader.show(reader.read(exact))

    return read


def _purpose(text: str, texts: Texts) -> str:
    _refuse_forbidden(text)
    return fields.text(text)


def _address_lines(text: str, texts: Texts) -> str:
    return "; ".join(fields.text_lines([line.strip() for line in re.split(r"[;\n]", text) if line.strip()]))


def _storage(text: str, texts: Texts) -> str:
    path = Path(fields.storage(text))
    if not path.is_absolute():
        raise BadValue("it does not start with /", 'a folder such as "/var/lib/cctv"')
    if not _UNIT_PATH.fullmatch(str(path)):
        raise BadValue("it holds a sign that means something else to systemd", "letters, digits and . _ - / only")
    return str(path)


def _recovery(text: str, texts: Texts) -> str:
    typed = fields.text(text)
    if typed.casefold() == NOWHERE:
        return NOWHERE
    path = Path(typed)
    if not path.is_absolute() or path.is_dir():
        raise BadValue("it is not a file's whole path", 'a file such as "/media/usb/recovery.key", or "none"')
    if Ask.STORAGE in texts and path.resolve().is_relative_to(Path(texts[Ask.STORAGE]).resolve()):
        raise BadValue(
            "it is in the storage: whoever takes the disk would have the key too", "a file on another medium"
        )
    return str(path)


def _check_storage(text: str) -> None:
    refuse_occupied(Path(text))
    if not disk_of(Path(text)).keeps_owners:
        raise BadValue("its file system keeps no owners and modes of files", "a disk with ext4, xfs or the like")


def _check_recovery(text: str) -> None:
    path = Path(text)
    if text == NOWHERE:
        return
    if not path.parent.is_dir():
        raise BadValue(f"there is no folder {path.parent}", "a file on a medium that is mounted")
    if path.exists() or path.is_symlink():
        raise BadValue("it is there already: a recovery key is never replaced", "a name that is free")


def machine_timezone(link: Path = Path("/etc/localtime")) -> str | None:
    """The machine's own time zone where it is a place; None for UTC and the like."""
    name = os.path.realpath(link).partition("/zoneinfo/")[2]
    return name if "/" in name and not name.startswith("Etc/") else None


def _timezone(texts: Texts) -> str | None:
    law = texts.get(Ask.JURISDICTION)
    return machine_timezone() or (_TIMEZONES[Jurisdiction(law)] if law else None)


# In the order in which they are asked: a proposal, or a check, may need an earlier answer.
QUESTIONS: tuple[Question, ...] = (
    Question(Ask.LANGUAGE, "--language", "Language of letters, pages and comments (nl, fr, en)", _choice(Language),
             lambda texts: "nl"),
    Question(Ask.NAME, "--name", "Name of the site, for letters and pages", _plain(fields.text), must_be_given=True),
    Question(Ask.JURISDICTION, "--jurisdiction", "Whose law applies (BE, NL)", _choice(Jurisdiction),
             must_be_given=True),
    Question(Ask.TIMEZONE, "--timezone", "Time zone", _plain(fields.timezone), _timezone),
    Question(Ask.CONTROLLER, "--controller", "Full name of who answers for the cameras (the controller)",
             _plain(fields.text), lambda texts: texts.get(Ask.NAME)),
    Question(Ask.ADDRESS, "--address", "Its postal address, lines separated by ;", _address_lines, must_be_given=True),
    Question(Ask.MAIL, "--mail", "Its mail address", _plain(fields.mail), must_be_given=True),
    Question(Ask.DPO, "--dpo", "Where people write about their data", _plain(fields.text),
             lambda texts: texts.get(Ask.MAIL)),
    Question(Ask.SIGNATORY, "--signatory", "Who signs its letters", _plain(fields.text), must_be_given=True),
    Question(Ask.PURPOSE, "--purpose", "Why the cameras record, such as: theft and damage", _purpose,
             must_be_given=True),
    Question(Ask.ZONE, "--zone", "Zone of most cameras (facade, interior, entrance, foyer, ...)", _choice(ZoneKind),
             lambda texts: ZoneKind.INTERIOR.value),
    Question(Ask.STORAGE, "--storage", "Folder of the footage", _storage, lambda texts: str(USUAL_STORAGE),
             check=_check_storage),
    Question(Ask.RECOVERY, "--recovery-key", "File of the recovery key, on a medium that leaves this box (or none)",
             _recovery, must_be_given=True, check=_check_recovery),
)  # fmt: skip
