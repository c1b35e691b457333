"""What a sheet calls decisions, kinds of change and reasons to hide; how numbers are listed."""

from __future__ import annotations

from collections.abc import Collection

from cctv.kernel.phrases import worded

TERMS = {
    "shape": worded("sheet", "as flat shapes"),
    "absent": worded("sheet", "absent"),
    "kept": worded("sheet", "kept"),
    "hidden": worded("sheet", "hidden"),
    "undecided": worded("sheet", "undecided"),
    "stayed": worded("sheet", "something stayed where it was put, or somebody stood still"),
    "light": worded("sheet", "the light changed at once"),
    "nudged": worded("sheet", "the camera was nudged"),
    "unexplained": worded(
        "sheet", "the light or where the camera looks cannot be explained; these frames are hidden throughout"
    ),
    "person": worded("sheet", "person"),
    "plate": worded("sheet", "number plate"),
    "screen": worded("sheet", "screen"),
    "badge": worded("sheet", "badge"),
    "document": worded("sheet", "document"),
    "other": worded("sheet", "other"),
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
