"""Packets really wait, are really limited and really marked, between a home and strangers."""

import socket
from contextlib import closing
from dataclasses import replace

import pytest

from backends.desired_state import NotOurs, Refused
from backends.netlink_socket import inside
from backends.qos.records import Classification, Defaults, Policer, Queue, Shaper
from tests.backends.firewall.conftest import LAN, WAN, surroundings, wanted
from tests.backends.qos.conftest import Bench
from tests.netlab.gateway import HOST, STRANGER
from tests.netlab.rates import arrives, streams

pytestmark = pytest.mark.slow

MEGABIT = 1_000_000.0
SECONDS = 0.5
FROM_HOME = Classification(enable=True, interface=LAN, protocol=17, dest_port=5001)


def measured(bench: Bench, port: int = 5001, offered: float = 20 * MEGABIT) -> float:
    return arrives(bench.gateway.lan, bench.gateway.wan, STRANGER, port, SECONDS, offered)


def test_a_shaper_holds_what_leaves_to_its_rate(bench: Bench) -> None:
    assert measured(bench) > 15 * MEGABIT
    bench.make(Shaper(enable=True, interface=WAN, rate=4_000_000))
    assert 2.5 * MEGABIT < measured(bench) < 5 * MEGABIT
    bench.make()
    assert measured(bench) > 15 * MEGABIT


def test_this_machines_own_connections_have_the_rate_too(bench: Bench) -> None:
    bench.make(Shaper(enable=True, interface=WAN, rate=4_000_000))
    own = streams(bench.gateway.router, bench.gateway.wan, STRANGER, SECONDS)
    assert 2.5 * MEGABIT < own < 5 * MEGABIT


def test_a_share_of_the_links_rate_is_a_rate_too(bench: Bench) -> None:
    bench.make(Shaper(enable=True, interface=WAN, rate=50))
    told = bench.gateway.router.run("tc", "class", "show", "dev", "wan0")
    assert "class htb ca9e:1 root rate 500Mbit" in told


def test_a_policer_lets_through_what_it_commits_to_and_counts_the_rest(bench: Bench) -> None:
    policer = Policer(enable=True, committed_rate=3_000_000, committed_burst=15_000)
    bench.make(replace(FROM_HOME, policer="p"), p=policer)
    measured(bench)  # the kernel's bucket holds a second's worth beside the burst
    assert 1.5 * MEGABIT < measured(bench) < 4 * MEGABIT
    counters = bench.qos.counters()
    counted, exceeding = counters["policer p counted"], counters["policer p exceeding"]
    conforming = counters["policer p conforming"]
    assert counted.packets == exceeding.packets + conforming.packets
    assert exceeding.packets > conforming.packets
    assert measured(bench, port=5002) > 15 * MEGABIT  # what the classification does not name


def test_a_queue_with_precedence_goes_first(bench: Bench) -> None:
    first, last = (
        Queue(enable=True, interface=WAN, traffic_classes=(1,), precedence=1),
        Queue(enable=True, interface=WAN, traffic_classes=(2,), precedence=2),
    )
    bench.make(
        Classification(enable=True, interface=LAN, protocol=17, dest_port=5001, traffic_class=1),
        Classification(enable=True, interface=LAN, protocol=17, dest_port=5002, traffic_class=2, order=2),
        Shaper(enable=True, interface=WAN, rate=4_000_000),
        first=first,
        last=last,
    )
    assert measured(bench, 5001) > 2.5 * MEGABIT
    assert measured(bench, 5002) > 2.5 * MEGABIT  # alone it has the whole link
    goal = bench.qos._applied
    counted = {name: bench.qos.counted(goal, name, "wan0") for name in ("first", "last")}
    bench.qos.forget()
    assert all(one is not None and one[0].packets > 100 for one in counted.values()), counted


def test_a_queues_own_rate_is_held(bench: Bench) -> None:
    bench.make(
        Classification(enable=True, interface=LAN, protocol=17, dest_port=5001, traffic_class=1),
        Queue(enable=True, interface=WAN, traffic_classes=(1,), rate=2_000_000),
    )
    assert 1 * MEGABIT < measured(bench) < 3 * MEGABIT
    assert measured(bench, 5002) > 15 * MEGABIT


def test_a_codepoint_is_written(bench: Bench) -> None:
    bench.make(Classification(enable=True, interface=LAN, protocol=17, dest_port=5001, dscp_mark=46))
    receive = inside(bench.gateway.wan.path, lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP))
    send = inside(bench.gateway.lan.path, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with closing(receive), closing(send):
        receive.settimeout(1)
        for port, codepoint in ((5001, 46), (5002, 0)):
            send.sendto(b"x", (STRANGER, port))
            assert receive.recv(64)[1] >> 2 == codepoint


def test_the_first_classification_in_order_decides(bench: Bench) -> None:
    bench.make(
        Classification(enable=True, interface=LAN, dscp_mark=10, order=2),
        Classification(enable=True, interface=LAN, source_ip=HOST, dscp_mark=20, order=1),
        settings=Defaults(),
    )
    measured(bench, offered=MEGABIT)
    counters = bench.qos.counters()
    assert counters["classification +2"].packets > 10
    assert counters["classification +1"].packets < 10  # IPv6 of the links themselves


def test_a_table_that_somebody_took_away_is_put_back_and_the_log_says_so(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    policer = Policer(enable=True, committed_rate=3_000_000, committed_burst=15_000)
    assert not bench.qos.has_table
    bench.make(replace(FROM_HOME, policer="p"), p=policer)
    assert (bench.qos.has_table, bench.qos.is_touched()) == (True, False)
    before = bench.gateway.router.run("nft", "-s", "list", "ruleset")
    for command in ("delete table inet cpe_agent_qos", "flush table inet cpe_agent_qos"):
        bench.gateway.router.run("nft", command)
        assert bench.qos.is_touched()
        bench.make(replace(FROM_HOME, policer="p"), p=policer)
        assert bench.gateway.router.run("nft", "-s", "list", "ruleset") == before
        assert "inet cpe_agent_qos: it is put right" in caplog.text
        caplog.clear()


def test_what_is_so_already_is_not_touched(bench: Bench) -> None:
    records = (FROM_HOME, Shaper(enable=True, interface=WAN, rate=4_000_000), Queue(enable=True, interface=WAN))
    assert bench.make(*records)
    writes = bench.writes()
    assert not bench.make(*records)
    assert bench.writes() == writes


def test_queues_that_somebody_else_made_are_left_alone(bench: Bench) -> None:
    bench.gateway.router.run("tc", "qdisc", "add", "dev", "wan0", "root", "handle", "1:", "htb")
    with pytest.raises(NotOurs, match="tc qdisc del dev wan0 root"):
        bench.make(Shaper(enable=True, interface=WAN, rate=4_000_000))
    assert bench.control.root(next(one.index for one in bench.netlink.links() if one.name == "wan0")) == (
        0x10000,
        "htb",
    )


def test_a_link_that_the_owner_kept_is_refused(bench: Bench) -> None:
    bench.around = surroundings(managed=frozenset({"lan0"}))
    with pytest.raises(NotOurs, match="wan0"):
        bench.make(Shaper(enable=True, interface=WAN, rate=4_000_000))


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Classification(dest_port=10, dest_port_range_max=9), "dest_port_range_max"),
        (Classification(source_ip="192.0.2.1", source_mask="::/64"), "source_mask"),
        (Classification(policer="gone"), "policer"),
        (Policer(enable=True, committed_rate=2, peak_rate=1), "peak_rate"),
    ],
)
def test_what_contradicts_itself_is_refused(bench: Bench, record: Classification | Policer, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        bench.qos.check(wanted(record))
    assert field in refusal.value.fields
