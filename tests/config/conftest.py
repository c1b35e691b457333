"""A site whose cameras.toml a test can bend."""

from pathlib import Path

import pytest

from cctv.config.loader import LoadedSettings, load_settings

GOOD = """\
[site]
name = "De Grote Post"
timezone = "Europe/Brussels"
jurisdiction = "BE"
storage = "storage"
max_retention = "28d"

[recording]
segment = "60s"

[zones.facade]
kind = "facade"
retention = "7d"

[zones.interior]
kind = "interior"
retention = "28d"

[cameras.gevel-1]
zone = "facade"
purpose = "theft and damage"
onvif = "192.0.2.20"
credential = "gevel-1"

[controller]
name = "De Grote Post vzw"
address = ["Hendrik Serruyslaan 18A", "8400 Oostende"]
mail = "onthaal@example.org"
dpo = "privacy@example.org"
signatory = "Lieve Maes"

[credentials]
file = "credentials.toml"
"""


class Site:
    """A directory with a cameras.toml."""

    def __init__(self, path: Path) -> None:
        self.file = path / "cameras.toml"

    def load(self, *changes: tuple[str, str], more: str = "", strict: bool = False) -> LoadedSettings:
        """Load the good file after replacing some of its text and adding more at the end."""
        text = GOOD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.file.write_text(text + more)
        return load_settings(self.file, environ={}, strict=strict)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)
