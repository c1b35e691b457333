"""How long passes over a clip tell what they are doing."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with the step's name (`backdrop`, `regions`, `people`, `render`, `verify`), frames done, of how many (0:
unknown)."""
