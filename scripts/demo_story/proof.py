"""The proof: what stands on the disk, what is gone, what the package shows.  Measured from outside the product."""

from __future__ import annotations

import hashlib
import itertools
import json
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from demo_story import look, stage
from demo_story.product import Product, utc
from demo_story.truth import Truth
from demo_story.witness import Witness

SUBJECT_SHARE = 0.9


@dataclass
class Facts:
    """What was proved; `holds` is whether each of them is as promised."""

    segments_recorded: int
    frames_recorded: int
    frames_lost: int
    audio_streams: int
    segments_held: int
    segments_held_intact: int
    segments_expired: int
    segments_expired_still_there: int
    overdue_seconds: float
    audit_entries: int
    package_verified: bool
    signature_verified_by_ssh_keygen: bool
    live_pixels_outside: int
    heads: int
    heads_visible: int
    subject_frames: int
    subject_visible_share: float
    contact_sheet: str
    workdir: str
    seconds: float = 0.0

    def checks(self) -> list[tuple[str, str, bool]]:
        """Each fact in words, its value, and whether it is as promised."""
        held, expired = self.segments_held, self.segments_expired
        return [
            ("segments recorded", f"{self.segments_recorded} ({self.frames_recorded} frames)",
             self.segments_recorded > 0),
            ("frames lost", str(self.frames_lost), self.frames_lost == 0),
            ("sound streams in any file", str(self.audio_streams), self.audio_streams == 0),
            ("held and kept, hashes match", f"{self.segments_held_intact} of {held}",
             held > 0 and self.segments_held_intact == held),
            ("expired and gone", f"{expired - self.segments_expired_still_there} of {expired}",
             expired > 0 and self.segments_expired_still_there == 0),
            ("overdue", f"{self.overdue_seconds:.0f} s", self.overdue_seconds == 0),
            ("audit log unbroken", f"{self.audit_entries} entries", self.audit_entries > 0),
            ("package verified", "by cctv", self.package_verified),
            ("signature verified", "by ssh-keygen", self.signature_verified_by_ssh_keygen),
            ("live pixels outside the kept region", str(self.live_pixels_outside), self.live_pixels_outside == 0),
            ("heads of others visible", f"{self.heads_visible} of {self.heads}",
             self.heads > 0 and self.heads_visible == 0),
            ("the subject is visible where kept",
             f"in {self.subject_visible_share:.1%} of {self.subject_frames} frames",
             self.subject_visible_share >= SUBJECT_SHARE),
        ]  # fmt: skip

    @property
    def holds(self) -> bool:
        return all(good for _, _, good in self.checks())

    def to_json(self) -> dict[str, Any]:
        return {"schema": 1, **asdict(self), "ok": self.holds}


def prove(
    workdir: Path, product: Product, witness: Witness, truth: Truth, *, incident: str, request: str, package: Path
) -> Facts:
    """Measure everything; raises CommandFailed when the product itself says no."""
    storage = workdir / "storage"
    stored = _stored(product)
    kept = [segment for segment in stored if segment["holds"]]
    seen = witness.seen()
    expired = [segment for segment in seen if segment.name not in {Path(row["path"]).name for row in stored}]
    verified = product.run(f"export verify {package}", quiet=True)
    manifest = json.loads((package / "manifest.json").read_text())
    sight, sheet = _look(workdir, storage, package, manifest, witness, truth)
    return Facts(
        segments_recorded=len(seen),
        frames_recorded=sum(len(segment.counters) for segment in seen),
        frames_lost=witness.lost_frames(),
        audio_streams=sum(segment.scan.audio_streams for segment in seen) + _audio_streams(package.glob("*.mp4")),
        segments_held=len(kept),
        segments_held_intact=sum(_sha256(storage / segment["path"]) == segment["sha256"] for segment in kept),
        segments_expired=len(expired),
        segments_expired_still_there=sum(len(list(storage.rglob(segment.name))) for segment in expired),
        overdue_seconds=product.run("status", expect=19, quiet=True)["overdue_seconds"],
        audit_entries=product.run("audit verify", quiet=True)["entries"],
        package_verified=bool(verified["verified"]),
        signature_verified_by_ssh_keygen=_ssh_keygen(package),
        live_pixels_outside=sum(part["verified"]["live_pixels_outside"] for part in manifest["outputs"]),
        heads=sight.heads,
        heads_visible=sight.heads_visible,
        subject_frames=sight.subject_frames,
        subject_visible_share=round(sight.subject_share, 4),
        contact_sheet=str(sheet),
        workdir=str(workdir),
    )


def show(facts: Facts, stream: TextIO) -> None:
    """The table that the demo ends with."""
    console = Console(file=stream, highlight=False)
    table = Table(title="What was proved", title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value, good in facts.checks():
        table.add_row("yes" if good else "[bold red]NO[/]", name, value)
    console.print()
    console.print(table)
    console.print(f"\ncontact sheet  {facts.contact_sheet}", soft_wrap=True)
    console.print(f"everything     {facts.workdir}   ({facts.seconds:.0f} s)", soft_wrap=True)


def _stored(product: Product) -> list[dict[str, Any]]:
    whole = f"--from {utc(time.time() - 3600)} --to nu"
    listed = product.run(f"footage list {whole}", quiet=True)["segments"]
    explained = product.run(f"retention explain {whole}", quiet=True)["cameras"]
    holds = {entry["segment"]: entry["holds"] for camera in explained for entry in camera["stored"]}
    return [{**segment, "holds": holds[segment["id"]]} for segment in listed]


def _look(
    workdir: Path, storage: Path, package: Path, manifest: dict[str, Any], witness: Witness, truth: Truth
) -> tuple[look.Sight, Path]:
    sight = look.Sight()
    pairs: list[tuple[look.Picture, look.Picture]] = []
    for output in manifest["outputs"]:
        names = [source["name"] for source in output["sources"]]
        span = [datetime.fromisoformat(output["span"][edge]) for edge in ("start", "end")]
        held = [segment for segment in witness.seen() if segment.name in names]
        inside = [is_inside for segment in held for is_inside in segment.within(*span)]
        counters = list(itertools.compress((counter for segment in held for counter in segment.counters), inside))
        sources = [next(storage.rglob(name)) for name in names]
        source = list(itertools.compress(look.frames(sources, stage.WIDTH, stage.HEIGHT), inside))
        shown = list(look.frames([package / output["file"]], stage.WIDTH, stage.HEIGHT))
        if not len(counters) == len(source) == len(shown):
            raise ValueError(
                f"{output['file']}: {len(counters)} frames sent, {len(source)} stored, {len(shown)} delivered"
            )
        scene = look.empty_scene(source)
        for index, counter in enumerate(counters):
            for head in truth.heads_of_others(stage.SUBJECT, counter):
                sight.heads += 1
                sight.heads_visible += look.head_is_visible(source[index], shown[index], scene, head)
            box = truth.drawn(stage.SUBJECT, counter)
            if box is not None:
                sight.subject_frames += 1
                sight.subject_visible += look.subject_is_visible(source[index], shown[index], box)
        pairs += [(source[at], shown[at]) for at in range(len(source) // 12, len(source), max(1, len(source) // 6))]
    sheet = workdir / "contact-sheet.png"
    look.contact_sheet(pairs[:6], sheet)
    return sight, sheet


def _audio_streams(files: Iterable[Path]) -> int:
    command = ["ffprobe", "-v", "error", "-select_streams", "a", "-show_entries", "stream=index", "-of", "csv=p=0"]
    return sum(
        len(subprocess.run([*command, str(file)], capture_output=True, text=True, check=True).stdout.split())
        for file in files
    )


def _ssh_keygen(package: Path) -> bool:
    command = ["ssh-keygen", "-Y", "verify", "-f", "allowed_signers", "-I", "cctv", "-n", "cctv-package"]
    command += ["-s", "manifest.json.sig"]
    with (package / "manifest.json").open("rb") as manifest:
        return subprocess.run(command, stdin=manifest, cwd=package, capture_output=True, check=False).returncode == 0


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "missing"
