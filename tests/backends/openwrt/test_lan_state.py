"""Who serves, as procd says, and who has leases, as dnsmasq and odhcpd say."""

import time
from pathlib import Path
from typing import Any

import pytest

from backends.desired_state import Wanted
from backends.openwrt.lan_state import OpenWrtLeases, leases_told, runs
from backends.ubus import Bus
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.router import Make

pytestmark = pytest.mark.slow

POOL = "Device.DHCPv4.Server.Pool.1."
SETTING = "Device.RouterAdvertisement.InterfaceSetting.1."
LEASES_6: dict[str, Any] = {
    "br-lan": {
        "leases": [
            {"duid": "0003000102005e000077", "iaid": -612862756, "hostname": "printer", "valid": 3595,
             "ipv6-addr": [{"address": "fd00:1234:5678::50", "preferred-lifetime": 2695, "valid-lifetime": 3595}]},
            {"duid": "00", "iaid": 1, "hostname": "x", "valid": 7,
             "ipv6-prefix": [{"address": "fd00:1234:5678:4::", "valid-lifetime": 3595, "prefix-length": 62}]},
        ]
    }
}  # fmt: skip
LEASES_4: dict[str, Any] = {
    "br-lan": {"leases": [{"mac": "02005e000077", "hostname": "printer", "address": "192.168.1.50", "valid": 3593}]}
}


def test_a_row_serves_while_its_program_runs(make_router: Make, procd: Procd) -> None:
    router = make_router(bus=procd.path)
    assert [router.get(f"{POOL}Status"), router.get("Device.DNS.Relay.Status")] == ["Enabled", "Enabled"]
    assert router.tables.links_served() == {"br-lan"}
    procd.running.remove("dnsmasq")
    assert [router.get(f"{POOL}Status"), router.get("Device.DNS.Relay.Status")] == ["Error", "Error"]
    served = router.tables.daemons
    assert (served.is_running(6), served.is_advertising(), served.is_relaying()) == (True, True, False)
    router.write("dhcp", router.dhcp.replace("option maindhcp '0'", "option maindhcp '1'"))
    assert router.get(f"{POOL}Status") == "Enabled", "odhcpd serves IPv4 too"
    procd.running.clear()
    assert router.get(f"{POOL}Status") == "Error"
    assert not served.is_whole(600)
    assert served.links_served(Wanted()) == set()


def test_without_a_bus_nothing_is_known_to_serve(make_router: Make) -> None:
    assert make_router().get(f"{POOL}Status") == "Error"


def test_clients_of_both_servers_are_rows(make_router: Make, procd: Procd) -> None:
    router = make_router(bus=procd.path)
    (router.directory / "tmp" / "dhcp.leases").write_text(
        f"{int(time.time()) + 600} 02:00:00:00:00:01 192.168.1.120 laptop 01:02:00:00:00:00:01\n"
    )
    procd.leases6 = LEASES_6
    assert router.get(f"{POOL}Client.1.Chaddr") == "02:00:00:00:00:01"
    assert router.get(f"{POOL}Client.1.IPv4Address.1.IPAddress") == "192.168.1.120"
    assert [one.address for one in router.tables.leases.leases()] == ["192.168.1.120", "fd00:1234:5678::50"]


def test_what_a_lease_has_left_does_not_flicker(procd: Procd, tmp_path: Path) -> None:
    leases = OpenWrtLeases(tmp_path / "none", Bus(procd.path))
    procd.leases4 = LEASES_4
    first = leases.leases()
    [lease] = first
    assert (lease.family, lease.mac, lease.host_name) == (4, "02:00:5e:00:00:77", "printer")
    assert abs(lease.expires - time.time() - 3593) < 3
    procd.leases4 = {"br-lan": {"leases": [{**LEASES_4["br-lan"]["leases"][0], "valid": 3592}]}}
    leases.forget()
    assert leases.leases() is first
    procd.leases4 = {"br-lan": {"leases": [{**LEASES_4["br-lan"]["leases"][0], "valid": 7200}]}}
    leases.forget()
    assert leases.leases()[0].expires > lease.expires
    procd.leases4 = {}
    leases.forget()
    assert leases.leases() == ()
    assert OpenWrtLeases(tmp_path / "none", Bus(tmp_path / "nobody")).leases() == ()


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"device": []}, {"device": {"br": []}}, {"device": {"br": {"leases": [1, {"address": "x"}]}}},
     {"device": {"br": {"leases": [{"ipv6-addr": 7}, {"ipv6-addr": [7, {"address": None}]}]}}}],
)  # fmt: skip
def test_an_answer_that_is_none_is_no_lease(answer: object) -> None:
    assert list(leases_told(answer, 0.0)) == []


@pytest.mark.parametrize("iaid", [{"a": 1}, [], "x", None, 1.5])
def test_an_identifier_that_is_no_number_is_none(iaid: object) -> None:
    one = {"address": "192.168.1.5", "mac": "020000000001", "valid": 9, "iaid": iaid}
    assert [lease.iaid for lease in leases_told({"device": {"b": {"leases": [one]}}}, 5.0)] == [0]
    assert list(leases_told({"device": {"b": {"leases": 7}}}, 5.0)) == []


def test_a_lease_for_ever_never_ends() -> None:
    one = {"address": "192.168.1.5", "mac": "020000000001", "valid": 0xFFFFFFFF}
    assert [lease.expires for lease in leases_told({"device": {"b": {"leases": [one]}}}, 5.0)] == [0]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [({"d": {"instances": {"a": {"running": False}, "b": {"running": True}}}}, True), ({"d": {}}, False), (None, False),
     ({"d": {"instances": [1]}}, False), ({"e": {"instances": {"a": {"running": True}}}}, False)],
)  # fmt: skip
def test_what_procd_says_of_a_service(answer: object, expected: bool) -> None:
    assert runs(answer, "d") is expected
