"""Every locale: what its encoding lacks is printed escaped, JSON keeps its meaning, files are UTF-8 in each of them."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cctv

MAIN = [sys.executable, "-c", "import sys; from cctv.cli.app import main; sys.exit(main())"]
NAME = "Željko Ångström 王小明"
ASCII = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}  # what a system without UTF-8 does
LOCALES = {
    "not installed, ASCII output": {"LC_ALL": "xx_XX.UTF-8", "PYTHONIOENCODING": "ascii"},
    "ASCII": ASCII,
}
_TEXT_CALLS = {"read_text": 0, "write_text": 1}


def typed(site, environ, *words):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "PYTHON"))}
    plain |= {"CCTV_CONFIG": str(site.config), "NO_COLOR": "1", **environ}
    return subprocess.run([*MAIN, *words], capture_output=True, check=False, cwd=site.folder, env=plain)


@pytest.fixture
def asked(site):
    site.record("foyer-1", "2026-11-01 09:00", minutes=1)
    site.cctv(
        f"request open --no-prepare --name '{NAME}' --contact 'Kärntner Straße 1' --type access --language fr "
        "--cameras foyer-1 --from '1/11 9:00' --to '1/11 9:01'"
    )
    return site


@pytest.mark.slow
@pytest.mark.parametrize("locale", LOCALES)
def test_every_answer_is_printed_or_escaped(asked, locale):
    environ = LOCALES[locale]

    for command in ("request list", "--language fr hold list"):
        done = typed(asked, environ, *command.split())
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
    shown = typed(asked, environ, "request", "show", "REQ-2026-001", "--json")
    refused = typed(asked, environ, "--language", "fr", "request", "show", "REQ-2026-999")

    assert NAME in json.dumps(json.loads(shown.stdout), ensure_ascii=False)
    assert refused.returncode == 2
    assert b"Traceback" not in refused.stderr


@pytest.mark.slow
def test_a_file_name_that_the_locale_lacks_is_refused_with_the_locale_to_set(asked):
    config = asked.folder / "réglages.toml"
    config.write_text(asked.config.read_text().replace('storage = "storage"', f'storage = "{asked.folder}/vidéo"'))
    config.chmod(0o644)
    words = ("--config", "réglages.toml", "footage", "init")

    here = typed(asked, {"LC_ALL": "C"}, "--config", "réglages.toml", "config", "check")
    done = typed(asked, ASCII, *words)

    assert here.returncode == 0
    assert done.returncode == 2
    assert b"has no U+00E9 LATIN SMALL LETTER E WITH ACUTE" in done.stderr
    assert b"LC_ALL=C.UTF-8" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("locale", LOCALES)
def test_a_letter_goes_to_a_file_with_any_name(asked, locale):
    name = os.fsencode("brief_é_王.txt")

    done = typed(asked, LOCALES[locale], "letter", "preview", "receipt", "--to", name)

    assert done.returncode == 0
    assert (asked.folder / "brief_é_王.txt").read_text("utf-8")


def test_every_text_file_is_read_and_written_as_utf_8():
    unsaid = []
    for path in Path(cctv.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            least = _TEXT_CALLS.get(call.func.attr)
            if least is not None and len(call.args) <= least and not any(k.arg == "encoding" for k in call.keywords):
                unsaid.append(f"{path.name}:{call.lineno}")
    assert unsaid == []
