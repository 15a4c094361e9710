"""A gateway whose queues and marks are made of records."""

from collections.abc import Callable

import pytest

from backends.desired_state import Record
from backends.qos.qos import Qos
from backends.traffic_control import TrafficControl, vlan_priorities
from tests.backends.firewall.conftest import surroundings, wanted
from tests.netlab.gateway import Gateway
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter

SPEED = 1_000_000_000


class Bench:
    """The gateway, and the service on its router."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.nftables, self.control = packet_filter(gateway.router), TrafficControl(gateway.router.path)
        self.netlink = gateway.router.netlink()
        self.around = surroundings()
        self.qos = Qos(
            self.nftables,
            self.control,
            lambda: self.around,
            lambda: {link.name: link for link in self.netlink.links()},
            lambda _: SPEED,
            lambda link: vlan_priorities(link, f"/proc/{gateway.router.pid}/net"),
        )

    def make(self, *records: Record, **named: Record) -> bool:
        """Check and apply; whether anything was changed."""
        self.netlink.forget()
        self.qos.forget()
        goal = wanted(*records, **named)
        self.qos.check(goal)
        return self.qos.apply(goal)

    def writes(self) -> int:
        """How often the kernel was changed."""
        return self.nftables.writes + self.control.writes


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace]) -> Bench:
    return Bench(Gateway(make_namespace))
