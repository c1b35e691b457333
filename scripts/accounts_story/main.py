"""Who may do what, played through the real service by accounts of this machine that are made for it.

Owns the order of the story.  Every act is a `cctv` command in a process of the account that types it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from testbed.cameras import Cameras, make_clip

from accounts_story import attacks, rights, two
from accounts_story.box import CAMERA, Box, BoxRefused, interpreter, new_box
from accounts_story.facts import Facts
from accounts_story.people import SERVICE, AccountsRefused, People, accounts


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/four-accounts", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the facts as one object on the last line of stdout")
    parser.add_argument("--short", action="store_true", help="without the fifty commands at once")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was made goes also then
    started, facts = time.monotonic(), Facts()
    try:
        python = interpreter()
        with accounts() as people, new_box(people, python) as box:
            play(people, box, facts, short=options.short)
    except (BoxRefused, AccountsRefused) as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 2
    facts.show(sys.stderr if options.json else sys.stdout)
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)
    if options.json:
        print(json.dumps(facts.to_json()))
    return 0 if facts.hold else 1


def play(people: People, box: Box, facts: Facts, *, short: bool) -> None:
    """The story, from an empty folder to a log that was edited."""
    facts.part("Root writes the settings; the service's account records a camera and serves")
    cameras = Cameras({CAMERA: make_clip(box.folder / "clip.h264", "320x180", 0.5)})
    try:
        box.set_up(cameras.url(CAMERA))
        facts.typed("the service", box.type(SERVICE, f"--config {box.config} footage init"), 0)
        box.record()
    finally:
        cameras.close()
    box.serve()
    rights.storage_is_shut(box, facts)
    rights.each_does_what_it_may(people, box, facts)
    two.end_a_hold(box, facts)
    two.look_by_a_grant_and_a_code(people, box, facts)
    two.hand_out_by_a_grant(people, box, facts)
    two.change_the_policy(people, box, facts)
    attacks.forge_a_name(people, box, facts)
    if not short:
        attacks.misbehave(people, box, facts)
    attacks.edit_a_row(box, facts)


if __name__ == "__main__":
    sys.exit(main())
