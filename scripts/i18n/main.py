"""Bring the catalogs up to date and compile them, or tell what is wrong with them; print what is to do."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from hatch_build import compile_catalogs
from i18n.catalogs import LANGUAGES, problems, read, source_of, updated, written
from i18n.messages import ROOT, every_message


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/words", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is wrong")
    check = parser.parse_args().check
    messages = every_message()
    wrong = 0
    for language in LANGUAGES:
        catalog = read(language)
        if not check:
            catalog = updated(catalog, messages)
            source_of(language).parent.mkdir(parents=True, exist_ok=True)
            source_of(language).write_bytes(written(catalog))
        for problem in problems(catalog, messages):
            print(f"{source_of(language).relative_to(ROOT)}: {problem}")
            wrong += 1
    if not check:
        compile_catalogs(ROOT)
    if wrong:
        print("next:  correct these files, then ./scripts/words", file=sys.stderr)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
