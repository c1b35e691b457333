"""What a sheet calls decisions, kinds of change and reasons to hide; how numbers are listed."""

from __future__ import annotations

from collections.abc import Collection

from cctv.core.i18n import pgettext_lazy

TERMS = {
    "shape": pgettext_lazy("sheet", "as flat shapes"),
    "absent": pgettext_lazy("sheet", "absent"),
    "kept": pgettext_lazy("sheet", "kept"),
    "hidden": pgettext_lazy("sheet", "hidden"),
    "undecided": pgettext_lazy("sheet", "undecided"),
    "stayed": pgettext_lazy("sheet", "something stayed where it was put, or somebody stood still"),
    "light": pgettext_lazy("sheet", "the light changed at once"),
    "nudged": pgettext_lazy("sheet", "the camera was nudged"),
    "unexplained": pgettext_lazy(
        "sheet", "the light or where the camera looks cannot be explained; these frames are hidden throughout"
    ),
    "person": pgettext_lazy("sheet", "person"),
    "plate": pgettext_lazy("sheet", "number plate"),
    "screen": pgettext_lazy("sheet", "screen"),
    "badge": pgettext_lazy("sheet", "badge"),
    "document": pgettext_lazy("sheet", "document"),
    "other": pgettext_lazy("sheet", "other"),
}


def ranges_text(numbers: Collection[int]) -> str:
    """`1-4, 7`: as people write lists of numbers."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
