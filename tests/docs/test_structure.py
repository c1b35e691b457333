"""The structure that a newcomer relies on: one public class name in one module, and no more files than can be read.

That imports stand at the top of a module is ruff's PLC0415; that they point downwards is import-linter's contract.
"""

import ast
from collections import defaultdict

from pages import ROOT

MOST_FILES = 350
MODULES = {path: ast.parse(path.read_text()) for path in sorted((ROOT / "cctv").rglob("*.py"))}


def test_a_public_class_has_its_name_for_itself():
    homes = defaultdict(list)
    for path, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(ROOT)))

    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_the_package_can_be_read():
    assert len(MODULES) <= MOST_FILES


def test_no_package_hands_out_names_of_its_modules():
    handing = [
        str(path.relative_to(ROOT))
        for path, tree in MODULES.items()
        if path.name == "__init__.py" and path.parent.name not in ("cctv", "request")
        for node in tree.body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]

    assert handing == []
