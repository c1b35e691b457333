"""Write the generated pages, or tell which of them are stale.  Prints the names of those that it wrote."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from docgen.commands import commands_page
from docgen.errors import errors_page
from docgen.roles import roles_page
from docgen.settings import settings_page

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "exit-codes.md": errors_page,
    "cameras-toml.md": settings_page,
    "roles.md": roles_page,
}


def stale_pages(docs: Path = DOCS) -> list[Path]:
    """The pages that do not say what the program says now."""
    return [docs / name for name, page in PAGES.items() if _text(docs / name) != page()]


def main() -> int:
    parser = argparse.ArgumentParser(prog="./scripts/docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when a page is stale")
    options = parser.parse_args()
    stale = stale_pages()
    for page in stale:
        if not options.check:
            page.write_text(PAGES[page.name]())
        print(f"docs/{page.name}{' is stale' if options.check else ''}")
    if stale and options.check:
        print("next:  ./scripts/docs", file=sys.stderr)
    return int(options.check and bool(stale))


def _text(page: Path) -> str | None:
    return page.read_text() if page.exists() else None


if __name__ == "__main__":
    sys.exit(main())
