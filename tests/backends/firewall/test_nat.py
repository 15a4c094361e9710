"""Addresses are translated: proven by who is reached, and by whom that one sees."""

from dataclasses import replace

import pytest

from backends.firewall.records import Dmz, FirewallSettings, InterfaceNat, PortMapping
from tests.backends.firewall.conftest import WAN, Bench
from tests.netlab.gateway import HOST, INSIDE, OTHER_STRANGER, OUTSIDE, STRANGER, goes_on

NAT = InterfaceNat(enable=True, interface=WAN)
WEB = PortMapping(enable=True, interface=WAN, external_port=8080, internal_port=80, internal_client=HOST)


def test_who_leaves_gets_the_gateways_address(bench: Bench) -> None:
    with bench.gateway.listen(bench.wan, 80) as server:
        assert bench.gateway.reached(server, bench.lan, STRANGER, 80) == HOST
        assert bench.make(NAT)
        assert bench.gateway.reached(server, bench.lan, STRANGER, 80) == OUTSIDE
        assert bench.nftables.counters("cpe_agent")["nat +1"].packets == 1
        bench.make()
        assert bench.gateway.reached(server, bench.lan, STRANGER, 80) == HOST


def test_a_port_leads_to_a_host_inside(bench: Bench) -> None:
    with bench.gateway.listen(bench.lan, 80) as server:
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 8080, soon=True)
        bench.make(WEB)
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 8080) == STRANGER
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 80, soon=True)


def test_a_mapping_for_one_remote_host_refuses_others(bench: Bench) -> None:
    with bench.gateway.listen(bench.lan, 80) as server:
        bench.make(
            PortMapping(enable=True, interface=WAN, external_port=80, internal_client=HOST, remote_host=STRANGER)
        )
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 80, source=STRANGER) == STRANGER
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 80, source=OTHER_STRANGER, soon=True)


def test_a_range_of_ports_is_moved_as_a_whole(bench: Bench) -> None:
    bench.make(
        PortMapping(
            enable=True, interface=WAN, external_port=3000, external_port_end_range=3010, internal_port=5000,
            internal_client=HOST,
        )
    )  # fmt: skip
    with bench.gateway.listen(bench.lan, 5004) as server:
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 3004) == STRANGER
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 3003, soon=True)


def test_a_range_of_ports_stays_the_same_inside_where_no_other_is_told(bench: Bench) -> None:
    bench.make(
        PortMapping(enable=True, interface=WAN, external_port=3000, external_port_end_range=3010, internal_client=HOST)
    )
    with bench.gateway.listen(bench.lan, 3007) as server:
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 3007) == STRANGER


def test_the_largest_range_can_be_moved(bench: Bench) -> None:
    bench.make(
        PortMapping(
            enable=True, interface=WAN, external_port=8000, external_port_end_range=65000, internal_port=8001,
            internal_client=HOST,
        )
    )  # fmt: skip
    with bench.gateway.listen(bench.lan, 65001) as server:
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 65000) == STRANGER


def test_all_interfaces_are_those_that_lead_outside(bench: Bench) -> None:
    bench.make(PortMapping(enable=True, all_interfaces=True, external_port=80, internal_client=HOST))
    with bench.gateway.listen(bench.lan, 80) as server:
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 80) == STRANGER
        assert not bench.gateway.reached(server, bench.lan, INSIDE, 80, soon=True)


def test_the_more_explicit_mapping_goes_first(bench: Bench) -> None:
    anything = PortMapping(enable=True, interface=WAN, internal_client=HOST)
    to_another = PortMapping(enable=True, interface=WAN, external_port=80, internal_client=HOST, internal_port=81)
    from_one = PortMapping(
        enable=True, interface=WAN, external_port=80, internal_client=HOST, internal_port=82, remote_host=STRANGER
    )
    bench.make(anything, to_another, from_one)
    with (
        bench.gateway.listen(bench.lan, 81) as second,
        bench.gateway.listen(bench.lan, 82) as first,
        bench.gateway.listen(bench.lan, 90) as third,
    ):
        assert bench.gateway.reached(first, bench.wan, OUTSIDE, 80, STRANGER)
        assert bench.gateway.reached(second, bench.wan, OUTSIDE, 80, OTHER_STRANGER)
        assert bench.gateway.reached(third, bench.wan, OUTSIDE, 90)


@pytest.mark.parametrize(
    "taker",
    [PortMapping(enable=True, interface=WAN, internal_client=HOST), Dmz(enable=True, interface=WAN, dest_ip=HOST)],
)
def test_what_takes_every_port_leaves_the_agent_its_own(bench: Bench, taker: PortMapping | Dmz) -> None:
    bench.make(taker)
    with bench.gateway.listen(bench.router, 7547) as agent, bench.gateway.listen(bench.lan, 7548) as server:
        assert bench.gateway.reached(agent, bench.wan, OUTSIDE, 7547) == STRANGER
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 7548) == STRANGER


def test_the_dmz_is_for_whom_it_is_told(bench: Bench) -> None:
    bench.make(Dmz(enable=True, interface=WAN, dest_ip=HOST, source_prefix=f"{STRANGER}/32"))
    with bench.gateway.listen(bench.lan, 7) as server:
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 7, STRANGER) == STRANGER
        assert not bench.gateway.reached(server, bench.wan, OUTSIDE, 7, OTHER_STRANGER, soon=True)


def test_what_only_passes_through_is_not_taken(bench: Bench) -> None:
    bench.make(Dmz(enable=True, interface=WAN, dest_ip="192.168.1.77"))
    with bench.gateway.listen(bench.lan, 80) as server:
        assert bench.gateway.reached(server, bench.wan, HOST, 80) == STRANGER


def test_a_client_is_told_by_its_name(bench: Bench) -> None:
    bench.make(PortMapping(enable=True, interface=WAN, external_port=80, internal_client="printer"))
    with bench.gateway.listen(bench.lan, 80) as server:
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 80) == STRANGER


@pytest.mark.parametrize(
    "incomplete",
    [
        PortMapping(enable=False, interface=WAN, external_port=80, internal_client=HOST),
        PortMapping(enable=True, external_port=80, internal_client=HOST),
        PortMapping(enable=True, interface=WAN, external_port=80),
        PortMapping(enable=True, interface=WAN, external_port=80, internal_client="nobody"),
        PortMapping(enable=True, interface=WAN, external_port=80, internal_client="255.255.255.255", protocol="UDP"),
        PortMapping(
            enable=True, interface=WAN, external_port=80, internal_client=HOST, lease_duration=9,
            ends_boot="this boot", ends_uptime=1000,
        ),
        Dmz(enable=True, interface=WAN),
        InterfaceNat(enable=True),
        InterfaceNat(interface=WAN),
    ],
)  # fmt: skip
def test_what_is_not_complete_makes_no_table(bench: Bench, incomplete: PortMapping) -> None:
    assert not bench.make(incomplete)
    assert bench.nftables.tables() == []


def test_a_connection_through_a_mapping_survives_another_one(bench: Bench) -> None:
    bench.make(NAT, WEB)
    with bench.gateway.listen(bench.lan, 80) as server, bench.gateway.connect(bench.wan, OUTSIDE, 8080) as client:
        accepted, _ = server.accept()
        assert goes_on(client, accepted)
        other = PortMapping(enable=True, interface=WAN, external_port=25, internal_client=HOST)
        bench.make(NAT, other, WEB, settings=FirewallSettings(config="High"))
        assert goes_on(client, accepted)
        bench.make(NAT)
        assert goes_on(client, accepted)
        accepted.close()


def test_segments_fit_a_narrow_way(bench: Bench) -> None:
    bench.router.ip("link set wan0 mtu 1000")
    bench.make(NAT)
    with bench.gateway.listen(bench.wan, 80) as server, bench.gateway.connect(bench.lan, STRANGER, 80) as client:
        server.accept()[0].close()
        assert client.getsockopt(6, 2) <= 960


def test_a_mapping_of_a_name_that_links_cannot_have_is_left_out(bench: Bench) -> None:
    bench.around = replace(bench.around, link_of=lambda pointer: "wan*", managed=frozenset({"wan*"}))
    assert not bench.make(NAT)
