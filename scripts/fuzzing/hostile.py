"""Hostile inputs: valid samples, bent.  Each input follows from a random.Random alone, so a seed brings it again.

Structure first: a tree of JSON is changed at a node, a text at a token, bytes at a length field.  One input in some
hundred is large: deep, long, or with very many elements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Json = Any
LARGE_ONE_IN = 300
_LARGEST_BYTES = 6_000_000
_DEEP, _MANY = "\ue000deep", "\ue000many"  # stand in a tree for what would be slow to build there
NUMBERS: tuple[Json, ...] = (
    0,
    -1,
    1,
    2**31,
    -(2**31),
    2**53 + 1,
    2**63,
    -(2**63),
    2**64,
    10**30,
    10**400,
    1e-320,
    1e308,
    0.1,
    -0.0,
    float("nan"),
    float("inf"),
    float("-inf"),
    True,
    False,
)
TEXTS = (
    "",
    " ",
    "\0",
    "\n",
    "\r\n",
    "\ud800",
    "\udfff\ud800",
    "\u202e",
    "\u200b",
    "\ufeff",
    "\U0010ffff",
    "e\u0301",
    "ß",
    "İ",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "CON",
    "-rf",
    "$(id)",
    "%s%n",
    "{0}",
    "{path}",
    "<b>",
    "&lt;",
    "NaN",
    "Infinity",
    "1e999",
    "9" * 4400,
    "0x10",
    "２０２６",
    "2026-02-30",
    "9999-12-31T23:59:59.999999Z",
    "0001-01-01",
    "2026-11-21T22:00:00",
    "2026-11-21T22:00:00+99:99",
    "24:00",
    "null",
    "A" * 300,
    "é" * 5000,
)
SIGNS = "\0\t\n\r\x1b \"'\\/<>[]{}()=:;,.#$%&+-*|~@!?0159aAzZ_é€\u00a0\u2028\u202e\ufeff\ud800\U0001f600"


def is_large(rng: Random) -> bool:
    return rng.randrange(LARGE_ONE_IN) == 0


def length(rng: Random) -> int:
    """How large a large input is: each order of magnitude as often as another."""
    return min(int(10 ** rng.uniform(3, 6.78)), _LARGEST_BYTES)


def junk(rng: Random, longest: int = 40) -> str:
    return "".join(rng.choices(SIGNS, k=rng.randrange(longest)))


def text(rng: Random, samples: Sequence[str], words: Sequence[str]) -> str:
    """A text made of a sample, or of words."""
    if rng.random() < 0.2:
        made = rng.choice(("", " ", "\n")).join(rng.choices(words, k=rng.randrange(1, 12)))
    else:
        made = rng.choice(samples)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        made = _bent(rng, made, words)
    if is_large(rng):
        made = large(rng, made, words)
    return made


def encoded(rng: Random, made: str) -> bytes:
    """A text as bytes, mostly UTF-8."""
    data = made.encode("utf-8", "surrogatepass")
    chance = rng.random()
    if chance < 0.02:
        return made.encode("utf-16", "surrogatepass")
    if chance < 0.04:
        return b"\xef\xbb\xbf" + data
    if chance < 0.06:
        return made.encode("latin-1", "replace")
    return binary(rng, data) if chance < 0.1 else data


def binary(rng: Random, data: bytes) -> bytes:
    """Bytes with some of them changed, cut, doubled or replaced by the ends of what a length may be."""
    bent = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 9))):
        at = rng.randrange(len(bent) + 1)
        match rng.randrange(7):
            case 0 if at < len(bent):
                bent[at] ^= 1 << rng.randrange(8)
            case 1:
                bent[at : at + rng.randrange(1, 40)] = b""
            case 2:
                bent[at:at] = bent[at : at + rng.randrange(1, 200)] * rng.randrange(1, 5)
            case 3:
                bent[at : at + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0"))
            case 4:
                bent[at:at] = rng.randbytes(rng.randrange(1, 16))
            case 5:
                del bent[at:]
            case _:
                bent[at:at] = bytes(rng.randrange(1, 64))
    return bytes(bent)


def large(rng: Random, made: str, words: Sequence[str]) -> str:
    """A text of thousands to millions of signs: one sign, one token, one line or one bracket again and again."""
    size = length(rng)
    lines = made.splitlines(keepends=True) or [made]
    at = rng.randrange(len(made) + 1)
    match rng.randrange(7):
        case 0:
            piece = rng.choice(SIGNS)
        case 1:
            piece = rng.choice(words) or " "
        case 2:
            piece = rng.choice(lines) or " "
        case 3:
            piece = rng.choice(("a.", "a ", "a\n", "a,", "[a.", "0", "9", '"""', "<a>", "((", "{", "a=", "&#x41;"))
        case 4:
            piece = made or " "
        case 5:
            opening, closing = rng.choice((("[", "]"), ("{", "}"), ("(", ")"), ("<a>", "</a>"), ("[[", "]]")))
            count = size // (len(opening) + len(closing))
            return made[:at] + opening * count + closing * count + made[at:]
        case _:
            piece = rng.choice(words) + rng.choice(SIGNS)
    return made[:at] + piece * (size // len(piece) + 1) + made[at:]


def tree(rng: Random, samples: Sequence[Json], extra_keys: Sequence[str] = ()) -> str:
    """The text of a JSON document made of a sample, changed at some nodes."""
    made = _copied(rng.choice(samples))
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        made = _changed(rng, made, extra_keys)
    if is_large(rng):
        made = _put(rng, made, rng.choice((_DEEP, _MANY, "A" * length(rng), "é\n" * (length(rng) // 2))))
    written = json.dumps(made, ensure_ascii=rng.random() < 0.7)
    if _DEEP in written or "\\ue000deep" in written:
        written = _replaced(written, _DEEP, _nested(rng))
    if _MANY in written or "\\ue000many" in written:
        written = _replaced(written, _MANY, _elements(rng, samples))
    if rng.random() < 0.1:
        written = _bent(rng, written, ['{"', '":', "[", "]", "}", ",", "null", "1e999", "NaN", '"schema": 1,'])
    return written


def repeated(rng: Random, document: Json, key: str) -> str:
    """A document whose list under `key` has very many elements, each a little different."""
    first = document[key][0]
    count = length(rng) // (len(json.dumps(first)) + 2) + 1
    rest = {**document, key: _MANY}
    several = [json.dumps(_numbered(first, number)) for number in range(count)]
    return _replaced(json.dumps(rest), _MANY, "[" + ",".join(several) + "]")


def chosen(rng: Random, *makers: tuple[float, Callable[[Random], bytes]]) -> bytes:
    """One of several ways to make an input, by their weights."""
    weights = [weight for weight, _ in makers]
    return rng.choices([maker for _, maker in makers], weights)[0](rng)


def _bent(rng: Random, made: str, words: Sequence[str]) -> str:
    at = rng.randrange(len(made) + 1)
    until = min(len(made), at + rng.choice((1, 1, 3, 10, 60)))
    match rng.randrange(10):
        case 0:
            return made[:at] + made[until:]
        case 1:
            return made[:at] + made[at:until] * rng.choice((2, 2, 3, 20)) + made[until:]
        case 2:
            return made[:at] + rng.choice(words) + made[until:]
        case 3:
            return made[:at] + junk(rng) + made[at:]
        case 4:
            return made[:at] + rng.choice(TEXTS) + made[at:]
        case 5:
            return made[:at]
        case 6:
            return made[:at] + str(rng.choice(NUMBERS[:16]))[:5000] + made[until:]
        case 7:
            lines = made.split("\n")
            rng.shuffle(lines)
            return "\n".join(lines)
        case 8:
            return made[:at] + made[at:until].swapcase() + made[until:]
        case _:
            return made[:at] + rng.choice(SIGNS) + made[until:]


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _places(value: Json) -> list[tuple[Json, Json]]:
    """Every container of a tree with each of its keys."""
    places: list[tuple[Json, Json]] = []
    todo = [value]
    while todo:
        node = todo.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            todo.append(node[key])
    return places


def _hostile_value(rng: Random, old: Json) -> Json:
    match rng.randrange(7):
        case 0:
            return rng.choice(NUMBERS)
        case 1:
            return rng.choice(TEXTS)
        case 2:
            return rng.choice((None, [], {}, [None], {"": None}, [[[]]]))
        case 3 if isinstance(old, str):
            return _bent(rng, old, TEXTS)
        case 4 if isinstance(old, int | float):
            return old + rng.choice((-1, 1, 2**31, -(10**18)))
        case 5:
            return [old]
        case _:
            return str(old) if not isinstance(old, str) else 0


def _put(rng: Random, made: Json, value: Json) -> Json:
    places = _places(made)
    if not places:
        return value
    node, key = rng.choice(places)
    node[key] = value
    return made


def _changed(rng: Random, made: Json, extra_keys: Sequence[str]) -> Json:
    places = _places(made)
    if not places or rng.random() < 0.02:
        return _hostile_value(rng, made)
    node, key = rng.choice(places)
    match rng.randrange(6):
        case 0:
            del node[key]
        case 1 if isinstance(node, list):
            node[key:key] = [node[key]] * rng.choice((1, 2, 30))
        case 1 | 2 if isinstance(node, dict):
            name = rng.choice((*extra_keys, *TEXTS[:20], junk(rng, 8), str(key).upper()))
            node[name] = _copied(node[key])
        case 3:
            other, place = rng.choice(places)
            node[key] = _copied(other[place]) if other is not node else _hostile_value(rng, node[key])
        case _:
            node[key] = _hostile_value(rng, node[key])
    return made


def _replaced(written: str, mark: str, by: str) -> str:
    for ascii_only in (True, False):
        written = written.replace(json.dumps(mark, ensure_ascii=ascii_only), by)
    return written


def _nested(rng: Random) -> str:
    depth = length(rng) // 8
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    return opening * depth + "0" + closing * depth


def _elements(rng: Random, samples: Sequence[Json]) -> str:
    nodes = [node[key] for node, key in _places(rng.choice(samples))]
    element = json.dumps(rng.choice(nodes)) if nodes and rng.random() < 0.7 else rng.choice(("0", "[]", '""', "{}"))
    count = length(rng) // (len(element) + 1) + 1
    if rng.random() < 0.5:
        return "[" + ",".join([element] * count) + "]"
    return "{" + ",".join(f'"{number}":{element}' for number in range(count)) + "}"


def _numbered(value: Json, number: int) -> Json:
    """The same element, its whole numbers and its first text made different."""
    if not isinstance(value, dict):
        return value
    return {key: number + 1 if type(item) is int else item for key, item in value.items()}
