"""docs/roles.md: what each role may do, and which command needs which right, from the tables of the program.

The text around the tables is written by hand and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from cctv.access.roles import RIGHTS
from cctv.cli.rights import FREE, OPEN, right_for
from cctv.cli.rights import RIGHTS as COMMANDS
from cctv.cli.views.grant import GRANT_FOR
from cctv.model.access import Right, Role

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "roles.md"


def roles_page() -> str:
    """The whole page; raises ValueError where it lacks one of the tables."""
    page = PAGE.read_text()
    for heading, rows in (("What each role may do", _rights()), ("What each command needs", _commands())):
        table = re.compile(rf"(## {re.escape(heading)}\n(?:(?!## |\|).*\n)*)(?:\|.*\n)+")
        match = table.search(page)
        if match is None:
            raise ValueError(f"docs/roles.md has no table under {heading}")
        page = page[: match.start()] + match[1] + "".join(f"{row}\n" for row in rows) + page[match.end() :]
    return page


def _rights() -> Iterable[str]:
    yield f"| right | {' | '.join(role.value for role in Role)} |"
    yield "|---" * (len(Role) + 1) + "|"
    for right in Right:
        mark = "grant" if right in GRANT_FOR else "yes"
        cells = [mark if right in RIGHTS[role] else "" for role in Role]
        yield f"| {right.value} | {' | '.join(cells)} |"


def _commands() -> Iterable[str]:
    yield "| right | commands |"
    yield "|---|---|"
    for right in Right:
        commands = [f"`{command}`" for command in sorted(COMMANDS) if right_for(command) is right]
        yield f"| {right.value} | {', '.join(commands)} |"
    yield f"| none: what you may do yourself | {', '.join(f'`{command}`' for command in sorted(OPEN))} |"
    yield f"| none: they open no storage | {', '.join(f'`{command}`' for command in sorted(FREE))} |"
