"""What is let in to the gateway itself stays the gateway's, whatever takes all other ports."""

import pytest

from backends.firewall.records import Dmz, FirewallSettings, LocalService, PortMapping
from backends.firewall.services import lets_in, takes_from
from tests.backends.firewall.conftest import WAN, Bench
from tests.netlab.gateway import HOST, OTHER_STRANGER, OUTSIDE, STRANGER

DMZ = Dmz(enable=True, interface=WAN, dest_ip=HOST)
SSH = LocalService(enable=True, interface=WAN, dest_port=(22,), protocol=(6,))


@pytest.mark.slow
@pytest.mark.parametrize("taker", [DMZ, PortMapping(enable=True, interface=WAN, internal_client=HOST)])
@pytest.mark.parametrize("is_on", [True, False])
def test_what_takes_every_port_leaves_a_service_to_those_it_is_for(
    bench: Bench, taker: PortMapping | Dmz, is_on: bool
) -> None:
    service = LocalService(
        enable=True, interface=WAN, dest_port=(22, 80), protocol=(6,),
        source_prefixes=(f"{STRANGER}/32", "2001:db8::/32"),
    )  # fmt: skip
    bench.make(service, taker, settings=FirewallSettings(enable=is_on))
    with bench.gateway.listen(bench.router, 22) as gateway, bench.gateway.listen(bench.lan, 22) as host:
        assert bench.gateway.reached(gateway, bench.wan, OUTSIDE, 22, STRANGER) == STRANGER
        assert bench.gateway.reached(host, bench.wan, OUTSIDE, 22, OTHER_STRANGER) == OTHER_STRANGER


def test_a_service_without_ports_is_left_alone_too(bench: Bench) -> None:
    nobody = Dmz(enable=True, interface=WAN, dest_ip="192.168.1.77")
    bench.make(nobody, LocalService(enable=True, interface=WAN, protocol=(1,), icmp_type=8))
    assert bench.gateway.answers(bench.wan, OUTSIDE)


@pytest.mark.slow
@pytest.mark.parametrize(
    "service",
    [
        LocalService(enable=True, interface=WAN),
        LocalService(enable=True, interface=WAN, dest_port=(22,), action="Drop"),
        LocalService(enable=False, interface=WAN, dest_port=(22,)),
        LocalService(enable=True, dest_port=(22,)),
        LocalService(enable=True, interface=WAN, dest_port=(22,), ip_version=6),
    ],
)
def test_the_dmz_gets_what_no_service_is_named_for(bench: Bench, service: LocalService) -> None:
    bench.make(service, DMZ)
    with bench.gateway.listen(bench.lan, 22) as host:
        assert bench.gateway.reached(host, bench.wan, OUTSIDE, 22) == STRANGER


def test_who_maps_a_port_gets_it_from_a_service_for_every_port(bench: Bench) -> None:
    everything = LocalService(enable=True, interface=WAN, protocol=(6,))
    bench.make(everything, PortMapping(enable=True, interface=WAN, external_port=22, internal_client=HOST), DMZ)
    with bench.gateway.listen(bench.lan, 22) as host, bench.gateway.listen(bench.router, 23) as gateway:
        assert bench.gateway.reached(host, bench.wan, OUTSIDE, 22) == STRANGER
        assert bench.gateway.reached(gateway, bench.wan, OUTSIDE, 23) == STRANGER


TAKEN: list[tuple[LocalService, int, tuple[int, int], str, bool]] = [
    (SSH, 6, (22, 22), "", True),
    (SSH, 6, (20, 30), STRANGER, True),
    (SSH, 17, (22, 22), "", False),
    (SSH, 6, (23, 30), "", False),
    (LocalService(enable=True, dest_port=(22,)), 17, (22, 22), "", True),
    (LocalService(enable=True), 6, (1, 65535), "", False),
    (LocalService(enable=True, dest_port=(22,), ip_version=6), 6, (22, 22), "", False),
    (LocalService(enable=True, dest_port=(22,), source_prefixes=("2001:db8::/32",)), 6, (22, 22), "", False),
    (LocalService(enable=True, dest_port=(22,), source_prefixes=("203.0.113.0/24",)), 6, (22, 22), "", True),
    (LocalService(enable=True, dest_port=(22,), source_prefixes=("203.0.113.0/24",)), 6, (22, 22), STRANGER, True),
    (LocalService(enable=True, dest_port=(22,), source_prefixes=("10.0.0.0/8",)), 6, (22, 22), STRANGER, False),
]


@pytest.mark.parametrize(("service", "protocol", "ports", "source", "expected"), TAKEN)
def test_a_mapping_takes_from_a_service(
    service: LocalService, protocol: int, ports: tuple[int, int], source: str, expected: bool
) -> None:
    assert takes_from(service, protocol, ports, source) == expected


def test_what_keeps_packets_away_lets_nothing_in() -> None:
    assert lets_in(SSH)
    assert not lets_in(LocalService(enable=True, action="Reject"))
    assert not lets_in(LocalService())
