"""Annotated clips on disk: a folder for each, with a video and gt.txt beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TRUTH = "gt.txt"
_PATTERNS = ("clip.*", "*.avi", "*.mp4", "*.mpg")
_PETS = ("pets", "vtest")  # OpenCV's vtest.avi is PETS09-S2L1, view 1


class NoClips(ValueError):
    """A folder without annotated clips, or without the one that was asked for; the message says what to do."""


@dataclass(frozen=True)
class ClipFiles:
    """A video, the truth about it, and the name that its figures carry."""

    name: str
    clip: Path
    truth: Path

    @property
    def is_pets(self) -> bool:
        """Whether the goals of PETS09-S2L1 hold for it: the least area hidden, the speed at its own size."""
        return any(word in self.name.lower() or word in self.clip.stem.lower() for word in _PETS)


def clips_in(data: Path, names: frozenset[str] = frozenset()) -> list[ClipFiles]:
    """The clips of a folder, by name; only those named, if any are.  Raises NoClips."""
    if not data.is_dir():
        raise NoClips(f"{data} is not a folder\nnext: correct the path")
    found = [files for folder in (data, *sorted(data.iterdir())) if (files := _clip_of(folder)) is not None]
    if not found:
        raise NoClips(f"{data} holds no folder with a video and {TRUTH}\nnext: lay each clip beside its {TRUTH}")
    if unknown := names - {files.name for files in found}:
        known = ", ".join(files.name for files in found)
        raise NoClips(f"{data} has no clip {', '.join(sorted(unknown))}\nnext: name some of {known}")
    return [files for files in found if not names or files.name in names]


def _clip_of(folder: Path) -> ClipFiles | None:
    if not (folder / TRUTH).is_file():
        return None
    videos = [path for pattern in _PATTERNS for path in sorted(folder.glob(pattern)) if path.is_file()]
    if not videos:
        raise NoClips(f"{folder} has {TRUTH} and no video\nnext: lay the clip beside it, as clip.* or .avi, .mp4, .mpg")
    return ClipFiles(folder.resolve().name, videos[0], folder / TRUTH)
