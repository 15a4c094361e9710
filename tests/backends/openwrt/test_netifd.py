"""What netifd tells, as it was heard of a real one; asked once, and told of as it happens."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from backends.openwrt.netifd import Interface, NetifdState, Prefix, Route, interfaces_told
from backends.ubus import Bus, BusError
from tests.backends.openwrt.procd import Procd
from tests.waiting import until

pytestmark = pytest.mark.slow

WAN: Any = {
    "interface": "wan", "up": True, "pending": False, "available": True, "autostart": True, "dynamic": False,
    "uptime": 14, "l3_device": "pppoe-wan", "proto": "pppoe", "device": "eth1", "updated": ["addresses", "routes"],
    "metric": 0, "dns_metric": 0, "delegation": True,
    "ipv4-address": [{"address": "10.67.0.100", "mask": 32, "ptpaddress": "10.67.0.1"}],
    "ipv6-address": [{"address": "2001:db8::2", "mask": 64, "preferred": 1800, "valid": 3600}],
    "ipv6-prefix": [{"address": "2001:db8:1::", "mask": 56, "preferred": 1800, "valid": 3600, "class": "wan"}],
    "ipv6-prefix-assignment": [
        {"address": "fd00:1::", "mask": 60, "local-address": {"address": "fd00:1::1", "mask": 60}}
    ],
    "route": [{"target": "0.0.0.0", "mask": 0, "nexthop": "203.0.113.1", "source": "0.0.0.0/0"}],
    "dns-server": ["203.0.113.1"], "dns-search": ["example"], "neighbors": [],
    "inactive": {"ipv4-address": [], "ipv6-address": [], "route": [], "dns-server": ["9.9.9.9"], "dns-search": []},
    "data": {"leasetime": 3600}, "errors": [{"subsystem": "pppoe", "code": "AUTH_FAILED"}],
}  # fmt: skip


def test_everything_that_it_tells_is_understood() -> None:
    wan = interfaces_told({"interface": [WAN]})["wan"]
    assert (wan.proto, wan.up, wan.uptime, wan.device, wan.link) == ("pppoe", True, 14, "eth1", "pppoe-wan")
    assert (wan.active.ipv4[0].address, wan.active.ipv4[0].peer) == ("10.67.0.100", "10.67.0.1")
    assert (wan.active.ipv6[0].preferred, wan.active.ipv6[0].valid) == (1800, 3600)
    assert wan.prefixes == (Prefix("2001:db8:1::", 56, 1800, 3600),)
    assert wan.assigned == (Prefix("fd00:1::", 60, local="fd00:1::1"),)
    assert wan.active.routes == (Route("0.0.0.0", 0, "203.0.113.1"),)
    assert (wan.active.dns_servers, wan.active.dns_search) == (("203.0.113.1",), ("example",))
    assert wan.inactive.dns_servers == ("9.9.9.9",)
    assert wan.data["leasetime"] == 3600
    assert wan.errors == ("AUTH_FAILED",)


@pytest.mark.parametrize("answer", [None, [], {}, {"interface": [{}]}, {"interface": [{"interface": 1, "device": 2}]}])
def test_an_answer_that_is_none_tells_nothing(answer: object) -> None:
    assert interfaces_told(answer) == {}


def test_what_is_no_value_is_left_out_and_the_rest_stays() -> None:
    strange = {key: 7 if isinstance(value, list) else [value] for key, value in WAN.items()} | {"interface": "wan"}
    assert interfaces_told({"interface": [strange]}) == {"wan": Interface("wan")}
    halves = {
        "interface": "wan", "proto": "dhcp", "uptime": -1, "up": 1, "dns-server": ["no", 7, "9.9.9.9"],
        "ipv4-address": [{"address": "::1", "mask": 1}, {"address": "10.0.0.1"}, {"address": "10.0.0.2", "mask": 8}],
    }  # fmt: skip
    wan = interfaces_told({"interface": [halves]})["wan"]
    assert (wan.proto, wan.up, wan.uptime, wan.active.dns_servers) == ("dhcp", False, 0, ("9.9.9.9",))
    assert [one.address for one in wan.active.ipv4] == ["10.0.0.2"]


def test_it_is_asked_once_in_a_request(procd: Procd) -> None:
    procd.links = {"wan": "eth1"}
    netifd = NetifdState(Bus(procd.path))
    assert netifd.links() == {"wan": "eth1"}
    assert netifd.answers
    procd.links = {"wan": "eth2"}
    found = netifd.get("wan")
    assert found is not None
    assert (found.link, procd.dumps) == ("eth1", 1)
    netifd.forget()
    assert (netifd.links(), procd.dumps) == ({"wan": "eth2"}, 2)


def test_a_silent_bus_tells_nothing_and_refuses_commands(tmp_path: Path) -> None:
    netifd = NetifdState(Bus(tmp_path / "nobody"))
    assert netifd.interfaces() == {}
    assert not netifd.answers
    with pytest.raises(BusError):
        netifd.renew("wan")
    with pytest.raises(BusError):
        netifd.restart("wan")


def test_commands_go_to_the_interface(procd: Procd) -> None:
    procd.serve_interface("wan")
    netifd = NetifdState(Bus(procd.path))
    netifd.renew("wan")
    netifd.restart("wan")
    assert [(path, method) for path, method, _ in procd.told] == [
        ("network.interface.wan", "renew"), ("network.interface.wan", "down"), ("network.interface.wan", "up"),
    ]  # fmt: skip
    procd.refuses.add("down")
    with pytest.raises(BusError):
        netifd.restart("wan")


def test_events_are_told_as_they_come(procd: Procd) -> None:
    told: list[frozenset[str]] = []
    stop = threading.Event()
    watcher = threading.Thread(target=NetifdState(Bus(procd.path)).watch, args=(told.append, stop))
    watcher.start()
    try:
        assert until(lambda: bool(told)), "when it connects: what was before was not heard"

        def heard() -> bool:
            procd.notify("network.interface", "interface.update", {"interface": "wan"})
            return len(told) > 1

        assert until(heard)
    finally:
        stop.set()
        watcher.join()
    assert set(told) == {frozenset({"netifd"})}


def test_it_compares() -> None:
    one, other = (interfaces_told(json.loads(json.dumps({"interface": [WAN]}))) for _ in range(2))
    assert one == other
