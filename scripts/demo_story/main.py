"""The demo: what the product promises, done for real on two simulated cameras, and proved from outside.

Owns the order of the story and its proof.  Every act is a `cctv` command in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo_story import stage
from demo_story.product import CommandFailed, Product, utc
from demo_story.proof import Facts, prove, show
from demo_story.truth import Truth
from demo_story.witness import Seen, Witness
from demo_story.workdir import WorkdirRefused, prepare

NOT_PERMITTED = 12
CAMERAS = (stage.FACADE, stage.INTERIOR)
RECORD_SECONDS = 36
PATIENCE = 300  # seconds; only a demo that is broken ever waits that long
KEYFRAME_EVERY = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/demo", description=__doc__)
    parser.add_argument("--workdir", type=Path, help="keep everything in this folder (default: a new temporary one)")
    parser.add_argument("--json", action="store_true", help="print the facts as one object on the last line of stdout")
    parser.add_argument("--from", dest="given", type=Path, default=Path.cwd(), help=argparse.SUPPRESS)
    options = parser.parse_args()
    started = time.monotonic()
    try:
        workdir = prepare(options.given / options.workdir if options.workdir else None)
    except WorkdirRefused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return NOT_PERMITTED
    try:
        facts = play(workdir)
    except CommandFailed as failed:
        print(f"\nerror: {failed}\nnext:  look into {workdir}", file=sys.stderr)
        return 1
    facts.seconds = round(time.monotonic() - started, 1)
    show(facts, stream=sys.stderr if options.json else sys.stdout)
    if options.json:
        print(json.dumps(facts.to_json()))
    return 0 if facts.holds else 1


def step(text: str) -> None:
    print(f"\n{text}", file=sys.stderr, flush=True)


def play(workdir: Path) -> Facts:
    """The story; whatever happens, no process of it stays behind."""
    step("Two scenes are generated and played by two simulated RTSP cameras, with sound")
    scenes = stage.make_scenes(workdir)
    cameras = stage.Cameras(scenes)
    product = Product(workdir / "cameras.toml", workdir / "services.log")
    try:
        cameras.write_config(workdir / "cameras.toml")
        return _story(workdir, product, Truth.load(scenes[stage.INTERIOR] / "truth.json"))
    finally:
        product.kill_all()
        cameras.stop()


def _story(workdir: Path, product: Product, truth: Truth) -> Facts:
    storage = workdir / "storage"
    step("The operator makes the storage, then recorder and sweeper run as services")
    product.run("config check")
    product.run("footage init")
    witness = Witness(storage)
    witness.start()
    product.start("record")
    product.start("sweep")
    _wait_for(product, "the first segments", lambda: all(len(witness.seen(camera)) >= 2 for camera in CAMERAS))
    begun = max(witness.seen(camera)[0].start for camera in CAMERAS).timestamp()  # however long it took to begin

    step("Staff: a bicycle was stolen at the facade; its footage is kept")
    span = f"--from {utc(begun)} --to {utc(begun + 12)}"
    opened = product.run(f'incident open "fiets, gevel" --kind theft --cameras {stage.FACADE} {span}')
    incident = opened["incident"]["id"]

    asked_for = visit(witness.seen(stage.INTERIOR)[0], begun + 1)
    _wait_for_footage(product, witness, "a request's worth of footage", asked_for + stage.SECONDS)
    step("DPO: a visitor asks for his footage; opening the request freezes it")
    span = f"--from {utc(asked_for)} --to {utc(asked_for + stage.SECONDS)}"
    request = product.run(
        f'request open --no-prepare --name "An Peeters" --contact an@example.be --cameras {stage.INTERIOR} {span}'
    )["request"]["id"]
    _wait_for_footage(product, witness, "the end of recording", max(begun + RECORD_SECONDS, asked_for + stage.SECONDS))
    product.stop("record")

    step("DPO: redaction - the tracks are prepared, the visitor is kept by keyframes, the plan is approved")
    product.run(f"redaction prepare {request}")
    parts = product.run(f"redaction show {request}", quiet=True)["parts"]
    for part in parts:
        stored = product.run(
            f"footage list --cameras {part['camera']} --from {part['start']} --to {part['end']}", quiet=True
        )["segments"]
        names = {Path(segment["path"]).name for segment in stored}
        span = datetime.fromisoformat(part["start"]), datetime.fromisoformat(part["end"])
        counters = [
            counter
            for seen in witness.seen()
            if seen.name in names
            for counter, inside in zip(seen.counters, seen.within(*span), strict=True)
            if inside
        ]
        boxes = workdir / f"keep-{part['part']}.json"
        boxes.write_text(json.dumps(truth.keep(stage.SUBJECT, counters, KEYFRAME_EVERY)))
        chosen = f"--camera {part['camera']} --part {part['part']}"
        product.run(f"redaction keep {request} --boxes {boxes} {chosen} --reason 'herkend aan kledij'")
    product.run(f"redaction approve {request} --all --reason 'elk stuk bekeken' --hidden-reason 'anderen lopen ervoor'")

    step("DPO: the package is built, and verified as anyone would")
    package = product.run(f"export build {request}")
    product.run(f"export verify {package['path']}")

    step("Meanwhile footage that nobody needs reached its limit")
    _wait_for(product, "the sweeper to finish", lambda: not _unheld(product))
    product.stop("sweep")
    witness.finish()
    step("Proof, from outside the product")
    return prove(workdir, product, witness, truth, incident=incident, request=request, package=Path(package["path"]))


def visit(seen: Seen, earliest: float) -> float:
    """The first whole second from `earliest` on at which the scene begins anew, nobody in it.

    What is visible differs with the moment at which a request begins; the demo tells the same story each time.
    """
    began = seen.start.timestamp() - (seen.counters[0] % (stage.FPS * stage.SECONDS)) / stage.FPS
    rounds = max(0, math.ceil((earliest - began) / stage.SECONDS))
    return math.ceil(began + rounds * stage.SECONDS)


def _unheld(product: Product) -> bool:
    """Whether footage stands that no hold keeps."""
    return any(
        not segment["holds"]
        for camera in product.run(f"retention explain --from {utc(time.time() - 600)} --to nu", quiet=True)["cameras"]
        for segment in camera["stored"]
    )


def _wait_for_footage(product: Product, witness: Witness, what: str, until: float) -> None:
    """Until a segment of each camera that begins at `until` or later is closed: all before it is on the disk."""
    _wait_for(product, what, lambda: all(witness.seen(camera)[-1].start.timestamp() >= until for camera in CAMERAS))


def _wait_for(product: Product, what: str, done: Callable[[], bool]) -> None:
    """Wait with a line that counts, on a terminal only; raises CommandFailed after `PATIENCE`."""
    began = time.monotonic()
    while not done():
        product.alive()
        waited = time.monotonic() - began
        if waited > PATIENCE:
            raise CommandFailed(f"waited {waited:.0f} s for {what}")
        if sys.stderr.isatty():
            print(f"\r    waiting for {what}: {waited:.0f} s ", end="", file=sys.stderr, flush=True)
        time.sleep(0.5)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
