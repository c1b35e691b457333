"""Nobody outside the storage's group reads what it holds."""

from __future__ import annotations

import stat


def test_no_file_or_folder_of_a_storage_is_open_to_everybody(site):
    site.record("gevel-1", "2026-11-01 11:00")
    site.cctv("incident open ruit --kind damage --cameras gevel-1 --from '2026-11-01 11:00' --to '2026-11-01 11:01'")

    readable = [
        str(path.relative_to(site.folder))
        for path in [site.root, *site.root.rglob("*")]
        if stat.S_IMODE(path.stat().st_mode) & 0o007 and "incoming" not in path.parts and path.suffix != ".mp4"
    ]
    assert readable == []
