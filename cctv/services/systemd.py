"""sd_notify(3): ready, alive, stopping.  Does nothing where NOTIFY_SOCKET is not set."""

from __future__ import annotations

from collections.abc import Mapping

from sdnotify import SystemdNotifier


class ServiceManager:
    """sd_notify(3) where NOTIFY_SOCKET is set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._notifier = None
        if environ.get("NOTIFY_SOCKET"):
            self._notifier = SystemdNotifier()
        self._status = ""

    def ready(self, status: str) -> None:
        """Report that the service has started."""
        self._send("READY=1")
        self._tell(status)

    def alive(self, status: str) -> None:
        """Feed the watchdog; sends the status when it changed."""
        self._send("WATCHDOG=1")
        self._tell(status)

    def stopping(self) -> None:
        """Report that the service is stopping."""
        self._send("STOPPING=1")

    def _tell(self, status: str) -> None:
        if status != self._status:
            self._status = status
            self._send(f"STATUS={status}")

    def _send(self, message: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(message)
