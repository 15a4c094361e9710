"""Which frames a bridge admits: the rules, and real frames through a real bridge."""

import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from backends.bridge_filter import FAMILY, TABLE, BridgeFilter, Filter, Ground, alternatives
from backends.desired_state import NotOurs, Pointer, Refused, Wanted
from backends.netlink_socket import inside
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.netlab.packet_filter import packet_filter
from tests.waiting import until

__all__ = ["make_namespace"]

BRIDGE, PORT = Pointer("bridge", ("br0",)), Pointer("port", ("br0", "p1"))
ALL = Filter(enable=True, bridge=BRIDGE, interface=PORT)
FROM, OTHER, TO = "02:00:00:00:00:01", "02:00:00:00:00:09", "02:00:00:00:00:02"
ONE, ANOTHER = 0x88B5, 0x88B6
"""Ethertypes for local experiments (IEEE 802): nobody else looks into these frames."""


def wanted(*filters: Filter) -> Wanted:
    made = Wanted()
    for number, one in enumerate(filters, 1):
        made = made.with_record(f"+{number}", one)
    return made


class Lab:
    """A bridge with two ports, and a stranger behind each."""

    def __init__(self, make: Callable[[], Namespace]) -> None:
        self.home, self.one, self.two = make(), make(), make()
        self.home.ip("link add br0 type bridge")
        for port, lab, mac in (("p1", self.one, FROM), ("p2", self.two, TO)):
            veth(self.home, port, lab, "e0")
            self.home.ip(f"link set {port} master br0")
            lab.ip(f"link set e0 address {mac}")
        self.home.ip("link set br0 up")
        self.filter = packet_filter(self.home)
        self.may = True
        ground = Ground(lambda port, bridge: port.keys[-1], lambda _: self.may, set)
        self.service = BridgeFilter(self.filter, ground)

    def passes(self, kind: int = ONE, source: str = FROM, target: str = TO, there: bool = True) -> bool:
        """Whether a frame comes through, from p1 to p2, or back."""
        sender, hearer = (self.one, self.two) if there else (self.two, self.one)
        opened = [
            inside(lab.path, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(kind)))
            for lab in (sender, hearer)
        ]
        with opened[0] as sends, opened[1] as hears:
            sends.bind(("e0", kind))
            hears.bind(("e0", kind))
            hears.settimeout(0.3)
            frame = b"".join(bytes.fromhex(mac.replace(":", "")) for mac in (target, source))
            sends.send(frame + kind.to_bytes(2, "big") + b"a frame of the test".ljust(60))
            try:
                while b"a frame of the test" not in hears.recv(2000):
                    pass
            except TimeoutError:
                return False
        return True


def test_real_frames_are_admitted_by_what_matches_and_no_others(make_namespace: Callable[[], Namespace]) -> None:
    lab = Lab(make_namespace)
    until(lab.passes, "the ports forward")
    assert lab.service.apply(wanted(Filter(enable=True, bridge=BRIDGE, interface=PORT)))
    assert lab.passes(), "an empty list that excludes keeps nothing away"
    only_another = Filter(enable=True, bridge=BRIDGE, interface=PORT, ethertype_filter_list=(ANOTHER,),
                      ethertype_filter_exclude=False, order=1)  # fmt: skip
    lab.service.apply(wanted(only_another))
    assert (lab.passes(ANOTHER), lab.passes(ONE), lab.passes(ONE, TO, FROM, there=False)) == (True, False, True)
    masked = Filter(enable=True, bridge=BRIDGE, interface=PORT, order=2, source_mac_address_filter_exclude=False,
                    source_mac_address_filter_list=("2:0:0:0:0:1/ff:ff:ff:ff:ff:f7",))  # fmt: skip
    lab.service.apply(wanted(only_another, masked))
    assert (lab.passes(ONE), lab.passes(ONE, source=OTHER)) == (True, True)
    assert not lab.passes(ONE, source="02:00:00:00:00:04")
    not_there = Filter(enable=True, bridge=BRIDGE, interface=PORT, dest_mac_address_filter_list=(TO, OTHER))
    lab.service.apply(wanted(not_there))
    assert (lab.passes(), lab.passes(target="ff:ff:ff:ff:ff:ff")) == (False, True)
    assert not lab.service.apply(wanted(not_there)), "what holds is not touched"
    assert lab.service.apply(wanted())
    assert lab.passes()
    assert (FAMILY, TABLE) not in lab.filter.tables()


def test_a_list_that_admits_and_is_empty_admits_nothing() -> None:
    assert list(alternatives(Filter(ethertype_filter_exclude=False))) == []
    assert list(alternatives(Filter())) == [[]]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"vlanid_filter": 5}, "vlanid_filter"),
        ({"ethertype_filter_list": (0x05FF,)}, "ethertype_filter_list"),
        ({"ethertype_filter_list": (0x10000,)}, "ethertype_filter_list"),
        ({"source_mac_address_filter_list": ("02:00:00:00:00",)}, "source_mac_address_filter_list"),
        ({"dest_mac_address_filter_list": ("02:00:00:00:00:01/24",)}, "dest_mac_address_filter_list"),
        ({"bridge": Pointer("bridge", ("br1",))}, "interface"),
    ],
)
def test_what_makes_no_sense_is_refused(values: dict[str, object], field: str) -> None:
    service = BridgeFilter(NoFilter(), Ground(lambda port, _: port.keys[-1], lambda _: True, set))
    service.check(wanted(ALL))
    with pytest.raises(Refused) as refused:
        service.check(wanted(replace(ALL, **values)))  # type: ignore[arg-type]
    assert field in refused.value.fields


def test_a_port_that_is_not_the_agents_is_left_alone() -> None:
    service = BridgeFilter(NoFilter(), Ground(lambda port, _: port.keys[-1], lambda _: False, set))
    with pytest.raises(NotOurs):
        service.check(wanted(ALL))
    assert service.apply(wanted(ALL)) is False


def test_other_frames_on_the_way_to_the_server_cut_it() -> None:
    service = BridgeFilter(NoFilter(), Ground(lambda port, _: port.keys[-1], lambda _: True, lambda: {"p1"}))
    assert service.cuts(wanted(ALL))
    service.apply(wanted(ALL))
    assert not service.cuts(wanted(ALL))
    assert service.cuts(wanted())
    elsewhere = BridgeFilter(NoFilter(), Ground(lambda port, _: port.keys[-1], lambda _: True, lambda: {"p9"}))
    assert not elsewhere.cuts(wanted(ALL))


def test_a_table_that_somebody_took_away_is_put_back_and_the_log_says_so(
    make_namespace: Callable[[], Namespace], caplog: pytest.LogCaptureFixture
) -> None:
    lab = Lab(make_namespace)
    assert not lab.service.has_table
    lab.service.apply(wanted(Filter(enable=True, bridge=BRIDGE, interface=PORT)))
    assert (lab.service.has_table, lab.service.is_touched()) == (True, False)
    before = lab.home.run("nft", "-s", "list", "ruleset")
    for command in ("delete table bridge cpe_agent_bridge", "flush table bridge cpe_agent_bridge"):
        lab.home.run("nft", command)
        assert lab.service.is_touched()
        lab.service.apply(wanted(Filter(enable=True, bridge=BRIDGE, interface=PORT)))
        assert lab.home.run("nft", "-s", "list", "ruleset") == before
        assert "bridge cpe_agent_bridge: it is put right" in caplog.text
        caplog.clear()


class NoFilter:
    """A packet filter that has no table and is to have none."""

    def bring_to(self, table: object) -> bool:
        return bool(getattr(table, "chains", ()))

    def has(self, table: object) -> bool:
        return True
