"""Nothing but a deletion session deletes footage: every module that removes or moves files is listed here.

A new one fails this test until it is listed with what it removes.  Footage may be removed in one module alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import cctv
from cctv.access import acceptance, totp_store
from cctv.backup import before_upgrade, bundle, create, held_copy, pruning, rehearse, restore, restore_held
from cctv.cases.requests import anonymise
from cctv.cli import internal_error
from cctv.cli.commands import serve
from cctv.config import editor
from cctv.core import durable
from cctv.footage import deletion, ingest, quarantine, space_requests
from cctv.footage.repair import rebuild, recover
from cctv.holds import files
from cctv.packages import build, deliver, expiry, folder, orphans, unredacted_copy
from cctv.recording import state
from cctv.redaction import decoding
from cctv.redaction.people import detections
from cctv.redaction.render import render
from cctv.redaction.review import analysis, checkpoints, cleanup, people
from cctv.redaction.video import encoder
from cctv.retention import session
from cctv.retention.certificate import files as certificate_files
from cctv.retention.guards import sweep_size
from cctv.services.serve import files as served_files
from cctv.services.serve import listener, outgoing
from cctv.setup import apply, network
from cctv.viewing import cleanup as viewing_cleanup

PACKAGE = Path(cctv.__file__).parent
REMOVES = {  # what each module removes, or moves; none but the first takes footage away
    deletion: "footage, under a session; files without a picture, by discard_header",
    durable: "what its callers name",
    ingest: "moves a closed file from incoming/ to segments/",
    quarantine: "moves a doubtful file to quarantine/, where a session deletes it",
    restore_held: "moves held footage from a copy to where it belongs",
    rebuild: "index files, beside or in place of cctv.db",
    restore: "index files; its own work folder",
    space_requests: "room-wanted.json",
    bundle: "unfinished back-ups, and members that it unpacked",
    held_copy: "encrypted copies that no hold keeps",
    pruning: "back-ups that a later one stands for, or that are too old",
    rehearse: "its own scratch folder, and those that a kill left",
    before_upgrade: "the copy of the index that an earlier upgrade made",
    apply: "its own answers file; cameras.toml while it is being written",
    certificate_files: "an unfinished certificate",
    create: "unfinished back-ups; its own work folder",
    anonymise: "derived files of a request",
    editor: "cameras.toml while it is being written",
    build: "moves a finished package into place",
    unredacted_copy: "moves a finished package into place",
    deliver: "a delivered package that is not whole",
    folder: "unfinished packages",
    orphans: "packages and derived files that the index does not know",
    expiry: "packages past their end",
    internal_error: "details of old errors, outside of the storage",
    acceptance: "holds-unconfirmed.json",
    files: "the file of a released hold",
    state: "the recorder's state while it is being written",
    encoder: "an unfinished video",
    render: "an unfinished video",
    analysis: "derived files",
    detections: "what a search for people had found before it was broken off",
    people: "pictures of the question before",
    checkpoints: "derived files",
    cleanup: "derived files",
    decoding: "the folder of a worker",
    viewing_cleanup: "views",
    sweep_size: "sweep-accepted.json",
    network: "its own drop-in of the recorder's unit",
    totp_store: "the secret of a second factor that was ended",
    recover: "links in incoming/, never what they lead to",
    serve: "private copies for callers, below handing-over/",
    served_files: "its own workshop, below handing-over/",
    listener: "a socket that nobody listens at",
    outgoing: "the caller's own files that are not whole, as the caller",
}
REMOVING = {"unlink", "rmtree", "rmdir", "removedirs", "rename", "renames"}  # called, or passed on to be called


def trees(*words: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules that have one of these words in them, by name; to parse every module takes a second."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        if any(word in text for word in words):
            yield ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts), ast.parse(text)


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
    words = (*REMOVING, "remove", "replace", "truncate", "move")
    assert {name for name, tree in trees(*words) if removes(tree)} == {module.__name__ for module in REMOVES}


def test_only_the_opener_that_knows_the_guards_begins_a_deletion():
    users = {name for name, tree in trees("begin_deletion") if "begin_deletion" in names_used(tree)}

    assert users == {session.__name__}


def test_a_session_is_made_in_its_own_module_alone():
    makers = {
        name
        for name, tree in trees("DeletionSession")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("DeletionSession")
    }

    assert makers == {deletion.__name__}


def test_whatever_deletes_footage_demands_a_session():
    tree = ast.parse(Path(deletion.__file__).read_text())
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
