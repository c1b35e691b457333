"""What the story found: each fact with whether it held, told at once and in a table at the end."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TextIO

from accounts_story.box import Typed

NOT_PERMITTED = 12


@dataclass(frozen=True, slots=True)
class Fact:
    part: str
    name: str
    value: str
    held: bool

    @property
    def line(self) -> str:
        return f"{'yes' if self.held else 'NO '}  {self.name}: {self.value}"


class Facts:
    """Facts in the order in which they were found, below the part of the story that they belong to."""

    def __init__(self) -> None:
        self.all: list[Fact] = []
        self._part = ""

    def part(self, text: str) -> None:
        self._part = text
        print(f"\n{text}", file=sys.stderr, flush=True)

    def add(self, name: str, value: object, held: bool) -> None:
        fact = Fact(self._part, name, str(value), held)
        self.all.append(fact)
        print(f"    {fact.line}", file=sys.stderr, flush=True)

    def equal(self, name: str, value: object, wanted: object) -> None:
        self.add(name, value if value == wanted else f"{value}, not {wanted}", value == wanted)

    def typed(self, who: str, typed: Typed, *wanted: int, says: str = "") -> Typed:
        """A command ended as it should, without a traceback; `says`: what must stand in its answer."""
        text = " ".join((typed.out + typed.err).split())
        held = typed.exit in wanted and not typed.crashed and says in text
        self.add(f"{who}: cctv {typed.command}", f"exit {typed.exit}", held)
        if not held:
            print(f"        wanted: {' or '.join(map(str, wanted))} {says}\n{typed.out}{typed.err}", file=sys.stderr)
        return typed

    @property
    def hold(self) -> bool:
        return bool(self.all) and all(fact.held for fact in self.all)

    def show(self, stream: TextIO) -> None:
        """How many facts held in each part, and those that did not."""
        print("\nWhat was proved", file=stream)
        for part in dict.fromkeys(fact.part for fact in self.all):
            facts = [fact for fact in self.all if fact.part == part]
            held = sum(fact.held for fact in facts)
            print(f"{'yes' if held == len(facts) else 'NO '}  {held:>3} of {len(facts):<3} {part}", file=stream)
        for fact in self.all:
            if not fact.held:
                print(fact.line, file=stream)

    def to_json(self) -> dict[str, object]:
        facts = [{"part": fact.part, "name": fact.name, "value": fact.value, "held": fact.held} for fact in self.all]
        return {"schema": 1, "facts": facts, "ok": self.hold}
