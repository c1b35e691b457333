"""What the redaction tests share: one way to redact a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from scenes import HEIGHT, WIDTH, luma

from cctv.redaction.render.options import Options
from cctv.redaction.standalone import FileRedaction, FileReport, redact_file


@dataclass
class Desk:
    """A folder in which files are redacted."""

    folder: Path

    @property
    def output(self) -> Path:
        return self.folder / "out.mp4"

    @property
    def mask(self) -> Path:
        return self.folder / "mask.mkv"

    def redact(self, source: Path, options: Options, keep: Path | None = None) -> FileReport:
        request = FileRedaction(source, self.output, options, keep, self.mask, force=True)
        return redact_file(request, lambda _step, _done, _total: None)

    def mask_frames(self, width: int = WIDTH, height: int = HEIGHT):
        return luma(self.mask, width, height)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
