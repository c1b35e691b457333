"""The structure that a newcomer relies on: one public class name in one module, and no more files than can be read.

And one that the law relies on: no command ends a hold without the rule of two persons.

That imports stand at the top of a module is ruff's PLC0415; that they point downwards is import-linter's contract.
"""

import ast
from collections import defaultdict
from functools import cache

from pages import ROOT

from cctv.config.schema import TwoPersonAct

MOST_FILES = 476
RELEASE = "cctv.holds.store.release"
RULE = "cctv.cases.two_person.sign_release"
TWO = "cctv.access.proposals.require_two"
DESTROYS = {  # by order of a person; what the sweep deletes has an end that was told before
    "cctv.cases.requests.close.order_erasure", "cctv.footage.deletion.delete_segments",
    "cctv.footage.deletion.delete_quarantined", "cctv.retention.policy_change.shorten",
}  # fmt: skip
BY_LIMIT = {"services.sweep"}
CHANGES = {  # who may do what, and by which policy
    "cctv.cases.compliance.queries.insert_grant", "cctv.cases.compliance.queries.mark_withdrawn",
}  # fmt: skip
CODE = "cctv.access.second_factor.require_code"
LAPSE = "cctv.cases.requests.scope.end_lapsed"  # announced when the hold was placed: it ends without a person


@cache
def modules():
    """Every module of the program as a tree; parsed by the process that asks, once."""
    return {path: ast.parse(path.read_text()) for path in sorted((ROOT / "cctv").rglob("*.py"))}


def test_a_public_class_has_its_name_for_itself():
    homes = defaultdict(list)
    for path, tree in modules().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(str(path.relative_to(ROOT)))

    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_the_package_can_be_read():
    assert len(modules()) <= MOST_FILES


def test_no_package_hands_out_names_of_its_modules():
    handing = [
        str(path.relative_to(ROOT))
        for path, tree in modules().items()
        if path.name == "__init__.py" and path.parent.name not in ("cctv", "request")
        for node in tree.body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]

    assert handing == []


def _module(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def calls():
    """The functions of cctv by their full names, each with the functions that it names.

    A method counts as its class.
    """
    graph = {}
    for path, tree in modules().items():
        module = _module(path)
        names = {node.name: f"{module}.{node.name}" for node in tree.body if hasattr(node, "name")}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cctv"):
                names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                used = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
                graph[f"{module}.{node.name}"] = {names[name] for name in used & names.keys()} - {
                    f"{module}.{node.name}"
                }
    return graph


def reaching(graph, target):
    """Every function from which a chain of calls leads to `target`."""
    reached = {target}
    while more := {name for name, used in graph.items() if used & reached} - reached:
        reached |= more
    return reached - {target}


def test_every_command_that_ends_a_hold_asks_the_rule_of_two_persons():
    graph = {name: used for name, used in calls().items() if name != LAPSE}
    ending = reaching(graph, RELEASE)
    commands = {name for name in ending if name.startswith("cctv.cli.commands.")}

    assert {name.removeprefix("cctv.cli.commands.") for name in commands} >= {
        "hold.release", "incident.settle", "disclosure.end", "request.answer.answer", "request.answer.close",
        "request.rights.lift", "request.rights.withdraw", "request.scope.scope", "request.scope.confirm",
        "request.scope.correct", "incident.correct", "disclosure.correct",
    }  # fmt: skip
    assert commands - reaching(graph, RULE) == set()
    assert commands - reaching(graph, CODE) == set()
    assert {name for name in graph if RELEASE in graph[name]} == {
        "cctv.cases.holds.release_hold", "cctv.cases.incidents._settle",
        "cctv.cases.disclosures.disclosures.end_disclosure",
        "cctv.cases.requests.close.release_own", "cctv.cases.requests.scope._release",
        "cctv.cases.holds.release_replaced",
    }  # fmt: skip
    uncalled = {name for name in ending if not any(name in used for used in graph.values())} - commands
    assert uncalled == {"cctv.cases.requests.scope._lapse"}  # by LAPSE alone


def test_every_command_that_destroys_or_grants_asks_the_rule_of_two_persons():
    graph = calls()
    asking = reaching(graph, TWO)
    for target in DESTROYS | CHANGES:
        commands = {name for name in reaching(graph, target) if name.startswith("cctv.cli.commands.")}
        asked = {name.removeprefix("cctv.cli.commands.") for name in commands - asking}

        assert commands, target
        assert asked <= BY_LIMIT, target
    assert {name for name in graph if graph[name] & DESTROYS} == {
        "cctv.cases.requests.answer.answer", "cctv.retention.policy_change.adopt", "cctv.retention.removal.remove",
        "cctv.retention.removal.remove_ordered", "cctv.retention.free_space.make_room",
        "cctv.retention.sweep.sweep_once", "cctv.services.decommission.close_site",
    }  # fmt: skip


def test_every_act_of_two_persons_is_asked_somewhere():
    texts = [path.read_text() for path in modules() if path.name != "schema.py"]

    assert {act.name for act in TwoPersonAct if not any(f"TwoPersonAct.{act.name}" in text for text in texts)} == set()


def test_every_command_that_shows_builds_or_hands_over_asks_for_the_second_factor():
    asking = reaching(calls(), CODE)
    commands = {name.removeprefix("cctv.cli.commands.") for name in asking if name.startswith("cctv.cli.commands.")}
    assert commands >= {
        "footage.show", "footage.extract", "redaction.prepare", "redaction_review.preview", "export.build",
        "export.deliver", "export.fetch", "disclosure.approve", "disclosure.build",
    }  # fmt: skip
