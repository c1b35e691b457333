"""Strings on OpenSSH's wire: a length of four bytes, then the bytes.  Pure.  Never reads past an end."""

from __future__ import annotations


class WireError(ValueError):
    """The bytes are not what was promised."""


def string(data: bytes) -> bytes:
    """One string."""
    return len(data).to_bytes(4, "big") + data


def pack(*strings: bytes) -> bytes:
    """Several strings, one after the other."""
    return b"".join(string(one) for one in strings)


def unpack(data: bytes, count: int) -> list[bytes]:
    """Exactly `count` strings and nothing after them; raises WireError."""
    found: list[bytes] = []
    rest = data
    for _ in range(count):
        length = int.from_bytes(rest[:4], "big")
        if len(rest) < 4 + length:
            raise WireError("it breaks off")
        found.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    if rest:
        raise WireError("something follows it")
    return found
