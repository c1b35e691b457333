"""Rooms whose names load when they are used (PEP 562): a short command must not import what only a long one needs.

A room's `__init__` imports its names under TYPE_CHECKING, for readers and mypy, and says here which module has each.
No module may have the name of one of them: once it is loaded, Python would answer the module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def exports(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """The package's `__getattr__`: `modules` gives, for each module of it, the names that others may use."""
    homes = {name: module for module, names in modules.items() for name in names}
    assert not homes.keys() & modules.keys(), f"{package}: a module hides a name"

    def getattribute(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return getattribute
