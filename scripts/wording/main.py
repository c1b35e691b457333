"""Bring the catalogs up to date and compile them, or tell what is wrong with them; print what is to do."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from wording.catalogs import LANGUAGES, TONGUE, compiled, compiled_file, problems, read, updated, written
from wording.messages import every_message


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
            (TONGUE / f"{language}.po").write_bytes(written(catalog))
            compiled_file(language).write_bytes(compiled(catalog))
        elif not is_compiled(language):
            print(f"{language}.mo is stale")
            wrong += 1
        for problem in problems(catalog, messages):
            print(f"{language}.po: {problem}")
            wrong += 1
    if wrong:
        print(f"next:  correct cctv/tongue/{', '.join(f'{one}.po' for one in LANGUAGES)}, then ./scripts/words",
              file=sys.stderr)  # fmt: skip
    return int(wrong > 0)


def is_compiled(language: str) -> bool:
    """Whether what the program reads is what the translator wrote."""
    file = compiled_file(language)
    return file.exists() and file.read_bytes() == compiled(read(language))


if __name__ == "__main__":
    sys.exit(main())
