"""The stories whose every answer is kept: what people type, in order, on sites with real files and a manual clock.

Between them they touch every command that asks no camera and no mail host.  Dry runs come before what they try.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from casescene import SEGMENT, film
from casestages import OTHER, SUBJECT
from telling import Teller, pad

TESTS = Path(__file__).resolve().parent.parent
WHO = "--name 'An Peeters' --contact an@example.be"
FOYER = "--cameras foyer-1 --from '1/11 11:00' --to '1/11 11:02'"
FACADE = "--cameras gevel-1 --from '1/11 11:00' --to '1/11 11:02'"
EVERYTHING = "--from '2026-10-25 0:00' --to '2026-11-02 0:00'"
REGISTERS = [
    "requests",
    "complaints",
    "disclosures",
    "incidents",
    "holds",
    "breaches",
    "processors",
    "grants",
    "declarations",
    "workstations",
    "addressees",
    "processing",
    "cameras",
]


def _footage(teller: Teller) -> None:
    for camera in ("gevel-1", "foyer-1"):
        teller.site.record(camera, "2026-11-01 10:58", minutes=6)


def operator(teller: Teller) -> None:
    """Someone installs the site, looks after it, and puts right what broke."""
    teller.tried("footage init")
    teller.cctv("footage init", "config check", "config check --strict", "config show", "cameras list", "status")
    policy = TESTS.parent / "docs/policies/000.txt"
    teller.cctv(f"config check --policy {policy}", "config check --policy {folder}/none.txt")
    teller.tried(
        "cameras add gevel-2 --zone facade --purpose theft --rtsp rtsp://127.0.0.1:9/gevel-2",
        "cameras add gevel-2 --zone facade --purpose theft --rtsp rtsp://127.0.0.1:9/gevel-2",
        "cameras add gevel-3 --zone garden --purpose theft --rtsp rtsp://127.0.0.1:9/gevel-3",
    )
    _footage(teller)
    teller.site.record("gevel-1", "2026-10-25 11:00", minutes=3)
    teller.cctv(
        f"footage list {EVERYTHING}",
        "footage list --zones facade --from '1/11 11:00' --to +2m",
        "footage list --cameras nowhere --from '1/11 11:00' --to +2m",
        "footage list --from '1/11 11:00' --to '1/11 10:00'",
        f"footage coverage {EVERYTHING}",
        f"footage coverage {FACADE}",
        "retention plan",
        "retention explain 1",
        "retention explain 999",
        "retention explain",
        f"retention explain {FACADE}",
        "status",
        "status --metrics",
        "notify run --dry-run",
        "notify run",
        "notify test",
    )
    teller.tried("sweep --once")
    teller.clock.advance(hours=2)
    teller.tried("sweep --once")
    teller.cctv(
        "retention explain 13",
        f"retention explain --cameras gevel-1 {EVERYTHING}",
        f"footage coverage --cameras gevel-1 {EVERYTHING}",
        "footage verify",
        "footage verify --all",
        "footage verify --sample 2",
        "footage reconcile",
    )
    teller.tried(
        "footage delete --cameras foyer-1 --from '1/11 11:03' --to '1/11 11:04' --reason 'aimed at the street'"
    )
    segments = teller.site.footage("gevel-1")
    (teller.site.root / segments[0].path).unlink()
    (teller.site.root / segments[1].path).write_bytes(b"damaged")
    stray = (teller.site.root / segments[2].path).with_name("notes.txt")
    stray.write_text("not footage")
    teller.cctv("footage verify", "footage reconcile", "footage reconcile --fix --dry-run", "footage reconcile --fix")
    teller.cctv("footage reconcile --fix --accept-loss", "footage reconcile", "footage verify", "status")
    teller.cctv("footage adopt-disk --reason 'new disk'", "footage rebuild --reason 'trial' --dry-run")
    text = teller.site.config.read_text()
    teller.site.config.write_text(text.replace('retention = "7d"', 'retention = "1d"'))
    teller.clock.advance(days=2)
    teller.cctv("retention plan", "status", "sweep --once")
    teller.tried("retention adopt --reason 'policy of 1 December' --for 'A. Peeters'")
    teller.tried("retention adopt --reason 'policy of 1 December' --yes")
    teller.tried("retention adopt --reason 'policy of 1 December' --for 'A. Peeters' --yes", "sweep --once")
    teller.tried("retention accept-sweep --reason 'shorter limit' --for 'A. Peeters'")
    teller.clock.advance(days=400)
    teller.cctv("status", "sweep --once")
    teller.tried("retention accept-clock --reason 'off over the holidays' --for 'A. Peeters'", "sweep --once")
    teller.tried("retention accept-sweep --reason 'nothing for a year' --for 'A. Peeters'", "sweep --once")
    month = "--from '2026-11-01 0:00' --to '2027-12-31 0:00'"
    teller.tried(f"retention certificate {month} --out {{folder}}/certificate")
    teller.cctv(
        "retention certificate --verify {folder}/certificate",
        "retention certificate --verify {folder}/nothing",
        f"retention certificate {month} --out {{folder}}/certificate",
        "status",
        "audit list --last 200",
        "audit verify",
    )


def lost_index(teller: Teller) -> None:
    """The index is lost; it is made again from the disk, and its holds are confirmed."""
    teller.cctv("footage init")
    _footage(teller)
    teller.cctv(f"incident open 'laptop, foyer' --kind theft {FOYER}", "hold list")
    for path in teller.site.root.glob("cctv.db*"):
        path.unlink()
    teller.cctv("status", "footage list --from '1/11 11:00' --to +2m", "hold confirm --reason 'look'")
    teller.tried("footage rebuild --reason 'cctv.db is lost'")
    teller.cctv("status", "sweep --once", "hold list", "hold show HOLD-2026-001", f"footage list {FOYER}")
    teller.tried("hold confirm --for 'A. Peeters' --reason 'compared with the register on paper'")
    teller.cctv("hold confirm --reason 'again'", "sweep --once", "footage reconcile", "audit list --last 200")


def incidents(teller: Teller) -> None:
    """A theft: its footage is kept, looked at, handed to the police, and let go."""
    teller.cctv("footage init")
    _footage(teller)
    opening = f"incident open 'laptop, foyer' --kind theft --place foyer --finder 'L. Maes' {FOYER}"
    teller.tried(opening)
    teller.tried(
        "incident open 'ruit' --kind damage --zones facade --from '1/11 9:00' --to +4h --police-reference OO.1"
    )
    teller.cctv(
        "incident open 'later' --kind other --cameras gang-2 --from '3/11 9:00' --to +1h",
        "incident open 'long ago' --kind other --cameras gang-2 --from '1/9/2026 9:00' --to +1h",
        "incident list",
        "incident show INC-2026-001",
        "incident show INC-2026-002",
        "incident show INC-2026-999",
        "hold list",
        "hold show HOLD-2026-001",
        "hold show HOLD-2026-999",
    )
    place = "--cameras gevel-1 --from '1/11 11:00' --to +2m"
    teller.tried(
        f"hold place --ground INC-2026-001 {place} --review 14d --reason 'the door'",
        f"hold place --ground INC-2026-999 {place} --reason 'the door'",
        f"hold place --ground INC-2026-001 {place} --review 200d --reason 'long'",
        "hold renew HOLD-2026-005 --review 60d --reason 'the insurer has not answered'",
        "hold renew HOLD-2026-001 --review 200d --reason 'the insurer has not answered'",
        "hold release HOLD-2026-005 --reason 'nothing to be seen'",
    )
    teller.cctv(
        "hold release HOLD-2026-005 --reason 'nothing to be seen'",
        "hold release HOLD-2026-005 --reason 'nothing to be seen'",
        account="dpo",
    )
    teller.cctv("hold list --all", f"retention explain {FOYER}", f"footage list {FOYER}", "retention plan")
    show = "--camera foyer-1 --from '1/11 11:00' --to '1/11 11:01'"
    teller.tried(f"footage show --case INC-2026-001 {show} --stills 2", f"footage extract --case INC-2026-001 {show}")
    teller.cctv(
        f"footage show --case INC-2026-999 {show}",
        f"footage show --case HOLD-2026-001 {show}",
        "footage show --case INC-2026-001 --camera gevel-1 --from '1/11 11:00' --to '1/11 11:01'",
        "footage extract --case INC-2026-001 --camera gevel-1 --from '1/11 11:00' --to '1/11 11:01'",
    )
    ask = (
        "disclosure open --recipient police --duty obliged --authority 'Lokale politie Oostende' "
        "--country BE --reference OO.12.L1.004512/2026 "
    )
    order = "--order-by 'onderzoeksrechter Brugge' --order-number 46bis/2026/112 --order-on 2/11/2026 "
    ordered = ask.replace("obliged", "ordered") + order
    ask += "--law 'Article 9 Camera Act' "
    teller.tried(f"{ask} --unmasked --case INC-2026-001 {FOYER}")
    teller.tried(f"{ask} --officer 'Insp. Claes' --until 1/12/2026 --case INC-2026-001 {FOYER}")
    teller.tried(f"{ordered} --unmasked --case INC-2026-001 {FOYER}")
    teller.cctv(f"{ask} --case INC-2026-999 {FOYER}")
    teller.cctv(ask.replace("police", "insurer").replace("obliged", "voluntary") + f"--case INC-2026-001 {FOYER}")
    insurer = f"disclosure open --recipient insurer --authority Verzekering --reference 7 --case INC-2026-001 {FOYER} "
    consent = "--consent-on 1/11/2026 --consent-record 'map 12' "
    teller.cctv(
        f"{insurer} --duty consent --country BE --consent-of 'An Peeters'",
        f"{insurer} --duty consent --country BE --consent-of everybody {consent}",
        f"{insurer} --duty obliged --country US --law 'Article 9'",
        f"{insurer} --duty obliged --country BE --law 'the law'",
    )
    teller.cctv("disclosure list", "disclosure show DIS-2026-001", "disclosure show DIS-2026-999")
    approve = "disclosure approve DIS-2026-001 --reason 'letter read'"
    teller.tried("disclosure build DIS-2026-001", approve)
    teller.tried(approve, approve, account="dpo")
    teller.tried("disclosure build DIS-2026-001")
    usb = teller.folder / "usb"
    usb.mkdir()
    teller.cctv("export list", "export verify EXP-2026-001", "export verify EXP-2026-999")
    teller.tried("export deliver EXP-2026-001 --method hand --to {folder}/usb")
    teller.cctv(
        "export deliver EXP-2026-001 --method hand --to {folder}/usb",
        "export deliver EXP-2026-001 --method hand --to {folder}/storage/usb",
        "export verify {folder}/usb/EXP-2026-001",
        "export fetch EXP-2026-001 --dry-run",
        "disclosure show DIS-2026-001",
    )
    teller.tried(
        "disclosure receipt DIS-2026-001 --on 1/11",
        "disclosure lease DIS-2026-001 --until 1/3/2027 --reason 'before the court until then'",
        "disclosure end DIS-2026-001 --how handed --reason 'the police keep it in their file'",
        "disclosure end DIS-2026-002 --how refused --reason 'no order'",
    )
    teller.cctv("disclosure list --all", "disclosure list")
    teller.cctv("incident settle INC-2026-001 --reason 'handed to the police' --dry-run")
    teller.cctv("incident settle INC-2026-001 --reason 'handed to the police'")
    teller.tried("incident settle INC-2026-001 --reason 'handed to the police' --yes")
    teller.cctv("incident settle INC-2026-001 --reason 'again' --yes", "incident list", "incident list --all")
    teller.clock.advance(days=40)
    teller.cctv("hold list", "request board", "status", "audit list --last 200", "audit list --about INC-2026-001")


def requests(teller: Teller) -> None:
    """Requests of every kind, from the registration to the end."""
    teller.cctv("footage init")
    _footage(teller)
    opening = f"request open --no-prepare {WHO} --received 1/11 --channel email --appearance 'red coat' {FOYER}"
    teller.tried(opening)
    kinds = ["erasure", "restriction", "objection", "portability", "rectification", "complaint"]
    teller.tried(*(f"request open --no-prepare --name 'Jan {kind}' --contact jan@example.be --type {kind} {FACADE}"
                   for kind in kinds))  # fmt: skip
    teller.tried(
        "request open --no-prepare --name 'Lou Smet' --contact lou@example.be --under-16 --as guardian --by 'Jan Smet' "
        f"--by-contact jan@example.be --mandate parental-authority --mandated 1/11/2026 --language fr {FOYER}",
        f"request open --no-prepare --name 'Els Gone' --contact els@example.be --relation staff {FOYER}",
        "request open --no-prepare --name 'Els Gone' --contact els@example.be --channel letter --signed --dated "
        "--deliver-to 'Kerkstraat 1, Gent' --said-time 'about nine' --said-place hall --cameras gang-2 "
        "--from '1/11 9:00' --to +10m",
    )
    teller.cctv(
        f"request open --no-prepare {WHO} --cameras foyer-1 --from '3/9/2026 9:00' --to '1/9/2026 9:00'",
        f"request open --no-prepare {WHO} --cameras foyer-1 --from '1/1 9:00' --to '1/2 9:00'",
        f"request open --no-prepare {WHO} --cameras foyer-1 --from '1/1/2026 9:00' --to '1/2/2026 9:00'",
        f"request open --no-prepare {WHO} --received 1/6/2026",
        f"request open --no-prepare --name Lou --contact lou@example.be --as guardian {FOYER}",
        f"request open --no-prepare --name 'An 85.07.30-033.28' --contact an@example.be {FOYER}",
        f"request open --no-prepare {WHO} --received 9/11 {FOYER}",
        "request list",
        "request board",
        "request board --calendar {folder}/cctv.ics",
        *(f"request show REQ-2026-{number:03d}" for number in range(1, 11)),
        "request show REQ-2026-999",
    )
    case = "REQ-2026-001"
    teller.tried(
        f"request receipt {case}",
        f"request ask {case}",
        f"request sent {case} --letter receipt",
        f"request sent {case} --letter extension",
        f"request sent {case} --letter receipt --on 9/11",
        f"request identity {case} --method document-seen --checker 'A. Peeters'",
        f"request identity {case} --method eid --checker X --role proxy",
        f"request identity {case} --method eid --checker X --checked 9/11/2026",
        f"request mandate {case} --as proxy --by 'Mr. Claes' --by-contact claes@example.be --mandate power-of-attorney "
        "--mandated 1/11/2026",
        f"request identity {case} --role proxy --method bar-membership --checker 'A. Peeters'",
        f"request scope {case} --cameras foyer-1 --from '1/11 11:00' --to '1/11 11:01' --reason 'she named the minute'",
        f"request confirm {case} --reason 'he does not know which day it was'",
        f"request extend {case} --no-letter --ground complexity --reason 'forty people are in the picture'",
        f"request extend {case} --no-letter --ground complexity --reason 'again'",
        f"request invite {case} --at '4/11 10u' --place 'reception, Kerkstraat 1' --host 'A. Peeters'",
        f"request statement {case} --text 'I held the door for a colleague.'",
    )
    teller.cctv(
        f"request show {case}",
        f"request answer {case}",
        f"request answer {case} --no-letter --outcome no-footage",
        f"request close {case} --outcome refused",
    )
    teller.tried(
        f"request answer {case} --no-letter --outcome refused --ground excessive "
        "--reason 'the same copy went last week'"
    )
    teller.cctv(f"request close {case} --outcome granted", f"request show {case}")
    teller.tried(
        "request answer REQ-2026-002 --no-letter",
        "request identity REQ-2026-002 --method known-address --checker 'A. Peeters'",
        "request answer REQ-2026-002 --no-letter --yes",
        "request answer REQ-2026-002 --no-letter --erasure-ground unlawful",
        "request answer REQ-2026-002 --no-letter --erasure-ground unlawful --outcome partly --ground legal-claims "
        "--reason 'the insurer claims on it'",
        "request answer REQ-2026-002 --no-letter --outcome granted --basis unlawful "
        "--reason 'the camera saw the street' --measures 'it was turned'",
        "request answer REQ-2026-002 --no-letter --outcome refused --ground legal-claims --reason 'a claim' "
        "--balance 'the claim weighs more'",
        "request answer REQ-2026-003 --no-letter --basis accuracy-contested --reason 'she contests the time'",
        "request lift REQ-2026-003 --no-letter --reason 'she wrote that it may end'",
        "request uphold REQ-2026-004 --reason 'the camera saw into the flat'",
        "request reject REQ-2026-004 --reason 'the footage is needed to claim for the window'",
        "request answer REQ-2026-004 --no-letter --reason 'the camera was turned' --measures 'it was turned'",
        "request answer REQ-2026-005 --no-letter --outcome refused --ground conditions-not-met --reason 'no contract'",
        "request answer REQ-2026-006 --no-letter --outcome refused --ground conditions-not-met --reason 'pictures'",
        "request answer REQ-2026-007 --no-letter --reason 'explained' --measures 'a sign was put up'",
        "request close REQ-2026-007 --outcome granted --reason 'explained by telephone'",
    )
    teller.tried("request answer REQ-2026-010", "request answer REQ-2026-010 --outcome no-footage")
    teller.tried("request sent REQ-2026-010 --letter answer")
    teller.cctv(f"incident open 'ruit' --kind damage {FACADE}")
    teller.tried(
        "request yield REQ-2026-009 --to INC-2026-001 --ground legal-claim --recipient 'Acme nv' --reference 2026/118 "
        "--no-letter --reason 'the claim goes first'",
    )
    teller.tried(
        "request open --name 'Sam Later' --contact sam@example.be",
        "request ask REQ-2026-011 --about scope",
        "request scope REQ-2026-011 --cameras foyer-1 --from 'gisteravond 22u' --to +1u --reason 'she wrote when'",
    )
    teller.cctv("request show REQ-2026-011", "request scope REQ-2026-011 --reason 'nothing given'")
    teller.cctv("request list --all", "request board", "hold list --all", "register show requests")
    teller.clock.advance(days=25)
    teller.cctv("request board", "request list", "status")
    teller.clock.advance(days=400)
    teller.tried("sweep --once")
    teller.cctv("request list --all", f"request show {case}", "audit list --last 400", "audit verify")


def redaction(teller: Teller) -> None:
    """A copy of a request: who stays visible, the approval, the package, and what is refused before."""
    nobody = pad(film(teller.folder / "nobody.mp4", []))
    people = pad(film(teller.folder / "people.mp4", [SUBJECT, OTHER]))
    teller.cctv("footage init")
    for start, clip in (("10:20", nobody), ("10:40", nobody), ("11:00", people)):
        teller.site.record("foyer-1", f"2026-11-01 {start}", minutes=SEGMENT / 60, segment=SEGMENT, clip=clip)
    case = "REQ-2026-001"
    teller.cctv(f"request open --no-prepare {WHO} {FOYER}", f"export build {case}", f"redaction show {case}")
    teller.tried(f"redaction prepare {case}")
    teller.cctv(f"redaction prepare {case}", f"redaction show {case}", f"redaction keep {case} 99 --reason x")
    teller.cctv(f"redaction people {case} --pictures {{folder}}/people", f"redaction ask {case}")
    teller.tried(f"redaction keep {case} --person 1 --reason 'the red coat'")
    teller.tried(f"redaction hide {case} 2 --reason 'a colleague'")
    teller.cctv(f"redaction ask {case}", f"redaction ask {case} --question 0123456789ab --answer yes --reason x")
    teller.cctv(f"redaction approve {case} --reason 'too early'", f"export build {case}")
    teller.tried(
        f"redaction backdrop {case} --approve --reason 'nobody is in them'",
        f"redaction review {case} --frames 0-19 --reason 'nobody else'",
        f"redaction preview {case}",
        f"redaction review {case} --all --reason 'watched it'",
        f"redaction approve {case} --reason 'only the requester stays'",
    )
    teller.cctv(f"redaction show {case}", "redaction show REQ-2026-999", f"request show {case}")
    teller.tried(f"export build {case}")
    teller.cctv(f"export list --request {case}", "export verify EXP-2026-001")
    teller.tried(f"request answer {case} --no-letter")
    usb = teller.folder / "usb"
    usb.mkdir()
    teller.tried("export deliver EXP-2026-001 --method zip --to {folder}/usb")
    video = next((teller.site.root / "exports/EXP-2026-001").glob("*.mp4"))
    video.chmod(0o644)
    video.write_bytes(b"damaged")
    teller.cctv("export verify EXP-2026-001", "register show disclosures", "audit list --last 200")


def accountability(teller: Teller) -> None:
    """Breaches, processors, grants, declarations, letters, registers and the log."""
    teller.cctv("footage init")
    _footage(teller)
    teller.tried(
        "breach open 'USB stick lost' --aware '1/11 9u' --cameras foyer-1 --people 40 --risk high",
        "breach open 'recorder stolen' --aware '30/10 8u' --suspected --as processor --risk unlikely --people-known",
        "breach open 'tomorrow' --aware '3/11 9u'",
        "breach tell BRE-2026-001 --whom authority --how form --at '1/11 11u'",
        "breach tell BRE-2026-001 --whom controller --how phone",
        "breach tell BRE-2026-001 --whom people --how letter",
        "breach close BRE-2026-001 --reason 'done'",
        "breach measures BRE-2026-001 --text 'packages leave as encrypted ZIP only'",
        "breach assess BRE-2026-001 --risk unlikely --certain --people 3 --people-known --reason 'it was encrypted'",
        "breach close BRE-2026-001 --reason 'done'",
        "breach close BRE-2026-001 --reason 'again'",
    )
    teller.clock.advance(days=4)
    teller.cctv("breach list", "breach list --all", "breach show BRE-2026-001", "breach show BRE-2026-002")
    teller.tried(
        "breach tell BRE-2026-002 --whom controller --how mail",
        "breach tell BRE-2026-002 --whom controller --how mail --reason late",
    )
    teller.tried(
        "processor add 'Installatie NV' --service 'maintains the recorder' --country BE --contract 1/3/2026",
        "processor add 'Far Away Inc' --service cloud --country US",
        "processor engage PRO-2026-001 'Datacenter BV' --country NL --agreed 2/3/2026",
        "processor engage PRO-2026-001 'Werf BV' --country DE",
        "processor audited PRO-2026-001 --on 1/10/2026",
    )
    teller.cctv("processor list", "processor end PRO-2026-999 --on 1/11/2026 --how returned --reason x")
    teller.tried("processor end PRO-2026-001 --on 1/11/2026 --how destroyed --reason 'certificate of 3 July'")
    teller.cctv("processor list")
    give = "export --briefed 1/11 --confidentiality 1/11 --reason 'answers requests'"
    teller.tried(f"grant give sofie {give}", f"grant give staff {give}", f"grant give sofie {give}")
    teller.cctv("grant list")
    teller.tried("grant withdraw GRA-2026-001 --reason 'left the company'")
    teller.cctv("grant withdraw GRA-2026-001 --reason again", "grant list", "grant list --all")
    teller.tried("register declare --kind first --on 5/1/2026 --reference 2026-001234")
    check = "register workstation-check --checker 'A. Peeters'"
    teller.tried(
        f"{check} --on 2/11 --clean", f"{check} --on 3/11 --found 'EXP-2026-003, removed'", f"{check} --on 1/11"
    )
    teller.cctv(f"incident open 'ruit' --kind damage {FACADE}", f"request open --no-prepare {WHO} {FOYER}")
    for register in REGISTERS:
        file = f"--output {{folder}}/{register}"
        teller.cctv(f"register show {register}", f"register show {register} --format csv {file}.csv")
        teller.cctv(f"register show {register} --format page {file}.html", f"register show {register} --format csv")
    teller.cctv("register show holds --format csv --output {folder}/holds.csv", "register show grants --format page")
    teller.cctv("register signs", "register signs --language fr", "register signs --language en")
    teller.cctv("register workstation-form --to {folder}/form.pdf", "register workstation-form --to {folder}/form.txt")
    teller.cctv(
        "letter list", "letter preview receipt --to {folder}/receipt.txt", "letter preview no-footage --to x.doc"
    )
    teller.cctv("letter preview nothing --to {folder}/x.txt")
    teller.cctv("letter preview no-footage --language fr --to {folder}/no-footage.txt")
    (teller.folder / "letters").mkdir()
    policy = "letter policy-changed --to {folder}/letters --where example.org/privacy --since 1/12/2026"
    teller.cctv(policy + " --change nl 'Zeven dagen.'", policy + " --change fr 'Sept jours.' --dry-run")
    teller.cctv(
        "audit list", "audit list --last 3", "audit list --about BRE-2026-001", "audit list --about BRE-2026-999"
    )
    teller.tried("audit checkpoint --out {folder}/checkpoint.json")
    teller.cctv("audit verify", "audit verify --checkpoint {folder}/checkpoint.json")
    teller.cctv("audit verify --checkpoint {folder}/receipt.txt", "status")


def elsewhere(teller: Teller) -> None:
    """A back-up, a loss, the restore, and the end of the site."""
    teller.cctv("footage init")
    _footage(teller)
    (teller.folder / "usb").mkdir()
    (teller.folder / "key").mkdir()
    teller.cctv(f"incident open 'laptop, foyer' --kind theft {FOYER}", "backup {folder}/usb")
    teller.tried("backup key {folder}/key/recovery.key")
    teller.cctv("backup key {folder}/key/recovery.key")
    public = teller.site.cctv(f"backup key {teller.folder}/key/other.key --json").json["public"]
    (teller.folder / "key/other.key").replace(teller.folder / "key/recovery.key")
    teller.site.config.write_text(teller.site.config.read_text() + f'\n[backup]\nrecipients = ["{public}"]\n')
    teller.cctv("backup make {folder}/usb --dry-run", "backup --held {folder}/usb --dry-run", "backup {folder}/nowhere")
    teller.cctv("backup {folder}/usb", "backup --held {folder}/usb", "backup --held {folder}/usb", "status")
    bundle = next(path for path in (teller.folder / "usb").rglob("*") if path.is_file() and "held" not in str(path))
    key = "--key {folder}/key/recovery.key --reason 'new disk'"
    teller.cctv(f"restore {bundle} {key}", f"restore {bundle} --key {{folder}}/cameras.toml --reason x")
    shutil.rmtree(teller.site.root)
    teller.cctv("status", f"restore {bundle} {key} --dry-run", f"restore {bundle} {key}")
    teller.cctv(f"restore {bundle} {key} --new-disk --dry-run", f"restore {bundle} {key} --new-disk")
    teller.cctv(f"restore --held {{folder}}/usb {key} --dry-run", f"restore --held {{folder}}/usb {key}", "status")
    teller.cctv("footage reconcile", "hold list", "hold confirm --reason 'seen'", "audit verify")
    close = "site close --out {folder}/closing --reason 'the venue moves'"
    teller.tried(close, f"{close} --yes")
    teller.cctv("incident settle INC-2026-001 --reason done --yes")
    teller.clock.advance(days=30)
    teller.tried("sweep --once", f"{close} --yes")
    teller.cctv("backup {folder}/usb", f"{close} --yes", "status", "footage init", "hold list")


def refusals(teller: Teller) -> None:
    """What is wrong with the settings, the command line or the storage."""
    teller.cctv(
        "status", f"footage list {FOYER}", f"incident open x --kind theft {FOYER}", "", "nothing", "hold nothing"
    )
    teller.cctv("hold show", "hold place --ground INC-2026-001", f"incident open x --kind nothing {FOYER}", "--version")
    teller.cctv("footage init", "footage init --nothing", "incident open x --kind theft --from soon --to later")
    for start, end in (("half negen", "+1u"), ("za 22u", "za 21u"), ("1/8", "2/8"), ("9:00", "1/6/2027")):
        teller.cctv(f"incident open x --kind theft --cameras foyer-1 --from '{start}' --to '{end}'")
    teller.cctv("incident open x --kind theft --cameras foyer-1 --zones facade --from '1/11 9:00' --to +1h")
    teller.cctv("incident open x --kind theft --cameras foyer-1 --from '25/10 2:30' --to +1h")
    good = teller.site.config.read_text()
    for there, instead in (
        ('segment = "60s"', 'segmant = "60s"'),
        ('zone = "facade"', 'zone = "gevel"'),
        ('retention = "7d"', 'retention = "7w"'),
        ('"Europe/Brussels"', '"Europe/Brussel"'),
        ("[cameras.gang-2]", "[cameras.foyer-1]"),
        ('kind = "interior"', 'kind = "toilet"'),
        ('max_retention = "28d"', 'max_retention = "40d"'),
        ("rtsp://127.0.0.1:9/gang-2", "rtsp://admin:secret@127.0.0.1:9/gang-2"),
        ("[site]", "[site"),
    ):
        teller.site.config.write_text(good.replace(there, instead, 1))
        teller.cctv("config check", "config show", "hold list")
    teller.site.config.unlink()
    teller.cctv("config check", "status", "hold list")


STORIES: dict[str, Callable[..., None]] = {
    story.__name__: story
    for story in (operator, lost_index, incidents, requests, redaction, accountability, elsewhere, refusals)
}
