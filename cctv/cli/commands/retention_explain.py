"""`cctv retention explain`: why footage is stored or was deleted, and what the log has about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import click
from rich.console import Console

from cctv.audit.chain import AuditEntry
from cctv.cli.context import CommandContext, json_option
from cctv.cli.options import span_options
from cctv.cli.output import length, local, local_date
from cctv.core.time_range import Span
from cctv.db.engine import read_transaction
from cctv.footage.layout import segment_start
from cctv.footage.segments import find_segment
from cctv.model.footage import FoldedGroup, Reason, Segment, Tombstone
from cctv.model.holds import Hold
from cctv.model.ids import CameraId
from cctv.retention.explain import Explanation, goes_at
from cctv.retention.explain import explain as explain_span
from cctv.retention.policy import RetentionDecision


@click.command()
@click.argument("segment", required=False)
@span_options(required=False)
@json_option
@click.pass_obj
def explain(
    context: CommandContext,
    segment: str | None,
    cameras: str | None,
    zones: str | None,
    start: str | None,
    end: str | None,
) -> None:
    """Explain why footage is still there, or went: its limit and rule, its holds, who did what about it.

    SEGMENT is a number, or a file of the storage by its name or path, also one that is gone.

    \b
      cctv retention explain 1042
      cctv retention explain gevel-1_20261121T225959.123Z.mp4
      cctv retention explain --cameras gevel-1 --from "gisteren 14:00" --to "+10m"
    """
    if segment is not None and (start or end or cameras or zones):
        raise click.UsageError("a segment stands alone, without --cameras, --from and --to")
    if segment is None and start is None:
        raise click.UsageError("give a segment, or --cameras and --from (and --to)")
    asked = _asked(context, segment, cameras, zones, start, end)
    with read_transaction(context.site.engine) as connection:
        explained = [explain_span(connection, camera, span, context.now) for camera, span in asked]
    context.emit(
        {"cameras": [_data(explanation) for explanation in explained]},
        lambda console: _text(console, context, explained),
    )


def _asked(
    context: CommandContext, segment: str | None, cameras: str | None, zones: str | None, start: str | None,
    end: str | None,
) -> list[tuple[CameraId, Span]]:  # fmt: skip
    """What is to be explained.  A person may be asked which year they mean, so no transaction is open here."""
    if segment is not None:
        return [_segment(context, segment)]
    assert start is not None
    if end is not None:
        span = context.span(start, end)
    else:
        instant = context.instant(start)
        span = Span(instant, instant + timedelta(seconds=1))
    return [(camera, span) for camera in context.cameras(cameras, zones)]


def _segment(context: CommandContext, text: str) -> tuple[CameraId, Span]:
    """Camera and first instant of the segment that a number or a file's name gives."""
    if text.isdecimal():
        with read_transaction(context.site.engine) as connection:
            segment = find_segment(connection, int(text))
        return segment.camera, segment.span
    name = text.rpartition("/")[2]
    camera = CameraId(name.rpartition("_")[0])
    start = segment_start(name, camera)
    if start is None or not camera:
        raise click.UsageError(f"{text} is no segment: give its number, or its name as in segments/")
    return camera, Span(start, start + timedelta(milliseconds=1))


def _data(explanation: Explanation) -> dict[str, object]:
    return {
        "camera": explanation.camera,
        "start": explanation.span.start,
        "end": explanation.span.end,
        "stored": [_stored_data(explanation, decision) for decision in explanation.decisions],
        "gone": [_gone_data(explanation, stone) for stone in explanation.gone],
        "folded": [_folded_data(explanation, group) for group in explanation.folded],
        "never_recorded": [
            {"start": hole.span.start, "end": hole.span.end, "cause": hole.cause} for hole in explanation.missing
        ],
        "holds": [_hold_data(hold) for hold in explanation.holds],
        "acts": [
            {
                "seq": entry.seq,
                "at": entry.at,
                "actor": entry.actor.account,
                "for": entry.actor.on_behalf_of,
                "act": entry.act,
                "subject": entry.subject,
                "case": entry.case_id,
                "reason": reason,
            }
            for entry, reason in explanation.acts
        ],
    }


def _stored_data(explanation: Explanation, decision: RetentionDecision) -> dict[str, object]:
    segment = decision.segment
    return {
        "segment": segment.id,
        "path": segment.path,
        "start": segment.span.start,
        "end": segment.span.end,
        "zone": segment.zone,
        "policy": segment.policy,
        **_terms_data(explanation, segment),
        "limit": decision.limit,
        "action": decision.action,
        "reason": decision.reason,
        "goes": None if decision.holds else goes_at(decision),
        "holds": decision.holds,
        "holds_ever": [hold.id for hold in explanation.holds_of(segment.span)],
    }


def _gone_data(explanation: Explanation, stone: Tombstone) -> dict[str, object]:
    return {
        "path": stone.path,
        "start": stone.span.start,
        "end": stone.span.end,
        "zone": stone.zone,
        "policy": stone.policy,
        **_terms_data(explanation, stone),
        "limit": stone.limit,
        "reason": stone.reason,
        "deletion_began": stone.began,
        "deleted": stone.closed,
        "tombstone": stone.id,
        "holds_ever": [hold.id for hold in explanation.holds_of(stone.span)],
    }


def _folded_data(explanation: Explanation, group: FoldedGroup) -> dict[str, object]:
    return {
        "zone": group.zone,
        "policy": group.policy,
        "rule": explanation.terms(group).rule,
        "start": group.span.start,
        "end": group.span.end,
        "segments": group.segments,
        "bytes": group.size_bytes,
        "reason": group.reason,
        "first_deleted": group.first_deleted,
        "last_deleted": group.last_deleted,
        "seconds_beyond_limit": group.latest,
    }


def _terms_data(explanation: Explanation, footage: Segment | Tombstone) -> dict[str, object]:
    terms, period = explanation.terms(footage), footage.limit - footage.span.start
    return {
        "policy_since": terms.since,
        "rule": terms.rule,
        "declared_seconds": terms.declared.total_seconds() if terms.declared else None,
        "period_seconds": period,
        "shortened": terms.period is not None and period < terms.period,
    }


def _hold_data(hold: Hold) -> dict[str, object]:
    return {
        "hold": hold.id,
        "ground": hold.ground.case_id,
        "start": hold.span.start,
        "end": hold.span.end,
        "placed": hold.placed,
        "placed_by": hold.placed_by,
        "review": hold.review,
        "released": hold.released,
        "released_by": hold.released_by,
    }


def _text(console: Console, context: CommandContext, explained: list[Explanation]) -> None:
    zone = context.zone
    for explanation in explained:
        for line in (*_footage_lines(context, explanation), *_folded_lines(context, explanation)):
            console.print(line)
        for hole in explanation.missing:
            cause = hole.cause.value if hole.cause else "nothing was recorded around it"
            console.print(f"never recorded  {explanation.camera}  {local(hole.span.start, zone)} - "
                          f"{local(hole.span.end, zone)}: {cause}")  # fmt: skip
        if not (explanation.decisions or explanation.gone or explanation.folded or explanation.missing):
            console.print(f"{explanation.camera}: still to come")
        for line in (*_hold_lines(context, explanation), *_act_lines(context, explanation)):
            console.print(line)


def _footage_lines(context: CommandContext, explanation: Explanation) -> Iterator[str]:
    zone = context.zone
    for decision in explanation.decisions:
        stored = decision.segment
        why = f"kept by {', '.join(decision.holds)}" if decision.holds else decision.reason.value
        after = (
            "goes when the last hold is released" if decision.holds else f"goes {local_date(goes_at(decision), zone)}"
        )
        yield (
            f"segment {stored.id}  {stored.camera}  {local(stored.span.start, zone)}: {why}; limit "
            f"{local_date(decision.limit, zone)} ({_rule(context, explanation, stored)}); {after}"
        )
    for stone in explanation.gone:
        when = local(stone.closed, zone) if stone.closed else "deletion begun, not finished"
        lost = stone.reason in (Reason.LOST, Reason.FORGOTTEN)
        what, then = ("not there", "noticed") if lost else ("deleted", "unlinked")
        yield (
            f"{what}  {explanation.camera}  {local(stone.span.start, zone)}: {stone.reason.value}; limit was "
            f"{local_date(stone.limit, zone)} ({_rule(context, explanation, stone)}), {then} {when}"
        )


def _folded_lines(context: CommandContext, explanation: Explanation) -> Iterator[str]:
    for group in explanation.folded:
        terms = explanation.terms(group)
        yield (
            f"deleted  {explanation.camera}  {group.segments} segments between "
            f"{local_date(group.span.start, context.zone)} and {local_date(group.span.end, context.zone)}: "
            f"{group.reason.value} (zone {group.zone}, {terms.rule or 'rule unknown'}, "
            f"policy {group.policy[:12]}), unlinked by {local_date(group.last_deleted, context.zone)}; "
            "single files are no longer known after a year"
        )


def _rule(context: CommandContext, explanation: Explanation, footage: Segment | Tombstone) -> str:
    """`7 d, zone facade; policy 12ab... since Sat 21/11/2026`."""
    terms, period = explanation.terms(footage), footage.limit - footage.span.start
    text = f"{length(period)}, zone {footage.zone}"
    if _is_shortened(terms.period, period):
        text += ", shortened since"
    elif terms.rule is not None:
        text += f", {terms.rule}"
    since = f" since {terms.since.astimezone(context.zone):%d/%m/%Y}" if terms.since else ""
    return f"{text}; policy {footage.policy[:12]}{since}"


def _is_shortened(promised: timedelta | None, period: timedelta) -> bool:
    return promised is not None and period < promised


def _hold_lines(context: CommandContext, explanation: Explanation) -> Iterator[str]:
    for hold in explanation.holds:
        ended = (
            f"released {local_date(hold.released, context.zone)} by {hold.released_by}" if hold.released else "in force"
        )
        yield (
            f"hold  {hold.id} for {hold.ground.case_id}: placed {local_date(hold.placed, context.zone)} by "
            f"{hold.placed_by}; {ended}"
        )


def _act_lines(context: CommandContext, explanation: Explanation) -> Iterator[str]:
    for entry, reason in explanation.acts:
        case = f" for {entry.case_id}" if entry.case_id and entry.case_id != entry.subject else ""
        yield (
            f"log {entry.seq}  {local_date(entry.at, context.zone)}  {_who(entry)}: "
            f"{entry.act.value} {entry.subject}{case}" + (f" ({reason})" if reason else "")
        )


def _who(entry: AuditEntry) -> str:
    account, behalf = entry.actor.account, entry.actor.on_behalf_of
    return f"{account} for {behalf}" if behalf else account
