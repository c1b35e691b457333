"""`cctv request identity`, `mandate` and `statement`: who asks, on what, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cctv.cli.box import Box
from cctv.cli.options import mutation, one_of
from cctv.cli.request_open import ACTING, party_given
from cctv.model.requests import IdentityMethod, Mandate, Role
from cctv.tongue import said

if TYPE_CHECKING:
    from cctv.model.casework import AccessRequest


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--method", required=True, type=one_of(IdentityMethod), help="How it was checked.")
@click.option("--checker", required=True, metavar="NAME", help="Who looked: a person of the site.")
@click.option("--role", type=one_of(Role), help="Whose identity; else whoever asks.")
@click.option("--checked", metavar="DATE", help="The day; today when it is not given.")
@mutation
@click.pass_obj
def identity(box: Box, request_id: str, method: str, checker: str, role: str | None, checked: str | None) -> None:
    """Enter that somebody's identity was checked: how, when and by whom.

    Keep no copy of a document and no number of one; a national register number is refused in every field.

    \b
      cctv request identity REQ-2026-007 --method document-seen --checker "A. Peeters"
    """
    from cctv.casework import NewCheck, check_identity
    from cctv.cli.request_words import check_data, request_data, tell
    from cctv.kernel.times import parse_date

    new = NewCheck(
        method=IdentityMethod(method),
        checker=checker,
        role=Role(role) if role else None,
        checked=parse_date(checked, now=box.now, zone=box.zone) if checked else None,
    )
    done = check_identity(box.site, request_id, new, dry_run=box.dry_run)
    data = {"dry_run": box.dry_run, "request": request_data(done.request, box), "identity": check_data(done.check)}
    check = done.check
    entered = said(
        "Identity of the {role} checked for {id}: {method}, {checked}.",
        role=check.role,
        id=done.request.id,
        method=check.method,
        checked=check.checked,
    )
    box.emit(data, lambda console: tell(console, box, done.request, entered))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--as", "role", required=True, type=one_of(ACTING), help="What they are.")
@click.option("--by", required=True, metavar="NAME", help="Their name; stays in the request only.")
@click.option("--by-contact", required=True, metavar="ADDRESS", help="Their address.")
@click.option("--mandate", "mandate_", type=one_of(Mandate), help="On what they act.")
@click.option("--mandated", metavar="DATE", help="Its date.  Look at it; keep no copy.")
@mutation
@click.pass_obj
def mandate(box: Box, /, request_id: str, **given: Any) -> None:  # noqa: ANN401  click hands over one argument an option
    """Name a guardian, proxy or nominee with the mandate, in place of an earlier one.

    \b
      cctv request mandate REQ-2026-007 --as guardian --by "Jan Smet" --by-contact jan@example.be \\
        --mandate parental-authority --mandated 1/9/2018
    """
    from cctv.casework import add_party
    from cctv.cli.request_words import tell_request

    party = party_given(box, {**given, "mandate": given["mandate_"]})
    assert party is not None
    done = add_party(box.site, request_id, party, dry_run=box.dry_run)
    tell_request(box, done, said("The {role} of {id} is entered.", role=party.role, id=done.id))


@click.command()
@click.argument("request_id", metavar="ID")
@click.option("--text", required=True, metavar="TEXT", help="The person's own words; stays in the request only.")
@mutation
@click.pass_obj
def statement(box: Box, request_id: str, text: str) -> None:
    """Put the person's supplementary statement beside the footage (Article 16 GDPR).  Pixels never change.

    \b
      cctv request statement REQ-2026-007 --text "I was holding the door for a colleague."
    """
    from cctv.casework import add_statement
    from cctv.cli.request_words import tell_request

    done: AccessRequest = add_statement(box.site, request_id, text, dry_run=box.dry_run)
    tell_request(box, done, said("The statement stands beside the footage of {id}.", id=done.id))
