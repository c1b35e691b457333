"""Roles as tables and decisions: no account of this machine is asked, but for the group database's own root."""

from __future__ import annotations

from datetime import date

import click
import pytest

from cctv.access.roles import (
    BY_EXCEPTION,
    NOT_BY_DEPUTY,
    NOT_BY_OFFICER,
    RIGHTS,
    groups_of,
    members_of,
    must_be_apart,
    rights_of,
    roles_of_groups,
    roles_with,
)
from cctv.cli.app import root
from cctv.cli.rights import DRY_RUN, FREE, OPEN, READS_LIST, READS_ONE, CommandWithoutRight, right_for
from cctv.cli.rights import RIGHTS as COMMANDS
from cctv.config.errors import SettingsRefused
from cctv.config.loader import load_settings
from cctv.config.schema import RolesSettings
from cctv.model.access import HeldRole, Right, Role, RoleSource


def leaf_commands(command: click.Command, path: tuple[str, ...] = ()) -> dict[str, click.Command]:
    """Every command that can be typed, hidden ones too, by its words."""
    if not isinstance(command, click.Group):
        return {" ".join(path): command}
    leaves: dict[str, click.Command] = {" ".join(path): command} if command.invoke_without_command else {}
    context = click.Context(command)
    for name in command.list_commands(context):
        subcommand = command.get_command(context, name)
        assert subcommand is not None
        leaves |= leaf_commands(subcommand, (*path, name))
    return leaves


def held(*roles: Role, source: RoleSource = RoleSource.GROUP) -> list[HeldRole]:
    return [HeldRole(role, source, "g", date(2026, 12, 1)) for role in roles]


def test_every_command_has_one_row_and_every_row_a_command():
    typed = set(leaf_commands(root))

    assert typed - COMMANDS.keys() - FREE - OPEN == set()
    assert (COMMANDS.keys() | FREE | OPEN) - typed == set()
    assert COMMANDS.keys() & (FREE | OPEN) == set()
    assert (DRY_RUN.keys() | READS_ONE | READS_LIST) - COMMANDS.keys() == set()


def test_a_command_without_a_row_does_not_run():
    with pytest.raises(CommandWithoutRight):
        right_for("request leak")


def test_a_row_for_a_dry_run_is_of_a_command_that_has_one():
    leaves = leaf_commands(root)

    assert all("dry_run" in {item.name for item in leaves[command].params} for command in DRY_RUN)


def test_a_command_that_an_exception_opens_takes_its_case_as_its_first_argument():
    leaves = leaf_commands(root)
    opened = [command for command, right in COMMANDS.items() if right in BY_EXCEPTION]

    assert opened
    for command in opened:
        first = next(item.name for item in leaves[command].params if isinstance(item, click.Argument))
        assert first in {"request_id", "disclosure_id"}, command


def test_every_right_is_somebody_s_and_every_role_sees_how_the_machine_does():
    assert [right for right in Right if not roles_with(right)] == []
    assert all(Right.READ_STATE in rights for rights in RIGHTS.values())


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (Right.GRANT, {Role.DECIDER}),
        (Right.DECIDE, {Role.DECIDER}),
        (Right.DESTROY, {Role.DECIDER}),
        (Right.SET_POLICY, {Role.DECIDER}),
        (Right.HANDLE, {Role.HANDLER}),
        (Right.OPERATE, {Role.OPERATOR}),
        (Right.START_SERVICES, {Role.OPERATOR}),
        (Right.VIEW, {Role.STAFF, Role.HANDLER, Role.DECIDER, Role.DPO}),
        (Right.EXPORT, {Role.STAFF, Role.HANDLER, Role.DECIDER}),
        (Right.DISCLOSE, {Role.STAFF, Role.HANDLER, Role.DECIDER}),
        (Right.READ_REQUESTS, {Role.HANDLER, Role.DECIDER, Role.DPO}),
        (Right.READ_LOG, {Role.DECIDER, Role.DPO, Role.AUDITOR}),
    ],
)
def test_who_has_a_right_that_matters(right, roles):
    assert set(roles_with(right)) == roles


def test_the_administrator_sees_nobody_lets_nothing_out_and_grants_nothing():
    secret = {Right.VIEW, Right.EXPORT, Right.DISCLOSE, Right.GRANT, Right.READ_REQUESTS, Right.READ_INCIDENTS}

    assert RIGHTS[Role.OPERATOR] & (secret | {Right.READ_LOG, Right.DECIDE, Right.HANDLE}) == set()


def test_who_prepares_does_not_approve():
    assert Right.DECIDE not in rights_of(held(Role.HANDLER))
    assert Right.HANDLE not in rights_of(held(Role.DECIDER))


def test_a_deputy_of_a_decider_decides_and_grants_nothing():
    rights = rights_of(held(Role.DECIDER, source=RoleSource.DEPUTY))

    assert rights == RIGHTS[Role.DECIDER] - NOT_BY_DEPUTY
    assert Right.DECIDE in rights
    assert Right.GRANT not in rights


def test_no_other_role_lets_a_data_protection_officer_handle_or_decide():
    assert rights_of(held(Role.DPO, Role.HANDLER, Role.DECIDER)) & NOT_BY_OFFICER == set()


def test_no_role_no_right():
    assert rights_of([]) == set()


@pytest.mark.parametrize(
    ("own", "role", "kept_by"),
    [
        ([Role.HANDLER], Role.DECIDER, None),
        ([Role.DECIDER], Role.HANDLER, None),
        ([Role.STAFF], Role.DECIDER, None),
        ([Role.OPERATOR], Role.DECIDER, Role.OPERATOR),
        ([Role.DPO], Role.HANDLER, Role.DPO),
        ([Role.STAFF, Role.AUDITOR], Role.DECIDER, Role.AUDITOR),
        ([Role.HANDLER], Role.DPO, Role.HANDLER),
    ],
)
def test_which_roles_keep_an_account_from_being_a_deputy(own, role, kept_by):
    assert must_be_apart(own, role) is kept_by


def test_a_role_is_by_the_first_of_its_groups_and_by_no_other_group():
    roles = RolesSettings(handler=("night", "day"), decider=("bosses",))

    found = roles_of_groups(roles, {"day", "night", "users"})

    assert [(role.role, role.name) for role in found] == [(Role.HANDLER, "night")]


def test_an_account_that_the_machine_does_not_know_has_no_group():
    assert groups_of("no-such-account") == set()
    assert "root" in groups_of("root")
    assert members_of("no-such-group") is None
    assert "root" in (members_of("root") or ())


ROLES = '\n[roles]\nhandler = ["handlers"]\ndecider = ["deciders"]\n'


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("[roles]\n", "names no group that decides"),
        ('[roles]\nhandler = ["handlers"]\n', "names no group that decides"),
        ("[roles]\ndecider = []\n", "not a list of groups"),
        ('[roles]\ndecider = "bosses"\n', "not a list of groups"),
        ('[roles]\ndecider = ["a:b"]\n', "cannot be the name of a group"),
        ('[roles]\ndecider = ["boss", "boss"]\n', "names a group twice"),
        ('[roles]\ndecider = ["boss"]\nchief = ["boss"]\n', '"chief" is not a key here'),
    ],
)
def test_a_section_that_would_leave_nobody_or_anybody_is_refused(bare_site, section, said):
    bare_site.config.write_text(f"{bare_site.config.read_text()}\n{section}")

    with pytest.raises(SettingsRefused, match=said):
        load_settings(bare_site.config, environ={})


def test_with_roles_every_permission_needs_a_grant(bare_site):
    before = load_settings(bare_site.config, environ={}).settings
    bare_site.config.write_text(bare_site.config.read_text() + ROLES)
    after = load_settings(bare_site.config, environ={}).settings

    assert (before.roles.is_set, set(before.granted_only)) == (False, set())
    assert (after.roles.is_set, len(after.granted_only)) == (True, 3)


def test_what_is_doubtful_about_groups_is_told(bare_site):
    text = '\n[roles]\nhandler = ["root", "no-such-group"]\ndecider = ["root"]\n'
    bare_site.config.write_text(bare_site.config.read_text() + text)

    told = bare_site.cctv("config check").err

    assert "this machine has no group no-such-group" in told
    assert "the group root is both handler and decider" in told
    assert "who prepares an answer should not approve it" in told
