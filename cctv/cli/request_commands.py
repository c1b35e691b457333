"""`cctv request`: its commands, put together from their files."""

from __future__ import annotations

from cctv.cli.request import request
from cctv.cli.request_answer import answer
from cctv.cli.request_board import board
from cctv.cli.request_close import close
from cctv.cli.request_letters import ask, extend, invite, receipt, sent
from cctv.cli.request_open import open_
from cctv.cli.request_people import identity, mandate, statement
from cctv.cli.request_rights import lift, reject, uphold, yield_
from cctv.cli.request_scope import confirm, scope

for command in (
    board,
    open_,
    scope,
    confirm,
    receipt,
    ask,
    identity,
    mandate,
    statement,
    invite,
    extend,
    sent,
    uphold,
    reject,
    yield_,
    lift,
    answer,
    close,
):
    request.add_command(command)

__all__ = ["request"]
