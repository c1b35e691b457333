"""What the doctor checks of the machine: programs, packages, clock, disk, mounts, owners, swap, units, timers.

Each judgement is a pure function of facts (`machine_facts`); the checks at the end read them and judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType

from cctv.config.schema import CameraSettings
from cctv.core.confine import Fences
from cctv.core.disks import DiskFacts, judge
from cctv.core.errors import ToolMissing
from cctv.core.i18n import N_
from cctv.core.process import UnitFacts
from cctv.monitoring.doctor import Check, CheckName, DoctorFinding, Examined, advice, unknown, well, wrong
from cctv.monitoring.machine_facts import (
    AccessFacts,
    EnvironmentFacts,
    FstabLine,
    ProgramFacts,
    SmartFacts,
)

RECORD, SWEEP = "cctv-record.service", "cctv-sweep.service"
SOCKET = "cctv.socket"
NOTIFY_TIMER, BACKUP_TIMER = "cctv-notify.timer", "cctv-backup.timer"
# How long after its last run a timer is late: twice its period, and a night more.
TIMERS: Mapping[str, timedelta] = MappingProxyType(
    {
        NOTIFY_TIMER: timedelta(hours=1),
        BACKUP_TIMER: timedelta(days=2, hours=12),
        "cctv-checkpoint.timer": timedelta(hours=1),
        "cctv-verify.timer": timedelta(days=2, hours=12),
        "cctv-doctor.timer": timedelta(days=14, hours=12),
    }
)
OLDEST_FFMPEG = 5  # Debian 12 has 5.1
_PACKAGES = {"ffprobe": "ffmpeg", "setpriv": "util-linux", "ssh-keygen": "openssh-client"}
_ENCODERS, _DECODERS = frozenset({"libx264", "ffv1"}), frozenset({"h264", "hevc"})
_WORN = 0.9  # of its planned life: a new disk is ordered and built in within a tenth of it
_MANY_RESTARTS = 10
_STABLE_SOURCE = re.compile(r"(UUID|LABEL|PARTUUID|PARTLABEL)=|/dev/(mapper|disk)/|[^/]")
_NAMED = 3  # files that a finding names
_INSTALL = N_("apt install --reinstall ./cctv_*.deb  # or ./scripts/install in the checkout")


def judge_programs(facts: ProgramFacts) -> Iterator[DoctorFinding]:
    """Programs that are missing or too old, and codecs that libavcodec lacks."""
    name = CheckName.PROGRAMS
    why = N_("letters, packages, probes or checks of cameras fail without it")
    for tool, version in facts.tools.items():
        if version is None:
            package = _PACKAGES.get(tool, tool)
            yield wrong(name, N_("{tool} is not installed", tool=tool), why, f"apt-get install {package}", tool)
    match = re.match(r"ffmpeg version \D?(\d+)", facts.tools.get("ffmpeg") or "")
    if match is not None and int(match[1]) < OLDEST_FFMPEG:
        text = N_("ffmpeg is version {version}; {oldest} is the oldest tested", version=match[1], oldest=OLDEST_FFMPEG)
        yield advice(name, text, why, "apt-get install ffmpeg", "ffmpeg")
    lacking = sorted((_ENCODERS - facts.encoders) | (_DECODERS - facts.decoders))
    if lacking:
        text = N_("the FFmpeg of PyAV cannot do {codecs}", codecs=", ".join(lacking))
        why = N_("no redacted video can be made or proved without it")
        yield wrong(name, text, why, _INSTALL, "av")
    yield from _fenced(facts.fences)
    versions = ", ".join(f"{library} {version}" for library, version in facts.libraries.items())
    yield well(name, N_("versions: {versions}", versions=versions))


def _fenced(fences: Fences | None) -> Iterator[DoctorFinding]:
    """What does not bound the programs that decode footage, and files from elsewhere."""
    if fences is None:
        return
    why = N_("a file made to take over what decodes it would reach more than it needs")
    if fences.landlock is None:
        text = N_("the kernel has no Landlock: what decodes video may read every file of its account")
        mend = N_("take a kernel of Linux 5.13 or later with lsm=landlock: cat /sys/kernel/security/lsm")
        yield advice(CheckName.PROGRAMS, text, why, mend, "landlock")
    if not fences.seccomp:
        text = N_("libseccomp is not there: what decodes video may use the network")
        yield advice(CheckName.PROGRAMS, text, why, "apt-get install libseccomp2", "libseccomp2")


def judge_packages(facts: EnvironmentFacts) -> Iterator[DoctorFinding]:
    """Python packages that are not those of the lock."""
    name, mend = CheckName.PYTHON, _INSTALL
    if facts.pins is None:
        yield unknown(name, N_("requirements.lock is not there to compare with"), mend)
        return
    why = N_("only the versions of the lock were tested together, and their hashes checked")
    missing = [pin for pin in facts.pins if pin not in facts.installed and pin not in facts.elsewhere]
    other = [
        f"{pin} {facts.installed[pin]}"
        for pin, versions in facts.pins.items()
        if pin in facts.installed and facts.installed[pin] not in versions
    ]
    if missing:
        yield wrong(name, N_("not installed: {names}", names=", ".join(missing)), why, mend)
    if other:
        text = N_("of another version than the lock: {names}", names=", ".join(other))
        yield advice(name, text, why, mend)
    if not missing and not other:
        text = N_("Python {version}, {count} packages as in the lock", version=facts.python, count=len(facts.pins))
        yield well(name, text)


def judge_clock(kept: bool | None) -> DoctorFinding:
    """Whether the network's time keeps the clock."""
    name = CheckName.CLOCK
    if kept is None:
        return unknown(name, N_("the kernel does not tell whether the clock is kept"), "timedatectl")
    if kept:
        return well(name, N_("the clock is kept by the network's time"))
    why = N_("limits, times of footage and answers follow this clock, and a leap stops deletion")
    return wrong(name, N_("the clock is not synchronised"), why, "timedatectl set-ntp true")


def judge_disk(facts: DiskFacts) -> Iterator[DoctorFinding]:
    """What `cctv.core.disks` says of the storage's disk."""
    risks = judge(facts)
    for risk in risks:
        make = wrong if risk.is_wrong else advice
        yield make(CheckName.DISK, risk.text, risk.why, risk.following, risk.problem.value)
    if not risks:
        kind, share = facts.file_system, f"{facts.free_bytes / max(facts.total_bytes, 1):.0%}"
        yield well(CheckName.DISK, N_("{kind}, encrypted, {share} free", kind=kind, share=share))


def judge_smart(facts: SmartFacts) -> Iterator[DoctorFinding]:
    """What a disk says of its health."""
    name, disk = CheckName.SMART, facts.disk
    look, why = f"smartctl -x {disk}", N_("a disk that fails takes footage, holds and registers along")
    if facts.passed is None:
        problem = facts.problem or "-"
        yield unknown(name, N_("{disk} does not say how it is: {problem}", disk=disk, problem=problem), look, disk)
        return
    sound = True
    if not facts.passed:
        sound = False
        yield wrong(name, N_("{disk} says that it will fail", disk=disk), why, look, disk)
    if facts.bad_sectors:
        sound = False
        text = N_("{disk} has {count} bad sectors or medium errors", disk=disk, count=facts.bad_sectors)
        yield wrong(name, text, why, look, disk)
    if facts.worn is not None and facts.worn >= _WORN:
        sound = False
        yield advice(name, N_("{disk} is worn by {share}", disk=disk, share=f"{facts.worn:.0%}"), why, look, disk)
    if sound:
        yield well(name, N_("{disk} says that it is well", disk=disk), disk)


def judge_mount(disk: DiskFacts, fstab: Sequence[FstabLine], services: Sequence[UnitFacts]) -> Iterator[DoctorFinding]:
    """Whether the storage's disk comes back after a restart, and recorder and sweeper wait for it."""
    name, root = CheckName.MOUNTS, disk.folder
    if disk.mount is None:
        yield unknown(name, N_("the mount of {folder} is not known", folder=root), f"findmnt --target {root}")
        return
    point, why = disk.mount.point, N_("after a restart the disk may be away, and recording stops")
    if point != Path("/"):
        lines = [line for line in fstab if line.point == point]
        if not lines:
            text = N_("/etc/fstab does not mount {point}", point=point)
            yield advice(
                name, text, why, f"findmnt --noheadings --output UUID {point}  # UUID=... in /etc/fstab", "fstab"
            )
        elif not _STABLE_SOURCE.match(lines[0].source):
            text = N_("/etc/fstab names {source}, and not a UUID", source=lines[0].source)
            why_uuid = N_("names of disks change when one is added, and another disk is mounted in its place")
            yield advice(
                name, text, why_uuid, f"blkid {lines[0].source}  # UUID=... in its place in /etc/fstab", "fstab"
            )
    for unit in services:
        if unit.load != "loaded" or any(path.is_relative_to(point) for path in unit.mounts_for) or point == Path("/"):
            continue
        text = N_("{unit} does not wait for the mount of {point}", unit=unit.name, point=point)
        yield wrong(name, text, why, f"systemctl edit {unit.name}  # [Unit] RequiresMountsFor={root}", unit.name)
    yield well(name, N_("{folder} is on the mount {point}", folder=root, point=point))


def judge_access(facts: AccessFacts) -> Iterator[DoctorFinding]:
    """Modes and owners of the storage."""
    name, root, owner = CheckName.ACCESS, facts.root, facts.owner
    sound = True
    if facts.mode & 0o007:
        sound = False
        text = N_("every account of this machine may enter {path} (mode {mode:04o})", path=root, mode=facts.mode)
        yield wrong(name, text, N_("pictures of people and names are in it"), f"chmod -R go= {root}", "mode")
    elif facts.mode & 0o070:
        sound = False
        members = ", ".join(facts.members) or "-"
        text = N_(
            "the group of {path} may enter it (mode {mode:04o}): {members}", path=root, mode=facts.mode, members=members
        )
        why = N_("its members read pictures and names without a line in the log; people go through `cctv serve`")
        yield wrong(name, text, why, f"chmod -R go= {root}", "group")
    if owner == "root":
        text = N_("{path} belongs to root", path=root)
        why = N_("the services run as an account of their own, so that an intruder has that account only")
        yield advice(name, text, why, f"chown -R cctv:cctv {root}", "owner")
    if facts.strangers:
        sound = False
        more = len(facts.strangers) - _NAMED
        names = ", ".join(facts.strangers[:_NAMED]) + (f" (+{more})" if more > 0 else "")
        text = N_("not of the account {owner}: {names}", owner=owner, names=names)
        why = N_("recorder and sweeper cannot write what belongs to another account, and stop")
        yield wrong(name, text, why, f"chown -R --no-dereference {owner}: {root}", "owners")
    for path in facts.open_keys:
        sound = False
        why = N_("who has the signing key can sign in the name of this site")
        yield wrong(name, N_("other accounts can reach {path}", path=path), why, f"chmod go-rwx {path}", path)
    if facts.unread:
        names = ", ".join(facts.unread)
        text = N_("this account cannot look into {names}", names=names)
        yield unknown(name, text, "sudo cctv doctor --only access", "unread")
    elif sound:
        yield well(name, N_("{path} belongs to {owner}, mode {mode:04o}", path=root, owner=owner, mode=facts.mode))


def judge_swap(plain: Sequence[str]) -> DoctorFinding:
    """Whether memory is written to a disk unencrypted."""
    if not plain:
        return well(CheckName.SWAP, N_("no swap on a disk that is not encrypted"))
    text = N_("swap is not encrypted: {names}", names=", ".join(plain))
    why = N_("passwords and pictures that were in memory stay readable on the disk")
    return advice(CheckName.SWAP, text, why, f"swapoff {plain[0]}  # and its line out of /etc/fstab")


def judge_core_dumps(pattern: str, limit: int) -> DoctorFinding:
    """Whether a command that crashes leaves its memory on the disk; the services have LimitCORE=0 (units)."""
    name = CheckName.CORE_DUMPS
    # A program that takes dumps gets them whatever the limit is, and systemd-coredump heeds it (core(5)).
    if not pattern or limit == 0:
        return well(name, N_("a crashed command leaves no dump of its memory"))
    text = N_("a crashed command leaves a dump of its memory ({pattern})", pattern=pattern.split()[0])
    why = N_("it holds passwords and pictures of people")
    following = "printf '* hard core 0\\n' > /etc/security/limits.d/cctv.conf"
    return advice(name, text, why, following)


def judge_units(services: Sequence[UnitFacts]) -> Iterator[DoctorFinding]:
    """Recorder and sweeper as systemd has them: running, enabled, and as shipped."""
    name = CheckName.UNITS
    for unit in services:
        subject = unit.name
        if unit.load != "loaded":
            text = N_("{unit} is not installed", unit=subject)
            why = N_("after a restart nothing records or deletes")
            yield wrong(name, text, why, _INSTALL, subject)
            continue
        if unit.enabled not in ("enabled", "enabled-runtime", "static"):
            text = N_("{unit} does not start with the machine ({state})", unit=subject, state=unit.enabled)
            why = N_("after a restart nothing records or deletes")
            yield wrong(name, text, why, f"systemctl enable --now {subject}", subject)
        if unit.active != "active":
            text = N_("{unit} does not run ({state})", unit=subject, state=unit.active)
            why = N_("nothing records or deletes meanwhile")
            yield wrong(name, text, why, f"systemctl restart {subject}", subject)
        yield from _as_shipped(unit)
        if unit.active == "active":
            yield well(name, N_("{unit} runs", unit=subject), subject)


def judge_socket(sockets: Sequence[UnitFacts]) -> Iterator[DoctorFinding]:
    """The socket through which people reach the storage."""
    for unit in sockets:
        if unit.load == "loaded" and unit.active == "active" and unit.enabled == "enabled":
            yield well(CheckName.UNITS, N_("{unit} listens for the commands of people", unit=unit.name), unit.name)
            continue
        text = N_("{unit} does not listen ({state})", unit=unit.name, state=unit.active)
        why = N_("nobody but the storage's account and root can type a command")
        following = f"systemctl enable --now {unit.name}" if unit.load == "loaded" else _INSTALL
        yield wrong(CheckName.UNITS, text, why, following, unit.name)


def judge_reach(recorder: UnitFacts, cameras: Iterable[CameraSettings]) -> Iterator[DoctorFinding]:
    """Cameras that the recorder's unit keeps it from, and a recorder that may reach any address.

    A camera that has a name says nothing of its address: whoever bounded the unit saw to it.
    """
    name, subject, addressed = CheckName.UNITS, recorder.name, []
    for camera in cameras:
        try:
            addressed.append((camera, ip_address(camera.host.partition("%")[0])))
        except ValueError:
            return
    if recorder.reachable is None:
        text, why = N_("{unit} may reach any address", unit=subject), N_("it needs the network of its cameras only")
        following = f"systemctl edit {subject}  # [Service] IPAddressDeny=any and IPAddressAllow=NETWORK"
        yield advice(name, text, why, following, subject)
        return
    networks = [ip_network(network, strict=False) for network in recorder.reachable if "/" in network]
    for camera, address in addressed:
        if not any(address in network for network in networks):
            text = N_("{unit} may not reach {camera} at {host}", unit=subject, camera=camera.id, host=camera.host)
            following = f"systemctl edit {subject}  # [Service] IPAddressAllow={address}"
            yield wrong(name, text, N_("it is not recorded"), following, camera.id)


def _as_shipped(unit: UnitFacts) -> Iterator[DoctorFinding]:
    name, subject = CheckName.UNITS, unit.name
    if unit.restarts > _MANY_RESTARTS:
        text = N_("{unit} was started again {count} times", unit=subject, count=unit.restarts)
        why = N_("each start costs footage of every camera")
        yield advice(name, text, why, f"journalctl -u {subject} -p warning -n 50", subject)
    if unit.limit_core != 0:
        text, why = N_("{unit} may leave a dump of its memory", unit=subject), N_("it holds passwords and pictures")
        yield advice(name, text, why, f"systemctl edit {subject}  # [Service] LimitCORE=0", subject)
    if subject == RECORD and unit.memory_max is None:
        text = N_("{unit} has no limit of memory", unit=subject)
        why = N_("a hostile camera could take the memory of the whole machine")
        yield advice(name, text, why, f"systemctl edit {subject}  # [Service] MemoryMax=2G", subject)
    if unit.needs_reload:
        text = N_("the file of {unit} is newer than what systemd runs by", unit=subject)
        yield advice(name, text, N_("a change has no effect until then"), "systemctl daemon-reload", subject)
    if unit.drop_ins:
        names = ", ".join(unit.drop_ins)
        text = N_("{unit} is changed by {names}", unit=subject, names=names)
        yield well(name, text, subject)


def judge_timers(units: Mapping[str, UnitFacts], *, folder: Path | None, now: datetime) -> Iterator[DoctorFinding]:
    """Each timer: installed, enabled, run in time, and whether what it starts went well; `folder` is for back-ups."""
    name = CheckName.TIMERS
    for timer, late in TIMERS.items():
        unit, service = units.get(timer), units.get(timer.replace(".timer", ".service"))
        if timer == BACKUP_TIMER and folder is None:
            yield well(name, N_("{unit} is not needed: [backup] names no folder", unit=timer), timer)
            continue
        why = N_("what it does is done by nobody else")
        if unit is None or unit.load != "loaded":
            text = N_("{unit} is not installed", unit=timer)
            yield wrong(name, text, why, _INSTALL, timer)
            continue
        if timer == BACKUP_TIMER and service is not None and not _may_write(service, folder):
            text = N_("{unit} may not write to {folder}", unit=service.name, folder=folder)
            following = f"systemctl edit {service.name}  # [Service] ReadWritePaths={folder}"
            yield wrong(name, text, N_("each back-up fails"), following, service.name)
        if service is not None and service.has_failed:
            text = N_("{unit} failed at its last run ({result})", unit=service.name, result=service.result)
            yield wrong(name, text, why, f"journalctl -u {service.name} -n 50", timer)
        if unit.enabled != "enabled" or unit.active != "active":
            text = N_("{unit} is not on ({state})", unit=timer, state=unit.enabled)
            yield wrong(name, text, why, f"systemctl enable --now {timer}", timer)
        elif unit.last_run is None:
            yield well(name, N_("{unit} is on, and has not run yet", unit=timer), timer)
        elif now - unit.last_run > late:
            text = N_("{unit} has not run since {day:%Y-%m-%d}", unit=timer, day=unit.last_run)
            yield wrong(name, text, why, f"systemctl restart {timer}", timer)
        else:
            yield well(name, N_("{unit} is on, last run {day:%Y-%m-%d}", unit=timer, day=unit.last_run), timer)


def _may_write(service: UnitFacts, folder: Path | None) -> bool:
    """By ReadWritePaths=, which the unit as shipped has; without any nothing is closed."""
    return folder is None or not service.writable or any(folder.is_relative_to(path) for path in service.writable)


def _programs(examined: Examined) -> Iterator[DoctorFinding]:
    return judge_programs(examined.machine.programs())


def _packages(examined: Examined) -> Iterator[DoctorFinding]:
    return judge_packages(examined.machine.packages())


def _clock(examined: Examined) -> Iterator[DoctorFinding]:
    yield judge_clock(examined.machine.clock_is_kept())


def _disk(examined: Examined) -> Iterator[DoctorFinding]:
    return judge_disk(_storage_disk(examined))


def _smart(examined: Examined) -> Iterator[DoctorFinding]:
    disks = _storage_disk(examined).disks
    if not disks:
        yield unknown(CheckName.SMART, N_("the disks of the storage are not known"), "lsblk")
    for disk in disks:
        try:
            yield from judge_smart(examined.machine.smart(disk))
        except ToolMissing as error:
            yield unknown(CheckName.SMART, error.phrase, "apt-get install smartmontools", disk)
            return


def _mounts(examined: Examined) -> Iterator[DoctorFinding]:
    machine, disk = examined.machine, _storage_disk(examined)
    services = machine.units([RECORD, SWEEP]) if machine.has_systemd else {}
    yield from judge_mount(disk, machine.fstab(), list(services.values()))
    if not machine.has_systemd:
        text = N_("systemd does not run here: whether the services wait for the mount cannot be asked")
        yield unknown(CheckName.MOUNTS, text, "findmnt", "units")


def _access(examined: Examined) -> Iterator[DoctorFinding]:
    return judge_access(examined.machine.access(examined.require_settings().site.storage))


def _swap(examined: Examined) -> Iterator[DoctorFinding]:
    yield judge_swap(examined.machine.plain_swaps())


def _core_dumps(examined: Examined) -> Iterator[DoctorFinding]:
    yield judge_core_dumps(*examined.machine.core_dumps())


def _units(examined: Examined) -> Iterator[DoctorFinding]:
    units = examined.machine.units([RECORD, SWEEP, SOCKET])
    yield from judge_units([unit for unit in units.values() if unit.name != SOCKET])
    yield from judge_socket([unit for unit in units.values() if unit.name == SOCKET])
    if RECORD in units:
        yield from judge_reach(units[RECORD], examined.require_settings().cameras.values())


def _timers(examined: Examined) -> Iterator[DoctorFinding]:
    names = [name for timer in TIMERS for name in (timer, timer.replace(".timer", ".service"))]
    folder = examined.require_settings().backup.folder
    return judge_timers(examined.machine.units(names), folder=folder, now=examined.now)


def _storage_disk(examined: Examined) -> DiskFacts:
    return examined.machine.disk(examined.require_settings().site.storage)


MACHINE_CHECKS: Mapping[CheckName, Check] = MappingProxyType(
    {
        CheckName.PROGRAMS: _programs,
        CheckName.PYTHON: _packages,
        CheckName.CLOCK: _clock,
        CheckName.DISK: _disk,
        CheckName.SMART: _smart,
        CheckName.MOUNTS: _mounts,
        CheckName.ACCESS: _access,
        CheckName.SWAP: _swap,
        CheckName.CORE_DUMPS: _core_dumps,
        CheckName.UNITS: _units,
        CheckName.TIMERS: _timers,
    }
)
