"""The agenda as an iCalendar file (RFC 5545) that any calendar subscribes to.  Pure.

An entry's UID is made of the item's kind, id and text, so that a calendar updates an entry instead of adding another.
No names: calendars are synchronised to telephones and clouds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event

from cctv.cases.agenda.agenda import AgendaKind, Item

_REMIND = timedelta(days=-3)
_CLOCK = {AgendaKind.BREACH, AgendaKind.LAPSE}  # due by the hour


def as_calendar(
    items: Iterable[Item],
    *,
    site: str,
    site_id: str,
    now: datetime,
    zone: ZoneInfo,
    tell: Callable[[str], str] = str,
) -> bytes:
    """All items as entries of one calendar; whole days, breaches and lapses by the hour.  `tell` translates."""
    calendar = Calendar()
    calendar.add("prodid", "-//cctv//board//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"{site}: cctv")
    for item in items:
        event = Event()
        event.add("uid", f"{item.kind.value}-{item.id}-{item.what.replace(' ', '-')}@{site_id}")
        event.add("dtstamp", now)
        event.add("summary", f"{item.id}: {tell(item.what)}")
        event.add("description", "\n".join(map(tell, (*item.missing, item.line))))
        if item.kind in _CLOCK:
            event.add("dtstart", item.due - timedelta(hours=1))
            event.add("dtend", item.due)
        else:
            event.add("dtstart", item.due.astimezone(zone).date())
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", f"{item.id}: {tell(item.what)}")
        alarm.add("trigger", _REMIND)
        event.add_component(alarm)
        calendar.add_component(event)
    return bytes(calendar.to_ical())
