"""A gateway whose packet filter is made of records."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from backends.desired_state import Pointer, Record, Wanted
from backends.firewall.firewall import Firewall
from backends.firewall.leases import Now
from backends.firewall.surroundings import Surroundings
from backends.nftables import Nftables
from tests.netlab.gateway import INSIDE, OUTSIDE, Gateway
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter

IP = "Device.IP.Interface.{i}."
WAN, LAN = Pointer(IP, ("wan0",)), Pointer(IP, ("lan0",))
GONE = Pointer(IP, ("",))  # there is no link behind it
NOW = Now("this boot", 1000.0, 1_800_000_000.0)


def surroundings(**other: Any) -> Surroundings:
    """Those of the gateway: a pointer's key is the link's name, the agent listens on TCP port 7547."""
    usual = Surroundings(
        now=NOW,
        managed=frozenset({"wan0", "lan0"}),
        ways_out=frozenset({"wan0"}),
        own_ports=frozenset({(6, 7547)}),
        relayed_to=frozenset(),
        link_of=lambda pointer: pointer.keys[0] if pointer else None,
        address_of={"printer": "192.168.1.10"}.get,
        addresses_on=lambda link: frozenset({OUTSIDE} if link == "wan0" else {INSIDE}),
    )
    return replace(usual, **other)


def wanted(*records: Record, **named: Record) -> Wanted:
    """These records, under "+1", "+2" …, or under their names."""
    made = Wanted()
    for number, record in enumerate(records, start=1):
        made = made.with_record(f"+{number}", record)
    for name, record in named.items():
        made = made.with_record("" if name == "settings" else name, record)
    return made


class Bench:
    """The gateway, and the service on its router."""

    def __init__(self, gateway: Gateway, nftables: Nftables) -> None:
        self.gateway, self.nftables = gateway, nftables
        self.router, self.wan, self.lan = gateway.router, gateway.wan, gateway.lan
        self.around = surroundings()
        self.firewall = Firewall(nftables, lambda: self.around, lambda link: link in self.around.managed)

    def make(self, *records: Record, **named: Record) -> bool:
        """Check and apply; whether anything was changed."""
        goal = wanted(*records, **named)
        self.firewall.check(goal)
        return self.firewall.apply(goal)

    def ruleset(self) -> Any:
        """All that the kernel has, without what it has counted."""
        told = json.loads(self.router.run("nft", "-j", "-a", "list", "ruleset"))["nftables"]
        return json.loads(
            json.dumps(told), object_hook=lambda one: {**one, "packets": 0, "bytes": 0} if "packets" in one else one
        )


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace]) -> Bench:
    gateway = Gateway(make_namespace)
    return Bench(gateway, packet_filter(gateway.router))
