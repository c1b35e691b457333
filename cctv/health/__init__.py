"""Health: whether recording and deletion keep their promises at this moment, and telling somebody when they do not."""

from typing import TYPE_CHECKING

from cctv.kernel.lazy import exports

if TYPE_CHECKING:
    from cctv.health.alarms import Alarm, AlarmKind, AlarmState, Memory, remember
    from cctv.health.delivery import AlarmsNotDelivered, AlertsNotSet, Message, deliver
    from cctv.health.metrics import metrics_of
    from cctv.health.notify import Told, notify_once, send_test
    from cctv.health.status import CameraHealth, Health, Status, status_now

__getattr__ = exports(
    __name__,
    {
        "alarms": ("Alarm", "AlarmKind", "AlarmState", "Memory", "remember"),
        "delivery": ("AlarmsNotDelivered", "AlertsNotSet", "Message", "deliver"),
        "metrics": ("metrics_of",),
        "notify": ("Told", "notify_once", "send_test"),
        "status": ("CameraHealth", "Health", "Status", "status_now"),
    },
)

__all__ = [
    "Alarm",
    "AlarmKind",
    "AlarmState",
    "AlarmsNotDelivered",
    "AlertsNotSet",
    "CameraHealth",
    "Health",
    "Memory",
    "Message",
    "Status",
    "Told",
    "deliver",
    "metrics_of",
    "notify_once",
    "remember",
    "send_test",
    "status_now",
]
