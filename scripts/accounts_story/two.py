"""What takes two persons, a grant or a code: ending a hold, looking, handing out, changing the policy."""

from __future__ import annotations

import re
import time

import pyotp

from accounts_story.box import CAMERA, Box
from accounts_story.facts import NOT_PERMITTED, Facts
from accounts_story.people import People
from accounts_story.rights import DATES, INCIDENT
from accounts_story.rights import LOOK as LOOK_OF_THE_FIRST

WAITS, SECOND_MISSING, SETTINGS_REFUSED, USAGE = 3, 13, 10, 2
RELEASE = "hold release HOLD-2026-001 --reason 'the insurer has paid'"
ORDER = (
    "disclosure open --recipient police --duty ordered --authority 'PZ Oostende' --reference OO.12.L1.004512 "
    "--country BE --order-by 'onderzoeksrechter Brugge' --order-number 46bis/112 --order-on yesterday "
    f"--cameras {CAMERA} SPAN"
)
_STEP_SECONDS = 30
LOOK = LOOK_OF_THE_FIRST.replace("001", "002")  # the hold of the first was ended


def end_a_hold(box: Box, facts: Facts) -> None:
    facts.part("Two persons end a hold over the board")
    facts.typed("stan proposes", box.type("stan", RELEASE), WAITS)
    facts.typed("stan once more", box.type("stan", RELEASE), SECOND_MISSING)
    facts.typed("stan in another's name", box.type("stan", f"{RELEASE} --for 'Hanna'"), SECOND_MISSING)
    waiting = box.type("hanna", "board --json").json["proposals"]
    facts.equal("hanna sees it on the board", len(waiting), 1)
    if waiting:
        facts.typed(
            "stan agrees by refusing", box.type("stan", f"board refuse {waiting[0]['id']} --reason x"), NOT_PERMITTED
        )
    facts.equal("the hold is there", _holds(box, "HOLD-2026-001"), True)
    facts.typed("hanna agrees", box.type("hanna", RELEASE), 0)
    facts.equal("the hold is there", _holds(box, "HOLD-2026-001"), False)
    entries = box.type("auke", "audit list --last 1000 --json").json["entries"]
    released = [entry for entry in entries if entry["act"] == "hold.released"]
    facts.equal("the log has the release, by the second of the two", [entry["actor"] for entry in released],
                [box.people["hanna"]])  # fmt: skip


def look_by_a_grant_and_a_code(people: People, box: Box, facts: Facts) -> None:
    facts.part("Looking takes a dated grant and a second factor; a code is good once")
    stan = people["stan"]
    facts.typed("stan", box.type("stan", INCIDENT), 0)
    facts.typed("stan without a grant", box.type("stan", LOOK), NOT_PERMITTED, says="grant")
    give = f"grant give {stan} view {DATES} --until tomorrow --reason 'looks things up at the desk'"
    facts.typed("stan gives it to himself", box.type("stan", give), NOT_PERMITTED)
    facts.typed("dora to herself", box.type("dora", give.replace(stan, people["dora"])), USAGE)
    facts.typed("dora gives it", box.type("dora", give), 0)
    grants = box.type("auke", "register show grants --json").out
    facts.add(
        "the grant stands in the register, with its end", "register show grants", stan in grants and "until" in grants
    )
    facts.typed("stan without a factor", box.type("stan", LOOK), SECOND_MISSING, says="factor enrol")
    secret = _enrol(box, facts)
    facts.typed("stan without a code", box.type("stan", LOOK), SECOND_MISSING, says="--code")
    code = secret.at(int(time.time()) + _STEP_SECONDS)  # the next one: that of the enrolment is used up
    facts.typed("stan with a wrong code", box.type("stan", f"--code 000000 {LOOK}"), NOT_PERMITTED)
    facts.typed("stan with a code", box.type("stan", f"--code {code} {LOOK}"), 0)
    facts.add("the pictures are stan's", "in his own folder", any(box.home("stan").rglob("*.*")))
    facts.typed("the same code again", box.type("stan", f"--code {code} {LOOK}"), NOT_PERMITTED, says="used already")
    facts.typed("hanna with stan's code", box.type("hanna", f"--code {code} {LOOK}"), NOT_PERMITTED)
    number = re.search(r"GRA-\d{4}-\d{3}", box.type("dora", "grant list").out)
    if number is None:
        facts.add("the grant has a number", "none", False)
        return
    facts.typed("dora withdraws it", box.type("dora", f"grant withdraw {number[0]} --reason 'moved on'"), 0)
    facts.typed("stan after that", box.type("stan", LOOK), NOT_PERMITTED, says="grant")


def _enrol(box: Box, facts: Facts) -> pyotp.TOTP:
    """Scan what the terminal of stan shows, and answer with the code of that moment."""
    read: dict[str, pyotp.TOTP] = {}

    def code(screen: str) -> str:
        address = "".join(re.search(r"otpauth://\S+(?:\n\S+)*", screen)[0].split())  # type: ignore[index]
        read["totp"] = pyotp.parse_uri(address)  # type: ignore[assignment]
        return read["totp"].now()

    exit_code, screen = box.at_terminal("stan", "factor enrol", "not shown here", code)
    facts.add("stan enrols at a terminal", f"exit {exit_code}", exit_code == 0 and "Recovery codes" in screen)
    return read["totp"]


def hand_out_by_a_grant(people: People, box: Box, facts: Facts) -> None:
    facts.part("Unredacted footage leaves by a dated grant and two persons")
    facts.typed("dora takes the order in", box.type("dora", ORDER), 0)
    build = "disclosure build DIS-2026-001"
    approve = "disclosure approve DIS-2026-001 --reason 'order read'"
    facts.typed("hanna approves", box.type("hanna", approve), NOT_PERMITTED)
    facts.typed("dora, who took it in, approves", box.type("dora", approve), SECOND_MISSING)
    facts.typed("dirk approves", box.type("dirk", approve), 0)
    facts.typed("hanna builds without a grant", box.type("hanna", build), NOT_PERMITTED, says="grant")
    give = f"grant give {people['hanna']} export.unredacted {DATES} --until tomorrow --reason 'this order'"
    facts.typed("dora gives it", box.type("dora", give), 0)
    facts.typed("hanna builds", box.type("hanna", build), 0)
    facts.typed("stan fetches it", box.type("stan", "export deliver EXP-2026-001 --method zip --to ."), NOT_PERMITTED)
    facts.typed("hanna hands it over", box.type("hanna", "export deliver EXP-2026-001 --method zip --to ."), 0)
    made = [path for path in box.home("hanna").iterdir() if path.stat().st_uid == box.home("hanna").stat().st_uid]
    facts.add("the copy is hanna's", ", ".join(path.name for path in made), bool(made))


def change_the_policy(people: People, box: Box, facts: Facts) -> None:
    facts.part("An edited policy counts for nothing until two adopted it")
    text = box.config.read_text()
    facts.typed("stan before the edit", box.type("stan", "incident list"), 0)
    box.write_settings(text.replace('"hold.release", ', ""))
    facts.typed("stan after it", box.type("stan", INCIDENT), SETTINGS_REFUSED, says="config adopt")
    adopt = "config adopt --reason 'the board of today'"
    facts.typed("hanna adopts it", box.type("hanna", adopt), NOT_PERMITTED)
    facts.typed("dora proposes it", box.type("dora", adopt), WAITS)
    facts.typed("dora once more", box.type("dora", adopt), SECOND_MISSING)
    facts.typed("stan meanwhile", box.type("stan", "incident list"), SETTINGS_REFUSED)
    facts.typed("dirk agrees", box.type("dirk", adopt), 0)
    facts.typed("stan by the new policy", box.type("stan", "incident list"), 0)
    box.write_settings(
        box.config.read_text().replace(f'decider = ["{people["decider"]}"]', f'decider = ["{people["staff"]}"]')
    )
    facts.typed("stan as the decider of an edited file", box.type("stan", adopt), NOT_PERMITTED)
    mine = box.home("stan") / "mine.toml"
    mine.write_text(text.replace("two_person", "# two_person"))
    mine.chmod(0o644)  # whatever this process's umask is: it must be the policy that is refused, not the file
    box.write_settings(text.replace('"hold.release", ', ""))
    facts.typed(
        "stan with a file of his own",
        box.type("stan", f"--config {mine} {RELEASE}"),
        SETTINGS_REFUSED,
        NOT_PERMITTED,
        18,
    )


def _holds(box: Box, hold: str) -> bool:
    return any(found["id"] == hold for found in box.type("auke", "hold list --json").json["holds"])
