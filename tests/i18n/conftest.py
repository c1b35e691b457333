import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "scripts"))  # for scripts/i18n


@pytest.fixture
def speaking(site):
    """The site as its people meet it: in the language of its cameras.toml."""

    def speak(language):
        site.config.write_text(site.config.read_text().replace('language = "nl"', f'language = "{language}"'))
        site.language = None
        return site

    return speak
