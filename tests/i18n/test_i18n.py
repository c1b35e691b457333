"""What people read, in the language of the site; what programs read, in English."""

import os
import subprocess
import sys

import pytest

from cctv.cli.app import run
from cctv.cli.invocation import Invocation
from cctv.core.language import Language

SPAN = "--from '2026-11-01 11:00' --to '2026-11-01 11:05'"


def test_help_is_dutch_and_what_is_typed_stays(speaking):
    told = speaking("nl").cctv("request open --help").out

    assert told.startswith("Gebruik: cctv request open [OPTIES]")
    assert "Registreer een verzoek en bevries de beelden ervan tot het gesloten is." in told
    assert "[access|erasure|restriction|objection|portability|rectification|complaint]" in told
    assert "access:\n" in told
    assert "inzage;" in told
    assert '--cameras foyer-1 --from "za 22u" --to "za 22u30"' in told


def test_a_refusal_is_french_and_has_its_exit_code(speaking):
    told = speaking("fr").cctv("request list --all --nothing", exit=2)
    assert "Il n’y a pas d’option '--nothing'." in told.err

    told = speaking("fr").cctv("hold release HOLD-2026-009 --reason 'il y a une raison'", exit=2)
    assert told.err == "erreur : Il n’y a pas de conservation HOLD-2026-009.\nensuite :  cctv hold list --all\n"

    backwards = SPAN.replace("11:05", "11:00")
    told = speaking("fr").cctv(f"request open --name A --contact b@c.be --cameras foyer-1 {backwards}", exit=2)
    assert "erreur : La période ne finit pas après son début : elle irait de dim 2026-11-01 11:00 CET" in told.err
    assert "ensuite :  donnez une fin après le début" in told.err


def test_json_is_the_same_in_every_language(site):
    site.record("foyer-1", "2026-11-01 11:00", minutes=5)
    site.cctv(f"request open --name 'An Peeters' --contact an@example.be --cameras foyer-1 {SPAN} --no-prepare")

    def answers(language):
        site.language = language
        commands = (
            "request show REQ-2026-001",
            "request board",
            "request list",
            "request receipt REQ-2026-001 --dry-run",
        )
        return [site.cctv(f"{one} --json").json for one in commands] + [
            site.cctv(f"{one} --json", exit=2).json
            for one in ("request show REQ-2026-009", "request sent REQ-2026-001 --letter receipt --on ergens")
        ]

    assert answers(Language.NL) == answers(Language.FR) == answers(Language.EN)


def test_a_register_is_told_in_the_language_of_the_site_and_its_csv_is_not(speaking):
    site = speaking("nl")
    site.cctv(f"incident open fiets --kind theft --cameras foyer-1 {SPAN}")

    told, kept = (site.cctv(f"register show incidents --format {form}").out for form in ("table", "csv"))

    assert "diefstal" in told
    assert "soort" in told
    assert kept.splitlines()[0].startswith("id,kind,what")
    assert "theft" in kept


def test_an_operators_command_stays_english(speaking):
    site = speaking("nl")

    assert site.cctv("sweep --help").out.startswith("Usage:")
    assert "Gebruik:" in site.cctv("--help").out
    assert "Usage:" in site.cctv("--language en --help").out


def test_english_reads_no_catalog(site, monkeypatch):
    monkeypatch.setattr("cctv.core.i18n.GNUTranslations", None)

    assert "Usage:" in site.cctv("request open --help").out
    assert run(["--help"], Invocation(environ={"CCTV_CONFIG": "nowhere.toml"})) == 0


@pytest.mark.slow
def test_babel_loads_for_no_command_that_writes_no_page(site):
    code = (
        "import sys\nfrom cctv.cli.invocation import Invocation\nfrom cctv.cli.app import run\n"
        "print(run(['--help'], Invocation()), run(['status'], Invocation()), 'babel' in sys.modules, file=sys.stderr)"
    )
    environ = {**os.environ, "CCTV_CONFIG": str(site.config)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)

    assert done.stderr.splitlines()[-1].split()[::2] == ["0", "False"], done.stderr
