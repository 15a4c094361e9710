"""Tells systemd how the agent is (sd_notify(3)), by the socket that NOTIFY_SOCKET names; does nothing without one."""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """Speaks to the service manager. A manager that does not listen never disturbs the agent."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        is_meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environment.get("WATCHDOG_USEC", "") if is_meant else ""
        self.watchdog_seconds = int(microseconds) / 1_000_000 if microseconds.isdigit() else 0.0
        """Seconds within which ``watchdog`` must be called; 0 when nobody watches. Call it at half of them."""

    def ready(self) -> None:
        """The agent serves: start-up, or a reload, is done."""
        self._tell("READY=1")

    def reloading(self, monotonic_seconds: float) -> None:
        """The settings are being read again; ``ready`` ends it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic_seconds * 1_000_000)}")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._tell(f"STATUS={text.splitlines()[0] if text else ''}")

    def watchdog(self) -> None:
        """The owner thread is alive and taking its turns."""
        self._tell("WATCHDOG=1")

    def stopping(self) -> None:
        """The agent is on its way out."""
        self._tell("STOPPING=1")

    def _tell(self, state: str) -> None:
        if not self._address.startswith(("/", "@")):
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(
                socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            ) as notify:
                notify.sendto(state.encode(), address)
        except OSError:
            return  # the manager is gone or busy; there is nobody else to tell
