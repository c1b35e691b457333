"""Nothing but a deletion session deletes footage: every module that removes or moves files is listed here.

A new one fails this test until it is listed with what it removes.  Footage may be removed in one module alone.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import cctv
from cctv.archive import disposal, ingesting, quarantine, rebuilding, roomfiles
from cctv.backup import bundle, heldcopy, making, restoring, returning
from cctv.casework import forgetting
from cctv.config import editor
from cctv.export import building, delivery, disclosed, folder, leftovers, shelf
from cctv.holds import confirming, files
from cctv.kernel import durable
from cctv.recorder import state
from cctv.redaction import encode, render
from cctv.redaction.case import analysis, kept, tidy
from cctv.redaction.viewing import tidy as view_tidy
from cctv.redaction.viewing.extract import extract
from cctv.retention import large, session

PACKAGE = Path(cctv.__file__).parent
REMOVES = {  # what each module removes, or moves; none but the first takes footage away
    disposal: "footage, under a session; files without a picture, by discard_header",
    durable: "what its callers name",
    ingesting: "moves a closed file from incoming/ to segments/",
    quarantine: "moves a doubtful file to quarantine/, where a session deletes it",
    returning: "moves held footage from a copy to where it belongs",
    rebuilding: "index files, beside or in place of cctv.db",
    restoring: "index files; its own work folder",
    roomfiles: "room-wanted.json",
    bundle: "unfinished back-ups, and members that it unpacked",
    heldcopy: "encrypted copies that no hold keeps",
    making: "unfinished back-ups; its own work folder",
    forgetting: "derived files of a request",
    editor: "cameras.toml while it is being written",
    building: "moves a finished package into place",
    disclosed: "moves a finished package into place",
    delivery: "a delivered package that is not whole",
    folder: "unfinished packages",
    leftovers: "packages and derived files that the index does not know",
    shelf: "packages past their end",
    confirming: "holds-unconfirmed.json",
    files: "the file of a released hold",
    state: "the recorder's state while it is being written",
    encode: "an unfinished video",
    render: "an unfinished video",
    analysis: "derived files",
    kept: "derived files",
    tidy: "derived files",
    sys.modules[extract.__module__]: "moves a finished view into place",
    view_tidy: "views",
    large: "sweep-accepted.json",
}
REMOVING = {"unlink", "rmtree", "rmdir", "removedirs", "rename", "renames"}  # called, or passed on to be called


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts), ast.parse(path.read_text())


def removes(tree: ast.Module) -> bool:
    return any(_removes(node) for node in ast.walk(tree))


def _removes(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=name) if name in REMOVING:
            return True
        case ast.Attribute(value=ast.Name(id="os"), attr="remove" | "replace" | "truncate"):
            return True
        case ast.ImportFrom(module="os" | "shutil", names=names):
            return any(alias.name in {*REMOVING, "remove", "replace", "truncate", "move"} for alias in names)
        case ast.Attribute(value=ast.Name(id="shutil"), attr="move"):
            return True
        case ast.Call(func=ast.Attribute(attr="replace"), args=[_], keywords=[]):  # Path.replace; str's has two
            return True
    return False


def names_used(tree: ast.Module) -> set[str]:
    """Every name that a module uses, plain or behind a dot, but not those that it defines or only imports."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }


def test_every_module_that_removes_files_says_what_and_only_one_removes_footage():
    assert {name for name, tree in trees() if removes(tree)} == {module.__name__ for module in REMOVES}


def test_only_the_opener_that_knows_the_guards_begins_a_deletion():
    users = {name for name, tree in trees() if "begin_deletion" in names_used(tree)}

    assert users == {session.__name__}


def test_a_session_is_made_in_its_own_module_alone():
    makers = {
        name
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("DeletionSession")
    }

    assert makers == {disposal.__name__}


def test_whatever_deletes_footage_demands_a_session():
    tree = ast.parse(Path(disposal.__file__).read_text())
    public = [one for one in tree.body if isinstance(one, ast.FunctionDef) and not one.name.startswith("_")]
    deleting = [one for one in public if one.name.startswith("delete_")]

    assert [one.name for one in deleting] == ["delete_segments", "delete_quarantined"]
    for one in deleting:
        assert ast.unparse(one.args.args[0]) == "session: DeletionSession"
        first = one.body[1]  # behind the docstring
        assert ast.unparse(first) == "session.require_open()"
    without = {one.name for one in public} - {one.name for one in deleting}
    assert without == {"begin_deletion", "discard_header", "tombstone_digest"}


def test_a_removal_is_seen_however_it_is_written():
    for source in (
        "path.unlink()",
        "worker.submit(path.unlink)",
        "os.remove(path)",
        "from shutil import rmtree",
        "beside.replace(path)",
        "site.disk.rename(path, target)",
    ):
        assert removes(ast.parse(source)), source
    for source in ("text.replace('a', 'b')", "replace(row, limit=limit)", "names.remove(name)", "at.replace(fold=1)"):
        assert not removes(ast.parse(source)), source
