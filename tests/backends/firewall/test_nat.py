"""Addresses are translated: proven by who is reached, and by whom that one sees."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from backends.firewall.records import Dmz, FilterRule, FirewallSettings, InterfaceNat, Level, PortMapping, RuleChain
from tests.backends.firewall.conftest import WAN, Bench
from tests.netlab.gateway import HOST, INSIDE, OTHER_STRANGER, OUTSIDE, STRANGER, Gateway, goes_on
from tests.netlab.namespace import Namespace, veth

pytestmark = pytest.mark.slow

NAT = InterfaceNat(enable=True, interface=WAN)
WEB = PortMapping(enable=True, interface=WAN, external_port=8080, internal_port=80, internal_client=HOST)


NEIGHBOUR = "192.168.1.20"


def switch(gateway: Gateway, neighbour: Namespace) -> None:
    """A second host on the cable of the first: both hang on a switch, and reach each other without the gateway."""
    place, router = gateway.lan, gateway.router
    router.ip("link set lan0 name lan1")
    veth(router, "lan2", neighbour, "eth0")
    router.ip("link add lan0 type bridge")
    router.ip("address flush dev lan1")
    for port in ("lan1", "lan2"):
        router.ip(f"link set {port} master lan0 up")
    router.ip(f"address add {INSIDE}/24 dev lan0")
    router.ip("link set lan0 up")
    neighbour.ip(f"address add {NEIGHBOUR}/24 dev eth0")
    neighbour.ip(f"route add default via {INSIDE}")
    place.ip("neighbour flush all")


def br_netfilter(router: Namespace, is_on: bool) -> None:
    """Whether what a bridge forwards goes through the packet filter of IP, where the kernel can at all."""
    told = f"cd /proc/sys/net/bridge 2>/dev/null && echo {int(is_on)} > bridge-nf-call-iptables; true"
    router.run("sh", "-c", told)


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


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("nat", "config", "is_turned_by_the_bridge"),
    [((), None, False), ((NAT,), "Low", False), ((NAT,), "High", False), ((NAT,), "High", True)],
)
def test_who_is_inside_reaches_a_mapped_host_by_the_outer_address(
    bench: Bench,
    make_namespace: Callable[[], Namespace],
    nat: tuple[InterfaceNat, ...],
    config: str | None,
    is_turned_by_the_bridge: bool,
) -> None:
    gateway, neighbour = bench.gateway, make_namespace()
    switch(gateway, neighbour)
    br_netfilter(bench.router, is_turned_by_the_bridge)
    bench.make(*nat, web=WEB, settings=FirewallSettings(config=config))
    with gateway.listen(bench.lan, 80) as server:
        assert gateway.reached(server, neighbour, OUTSIDE, 8080) == OUTSIDE
        if not is_turned_by_the_bridge:  # a bridge sends nothing back by the port that it came by
            assert gateway.reached(server, bench.lan, OUTSIDE, 8080) == OUTSIDE, "the host itself"
        assert gateway.reached(server, bench.wan, OUTSIDE, 8080) == STRANGER, "strangers are seen as they are"
        assert gateway.reached(server, neighbour, HOST, 80) == NEIGHBOUR
        assert not gateway.reached(server, neighbour, INSIDE, 8080, soon=True)
        assert not gateway.reached(server, neighbour, OUTSIDE, 80, soon=True)
    assert bench.nftables.counters("cpe_agent")["hairpin"].packets == (1 if is_turned_by_the_bridge else 2)


def test_a_mapping_for_one_remote_host_is_for_nobody_inside(bench: Bench) -> None:
    with bench.gateway.listen(bench.lan, 80) as server:
        bench.make(replace(WEB, remote_host=STRANGER))
        assert not bench.gateway.reached(server, bench.lan, OUTSIDE, 8080, soon=True)
        bench.make(replace(WEB, remote_host=HOST))
        assert bench.gateway.reached(server, bench.lan, OUTSIDE, 8080) == OUTSIDE


def test_what_a_level_says_of_mappings_and_hosts_holds_by_the_outer_address_too(bench: Bench) -> None:
    level = {"chain": RuleChain(enable=True), "settings": FirewallSettings(config="Advanced", advanced_level="level")}
    shut = FilterRule(
        parent="chain", enable=True, source_all_interfaces=True, dest_all_interfaces=True, dest_port=80, protocol=6
    )
    with bench.gateway.listen(bench.lan, 80) as server:
        bench.make(web=WEB, level=Level(chain="chain", port_mapping_enabled=False), **level)
        assert not bench.gateway.reached(server, bench.lan, OUTSIDE, 8080, soon=True)
        bench.make(web=WEB, level=Level(chain="chain"), **level)
        assert bench.gateway.reached(server, bench.lan, OUTSIDE, 8080) == OUTSIDE
        bench.make(web=WEB, level=Level(chain="chain"), shut=shut, **level)
        assert not bench.gateway.reached(server, bench.lan, OUTSIDE, 8080, soon=True)


def test_a_link_of_mappings_is_outside_whatever_else_it_is(bench: Bench) -> None:
    bench.around = replace(bench.around, ways_out=frozenset())
    bench.make(WEB)
    with bench.gateway.listen(bench.lan, 80) as server:
        assert bench.gateway.reached(server, bench.wan, OUTSIDE, 8080) == STRANGER
        assert bench.gateway.reached(server, bench.lan, OUTSIDE, 8080) == OUTSIDE


def test_the_way_back_inside_follows_the_outer_address(bench: Bench) -> None:
    bench.around = replace(bench.around, addresses_on=lambda _: frozenset())
    bench.make(WEB)
    with bench.gateway.listen(bench.lan, 80) as server:
        assert not bench.gateway.reached(server, bench.lan, OUTSIDE, 8080, soon=True)
        bench.around = replace(bench.around, addresses_on=lambda _: frozenset({OUTSIDE, "203.0.113.77"}))
        assert bench.make(WEB)
        assert bench.gateway.reached(server, bench.lan, OUTSIDE, 8080) == OUTSIDE


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
