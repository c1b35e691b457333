"""Health: whether recording and deletion keep their promises at this moment."""

from cctv.health.status import CameraHealth, Health, Status, status_now

__all__ = ["CameraHealth", "Health", "Status", "status_now"]
