"""What the options of `cctv init` say about cameras, checked before any camera is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cctv.cli.options import OptionRefused, typed_password
from cctv.config.credentials import Credential, read_credentials
from cctv.config.errors import BadValue
from cctv.core.errors import UsageError
from cctv.model.legal import ZoneKind
from cctv.setup.answers import address_of, named_camera

SHARED = "cameras"  # name of the credential that most cameras share


class AnswersMissing(UsageError):
    """Nobody can be asked here, and these are not given: {options}.

    next: give them, with `--yes` for what is proposed of the rest; or type it on a terminal.
    """


@dataclass(frozen=True, slots=True)
class CameraWishes:
    """What the options say about cameras: names to what is said of them."""

    addresses: Sequence[tuple[str | None, str]] = ()
    discover: bool = True
    zones: Mapping[str, ZoneKind] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)
    on_the_road: frozenset[str] = frozenset()
    credentials: Mapping[str, Credential] = field(default_factory=dict)  # `SHARED` is that of the others
    stills: Path | None = None


def wishes_of(options: Mapping[str, Any], *, asks: bool) -> CameraWishes:
    """What the options of `cctv init` say about cameras; raises OptionRefused, AnswersMissing, CredentialsRefused."""
    addresses = [named_camera(text) for text in options["cameras"]]
    try:
        for _, address in addresses:
            address_of(address)
    except BadValue as bad:
        raise OptionRefused(option="--camera", problem=bad.what, allowed=bad.allowed) from bad
    kinds = [kind.value for kind in ZoneKind]
    zones = dict(_pair("--zone-of", text) for text in options["zone_of"])
    if unknown := set(zones.values()) - set(kinds):
        raise OptionRefused(option="--zone-of", problem=f'"{min(unknown)}" is no zone', allowed=", ".join(kinds))
    return CameraWishes(
        addresses=addresses,
        discover=not options["no_discovery"] and (asks or not addresses),
        zones={name: ZoneKind(kind) for name, kind in zones.items()},
        locations=dict(_pair("--location", text) for text in options["location"]),
        on_the_road=frozenset(options["road"]),
        credentials=_given_credentials(options, asks=asks),
        stills=options["stills"],
    )


def _given_credentials(options: Mapping[str, Any], *, asks: bool) -> dict[str, Credential]:
    file, user, password_file = options["credentials_file"], options["user"], options["password_file"]
    credentials = dict(read_credentials(file)) if file is not None else {}
    if user is None:
        if password_file is not None:
            raise AnswersMissing(options="--user")
        return credentials
    return {**credentials, SHARED: Credential(user, typed_password(password_file, "the cameras", asks=asks))}


def _pair(option: str, text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise OptionRefused(option=option, problem=f'"{text}" has no =', allowed="NAME=VALUE")
    return name.strip(), value.strip()
