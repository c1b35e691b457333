"""Redaction of one file outside of any storage: `cctv redaction file`.

Responsible for the checks of its paths and options.  Opens no database and no cameras.toml, asks no questions, and
refuses footage that lies in a site's storage.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2

from cctv.core.i18n import N_, Message
from cctv.core.process import available_memory, limited_memory
from cctv.redaction.errors import InputMissing, InsideStorage, MemoryShort, OutputRefused
from cctv.redaction.progress import Progress
from cctv.redaction.render.options import Mode, Options
from cctv.redaction.render.render import RenderReport, Work, redact
from cctv.redaction.tracking.annotations import NOTHING_KEPT, read_keep
from cctv.redaction.video.reader import Clip, clip_of, needed_memory, size_text

SITE_MARKER = "site.json"
_RESERVE_BYTES = 2 << 30  # of addresses: stacks and arenas of threads, the libraries' own
_CV_NO_MEMORY = -4  # cv::Error::StsNoMem


@dataclass(frozen=True, slots=True)
class FileRedaction:
    """What a person asks for.  `force` allows to replace an existing OUTPUT and MASK."""

    input: Path
    output: Path
    options: Options
    keep: Path | None = None
    mask_output: Path | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was written, and what the reader should know of it."""

    output: Path
    mask_output: Path | None
    render: RenderReport
    warnings: tuple[Message, ...]


def redact_file(request: FileRedaction, progress: Progress) -> FileReport:
    """Redact INPUT to OUTPUT.  Without boxes to keep, everything that may be a person is hidden.

    Raises InputMissing, KeepRefused, OutputRefused (2), InsideStorage (12), SourceUnreadable,
    PeopleSearchFailed, VerifyFailed, MemoryShort (15) or RenderFailed (1); OUTPUT is then as it was.
    """
    _check_paths(request)
    keep = read_keep(request.keep) if request.keep is not None else NOTHING_KEPT
    clip = clip_of([request.input])
    work = Work(
        clip,
        keep,
        request.options,
        request.output,
        request.mask_output,
        request.keep or Path("KEEP.json"),
    )
    with _bounded(clip):
        report = redact(work, progress)
    return FileReport(request.output, request.mask_output, report, tuple(_warnings(clip, request.options, report)))


@contextmanager
def _bounded(clip: Clip) -> Iterator[None]:
    """A limit for what a file from elsewhere makes libraries take: thrice what its pictures need, and a reserve.

    Addresses are limited, of which threads reserve more than they use.  Raises MemoryShort in place of their errors.
    """
    needed = needed_memory(clip.size)
    try:
        with limited_memory(_RESERVE_BYTES + 3 * needed):
            yield
    except Exception as error:
        if not _lacks_memory(error):
            raise
        free = available_memory() or 0
        raise MemoryShort(
            path=clip.path,
            size=size_text(clip.size),
            needed=needed // 1_000_000,
            free=min(free, _RESERVE_BYTES + 3 * needed) // 1_000_000,
        ) from error


def _lacks_memory(error: BaseException) -> bool:
    """Whether an error, or one that it was raised from, says that memory ran out."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, MemoryError) or (isinstance(found, OSError) and found.errno == errno.ENOMEM):
            return True
        if isinstance(found, cv2.error) and found.code == _CV_NO_MEMORY:
            return True
        found = found.__cause__
    return False


def site_of(path: Path) -> Path | None:
    """The site.json whose storage holds a file, links resolved; None when there is none."""
    for folder in path.resolve().parents:
        marker = folder / SITE_MARKER
        if marker.is_file():
            return marker
    return None


def _check_paths(request: FileRedaction) -> None:
    if not request.input.is_file():
        problem = N_("it is not a file") if request.input.exists() else N_("it does not exist")
        raise InputMissing(path=request.input, problem=problem)
    marker = site_of(request.input)
    if marker is not None:
        raise InsideStorage(path=request.input, marker=marker)
    targets = [path for path in (request.output, request.mask_output) if path is not None]
    read = [path for path in (request.input, request.keep) if path is not None]
    for target in targets:
        _check_target(target, read, force=request.force)
    if request.mask_output is not None and _same(request.output, request.mask_output):
        raise OutputRefused(
            path=request.mask_output,
            problem=N_("it is OUTPUT itself"),
            following=N_("give the mask a name of its own."),
        )
    for path, endings in ((request.output, (".mp4", ".m4v")), (request.mask_output, (".mkv",))):
        if path is not None and path.suffix.lower() not in endings:
            following = N_("give it a name that ends in {ending}.", ending=endings[0])
            raise OutputRefused(
                path=path, problem=N_("it would hold {format}", format=endings[0][1:].upper()), following=following
            )


def _check_target(target: Path, read: list[Path], *, force: bool) -> None:
    if not target.parent.is_dir():
        raise OutputRefused(path=target, problem=N_("its folder does not exist"), following=f"mkdir -p {target.parent}")
    if any(_same(target, source) for source in read):
        raise OutputRefused(
            path=target, problem=N_("it is read for this redaction"), following=N_("give another name.")
        )
    if target.exists() or target.is_symlink():
        if not target.is_file() or target.is_symlink():
            raise OutputRefused(path=target, problem=N_("it is not a plain file"), following=N_("give another name."))
        if not force:
            raise OutputRefused(
                path=target, problem=N_("it exists"), following=N_("give another name, or add --force.")
            )
    if site_of(target) is not None:
        raise OutputRefused(
            path=target,
            problem=N_("it lies in the storage of a site"),
            following=N_("write it somewhere else."),
        )


def _same(first: Path, second: Path) -> bool:
    if first.exists() and second.exists():
        return first.samefile(second)
    return first.resolve() == second.resolve()


def _warnings(clip: Clip, options: Options, report: RenderReport) -> Iterator[Message]:
    if further := clip.parts[0].stream.further_videos:
        yield N_(
            "The file holds {count} more video streams, which are not in the result; the longest is.", count=further
        )
    if report.untrusted_share >= 1.0:
        yield N_("The clip is too short to know its empty scene: everything outside of the kept boxes is hidden.")
    if report.frames_unknown_light:
        yield N_(
            "In {count} frames the picture fits no empty scene (another light, or the camera was turned, covered or "
            "shaken): they are hidden throughout.",
            count=report.frames_unknown_light,
        )
    if report.people_in_backdrops:
        yield N_(
            "{count} places of the empty scene look like people who stood still: they are hidden.",
            count=report.people_in_backdrops,
        )
    if report.nudged:
        yield N_(
            "The camera was nudged by {count} pixels: each of its positions has its own backdrop.",
            count=f"{report.nudged:.0f}",
        )
    if options.mode is Mode.MASK and options.fill.value in ("pixelate", "blur"):
        yield N_("The fill {fill} lets people be recognised by their clothes; solid does not.", fill=options.fill.value)
