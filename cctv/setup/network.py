"""Which addresses the recorder may reach: the networks of its cameras, as a drop-in of its unit.

`cctv init` writes it; a camera in another network is named by `cctv doctor`.  Where a camera has a host name, whose
address may change and which a server of names must tell, nothing is bounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path

from cctv.config.schema import CameraSettings
from cctv.core.durable import DurableFiles

WRITTEN = "# Written by cctv init."
_FILE = Path("cctv-record.service.d") / "network.conf"
_PREFIXES = {4: 24, 6: 64}  # what a network of cameras has at home and at work: one added beside them is reached too


def camera_networks(cameras: Iterable[CameraSettings]) -> tuple[str, ...]:
    """The networks of cameras, sorted; none where a camera is known by a name.  Pure."""
    networks: set[str] = set()
    for camera in cameras:
        try:
            found = ip_address(camera.host.partition("%")[0])
        except ValueError:
            return ()
        networks.add(str(ip_network(f"{found}/{_PREFIXES[found.version]}", strict=False)))
    return tuple(sorted(networks))


def write_network(networks: tuple[str, ...], disk: DurableFiles, folder_of_units: Path) -> None:
    """Bound the recorder to the networks; with none, what an earlier `cctv init` wrote goes."""
    file = folder_of_units / _FILE
    if not networks:
        if file.exists() and file.read_text("utf-8").startswith(WRITTEN):
            disk.unlink(file)
        return
    text = f"{WRITTEN}\n[Service]\nIPAddressDeny=any\nIPAddressAllow={' '.join(networks)}\n"
    disk.make_directory(file.parent)
    file.parent.chmod(0o755)
    disk.write(file, text.encode(), mode=0o644)
    file.chmod(0o644)
