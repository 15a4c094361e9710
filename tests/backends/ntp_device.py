"""The time of a machine with Debian, whose NTP daemon is told of servers by a file."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.model.object import Backend
from backends.tr181.time import NtpClock, time
from tests.backends.small_device import SmallDevice
from tests.backends.test_ntp import Host
from tests.backends.whole_device import device_in_memory

CLIENTS: Final = "Device.Time.Client."
SERVERS: Final = [f"Device.Time.NTPServer{number}" for number in range(1, 6)]


class NtpDevice(SmallDevice):
    """The time of a machine that runs chrony."""

    def __init__(self, root: Path, process: str = "chronyd", may_change: bool = True) -> None:
        self.host = Host(root, process)
        self.clock = NtpClock(self.host.ntp)
        whole = device_in_memory(root, may_change_system=may_change)[0]
        mechanisms = replace(whole.mechanisms, ntp=self.clock)
        backends: list[Backend] = [self.clock, mechanisms.system.settings]
        super().__init__(time(mechanisms), whole.own, backends, forget=[self.host.ntp.forget])

    def servers(self) -> list[str]:
        return [self.get(path) for path in SERVERS]
