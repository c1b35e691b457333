"""The command line of camsim, checked before anything starts."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

DESCRIPTION = """\
Simulated RTSP cameras.

camsim --clip gevel-1=facade.h264 --clip foyer-1=foyer.h265 --fps 12.5

Prints one line of JSON on stdout when it is ready; see docs/simulator.md."""

NAME = re.compile(r"[a-z0-9-]{1,40}")
FASTEST = 120


@dataclass(frozen=True, slots=True)
class Arguments:
    """What was asked for, by camera name."""

    clips: dict[str, Path]
    alternatives: dict[str, Path]
    rates: dict[str, Fraction]
    port: int
    control_port: int
    audio: bool
    auth: str
    user: str
    password: str
    packet_loss: float
    start_idr: bool
    die_with_stdin: bool


def parse(words: list[str] | None = None) -> Arguments:
    """Read the command line, or end with status 2 and one message."""
    parser = _parser()
    options = parser.parse_args(words)
    clips = dict(options.clip)
    if len(clips) != len(options.clip):
        parser.error("two cameras have the same name")
    for option in (options.alt, [entry for entry in options.fps if entry[0]]):
        for name, _ in option:
            if name not in clips:
                parser.error(f"no --clip names {name}")
    rate = next((value for name, value in reversed(options.fps) if not name), Fraction(25))
    if options.auth != "none" and options.password_file is None:
        parser.error(f"--auth {options.auth} needs --password-file")
    return Arguments(
        clips=clips,
        alternatives=dict(options.alt),
        rates={name: dict(options.fps).get(name, rate) for name in clips},
        port=options.port,
        control_port=options.control_port,
        audio=options.audio == "pcmu",
        auth=options.auth,
        user=options.user,
        password=_password(parser, options.password_file),
        packet_loss=options.rtpdrop,
        start_idr=options.start_idr,
        die_with_stdin=options.die_with_stdin,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="camsim", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--clip", action="append", required=True, type=_named_path, metavar="NAME=FILE", help="a camera and its stream")
    add("--alt", action="append", default=[], type=_named_path, metavar="NAME=FILE", help="another size of its picture")
    add("--fps", action="append", default=[], type=_rate, metavar="[NAME=]RATE", help="frames a second, default 25")
    add("--port", type=int, default=0, help="RTSP port; 0, the default, takes a free one")
    add("--control-port", type=int, default=0, help="control port; 0, the default, takes a free one")
    add("--audio", choices=["none", "pcmu"], default="pcmu")
    add("--auth", choices=["none", "basic", "digest"], default="none")
    add("--user", default="admin")
    add("--password-file", type=Path, metavar="FILE")
    add("--rtpdrop", type=_probability, default=0.0, metavar="P", help="lose this share of the RTP packets")
    add(
        "--start-idr",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="the first client gets a key frame first, as from many cameras",
    )
    add("--die-with-stdin", action="store_true", help="exit when stdin closes")
    return parser


def _named_path(text: str) -> tuple[str, Path]:
    name, _, path = text.partition("=")
    if not NAME.fullmatch(name) or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FILE with a name of a-z, 0-9 and -")
    return name, Path(path)


def _rate(text: str) -> tuple[str, Fraction]:
    name, _, number = text.rpartition("=")
    try:
        rate = Fraction(number)
    except (ValueError, ZeroDivisionError) as error:
        raise argparse.ArgumentTypeError(f"{number!r} is not a frame rate") from error
    if not 0 < rate <= FASTEST:
        raise argparse.ArgumentTypeError(f"{number} is not between 0 and {FASTEST} frames a second")
    return name, rate


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value


def _password(parser: argparse.ArgumentParser, path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text().strip()
    except OSError as error:
        parser.error(f"{path}: {error.strerror}")
