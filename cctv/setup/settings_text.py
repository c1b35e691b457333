"""The text of a new cameras.toml; each line is explained, in the language of the site.

Pure.  The text is one that the loader takes: `cctv init` reads it before it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tomlkit import string

from cctv.config.credentials import CREDENTIALS_FILE
from cctv.config.fields import text_lines
from cctv.config.schema import SEVERAL_DECIDE
from cctv.core.i18n import N_, Language, Message, translate_to
from cctv.core.typed_time.durations import format_duration
from cctv.model.legal import ZoneKind
from cctv.setup.answers import OUTDOOR, Answers, Ask, CameraAnswer, period_of

_LINE_COLUMNS = 120
_COMMENT_COLUMN = 38
_ALWAYS = (ZoneKind.FACADE, ZoneKind.INTERIOR)  # zones that `cctv cameras add` will want

_HEAD = N_(
    "Settings of one site, written by `cctv init`. Change it as you like: `cctv config check` checks it, "
    "`cctv config show` lists all that is in force, docs/cameras-toml.md explains every key."
)
_SITE = N_("the site's name, for letters and pages")
_TIMEZONE = N_("what people type without an offset means this time zone")
_JURISDICTION = N_("whose law applies: it sets the longest period and the authority")
_LANGUAGE = N_("of letters and pages: nl, fr, en")
_STORAGE = N_("folder of footage, index and log")
_MAX = N_("nothing is kept longer without a hold, whatever a zone says: the law's cap")
_CONTROLLER = N_("who answers for the cameras, as letters say it")
_ADDRESS = N_("its postal address, one to four lines")
_MAIL = N_("its mail address")
_DPO = N_("where people write about their data")
_SIGNATORY = N_("the person who signs")
_SEGMENT = N_("length of one media file")
_RESERVE = N_("free share of the disk below which recording makes room or stops")
_KIND = N_("class of place; toilets, showers and changing rooms are refused")
_OUTDOOR = N_("footage is gone at or before this age; a place outside, with the shorter period")
_INDOOR = N_("footage is gone at or before this age; a place inside")
_MIN = N_("a full disk may take footage of this age, and nothing younger")
_ROAD = N_(
    "The public road is in view of this camera: aim it so that no more of the road shows than its purpose needs, or "
    "hide the rest with masks, in percent of the picture from its top left corner."
)
_ZONE = N_("one of the zones above, which decides how long")
_PURPOSE = N_("why it records, as registers and answers will say it")
_ONVIF = N_("its address; it tells its stream itself")
_RTSP = N_("the address of its stream, never with a password in it")
_CREDENTIAL = N_("its user name and password, by their name in the credentials file")
_LOCATION = N_("where it hangs, for the register of cameras")
_CAMERAS = N_("No camera yet. Add each with: cctv cameras add NAME --zone ZONE --purpose WHY --onvif HOST")
_FILE = N_("passwords of the cameras, readable by its owner only (mode 600)")
_RECIPIENTS = N_("public half of the recovery key, to which back-ups are encrypted")
_FOLDER = N_("a folder on another disk, to which cctv-backup.timer writes each night; without the first # it counts")
_ALERTS = N_("Who is told when recording or deletion is not well: without the # of both lines somebody is.")
_AUDIT = N_(
    "Who gets proof of the log that this machine cannot rewrite, once a week: the data protection officer. Without the "
    "# of both lines they do, by the mail host of [alerts]."
)
_TWO = N_("acts that need a second person, since more accounts than one may act here; docs/accountability.md")
_NO_RECIPIENTS = N_(
    "No recovery key was made, so there are no back-ups: if this disk is lost, so are all registers and every hold. "
    "`cctv backup key FILE` makes one."
)


def settings_text(answers: Answers, recipient: str | None, *, several: bool = False) -> str:
    """cameras.toml from complete answers.

    recipient: the public half of the recovery key, None for no back-ups.  several: more accounts than one may act here,
    so that whatever two persons can decide takes two.
    """
    return "\n".join(_Lines(answers.language).of(answers, recipient, several=several)) + "\n"


def camera_keys(camera: CameraAnswer, purpose: str) -> dict[str, str | None]:
    """The keys of a camera's section, in order; None for one that it does not have."""
    return {
        "zone": camera.kind.value,
        "purpose": purpose,
        "onvif": camera.onvif,
        "rtsp": camera.rtsp,
        "credential": camera.credential,
        "location": camera.location,
    }


class _Lines:
    """Lines of TOML with comments in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def of(self, answers: Answers, recipient: str | None, *, several: bool) -> Iterator[str]:
        yield from self._remark(_HEAD)
        yield from self._site(answers)
        for kind in dict.fromkeys((*_ALWAYS, *(camera.kind for camera in answers.cameras or ()))):
            yield from self._zone(kind, answers)
        if not answers.cameras:
            yield ""
            yield from self._remark(_CAMERAS)
        for camera in answers.cameras or ():
            yield from self._camera(camera, answers[Ask.PURPOSE])
        yield from ("", "[credentials]")
        yield self._line("file", _quoted(CREDENTIALS_FILE), _FILE)
        yield ""
        if recipient is None:
            yield from self._remark(_NO_RECIPIENTS)
        else:
            yield "[backup]"
            yield self._line("recipients", f"[{_quoted(recipient)}]", _RECIPIENTS)
            yield self._line("# folder", _quoted("/mnt/offsite"), _FOLDER)
        if several:
            yield from ("", "[policy]")
            yield self._line("two_person", f"[{', '.join(_quoted(act.value) for act in SEVERAL_DECIDE)}]", _TWO)
        yield ""
        yield from self._remark(_ALERTS)
        yield from ("# [alerts]", f"# mail = {_quoted('somebody@example.org')}", "")
        yield from self._remark(_AUDIT)
        yield from ("# [audit]", f"# mail = {_quoted('dpo@example.org')}")

    def _site(self, answers: Answers) -> Iterator[str]:
        address = text_lines([line.strip() for line in answers[Ask.ADDRESS].split(";")])
        yield from ("", "[site]")
        yield self._line("name", _quoted(answers[Ask.NAME]), _SITE)
        yield self._line("timezone", _quoted(answers[Ask.TIMEZONE]), _TIMEZONE)
        yield self._line("jurisdiction", _quoted(answers[Ask.JURISDICTION]), _JURISDICTION)
        yield self._line("language", _quoted(answers[Ask.LANGUAGE]), _LANGUAGE)
        yield self._line("storage", _quoted(answers[Ask.STORAGE]), _STORAGE)
        yield self._line("max_retention", _quoted(format_duration(answers.jurisdiction.cap)), _MAX)
        yield from ("", "[controller]")
        yield self._line("name", _quoted(answers[Ask.CONTROLLER]), _CONTROLLER)
        yield self._line("address", f"[{', '.join(map(_quoted, address))}]", _ADDRESS)
        yield self._line("mail", _quoted(answers[Ask.MAIL]), _MAIL)
        yield self._line("dpo", _quoted(answers[Ask.DPO]), _DPO)
        yield self._line("signatory", _quoted(answers[Ask.SIGNATORY]), _SIGNATORY)
        yield from ("", "[recording]")
        yield self._line("segment", _quoted("60s"), _SEGMENT)
        yield self._line("reserve", _quoted("5%"), _RESERVE)

    def _zone(self, kind: ZoneKind, answers: Answers) -> Iterator[str]:
        period = period_of(kind, answers.jurisdiction)
        yield from ("", f"[zones.{kind.value}]")
        yield self._line("kind", _quoted(kind.value), _KIND)
        yield self._line("retention", _quoted(format_duration(period)), _OUTDOOR if kind in OUTDOOR else _INDOOR)
        yield self._line("min_retention", _quoted(format_duration(min(timedelta(hours=72), period))), _MIN)

    def _camera(self, camera: CameraAnswer, purpose: str) -> Iterator[str]:
        comments = {
            "zone": _ZONE,
            "purpose": _PURPOSE,
            "onvif": _ONVIF,
            "rtsp": _RTSP,
            "credential": _CREDENTIAL,
            "location": _LOCATION,
        }
        yield from ("", f"[cameras.{camera.name}]")
        for key, value in camera_keys(camera, purpose).items():
            if value is not None:
                yield self._line(key, _quoted(value), comments[key])
        if camera.sees_road:
            yield from self._remark(_ROAD)
            yield "# masks = [[[0, 0], [100, 0], [100, 30], [0, 30]]]"

    def _line(self, key: str, value: str, comment: Message) -> str:
        return f"{f'{key} = {value}':<{_COMMENT_COLUMN}} # {translate_to(comment, self._language)}"

    def _remark(self, text: Message) -> Iterator[str]:
        """A comment of its own, in lines."""
        line = "#"
        for word in translate_to(text, self._language).split():
            if len(line) + 1 + len(word) > _LINE_COLUMNS:
                yield line
                line = "#"
            line = f"{line} {word}"
        yield line


def _quoted(text: str) -> str:
    return string(text).as_string()
