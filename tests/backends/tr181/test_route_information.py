"""Routes that router advertisements brought."""

from datetime import UTC, datetime

from backends.netlink_types import Route
from tests.backends.conftest import Bench

INFORMATION = "Device.Routing.RouteInformation."


def test_a_route_that_a_router_told_of_is_a_row(memory: Bench) -> None:
    kernel = memory.netlink.kernel  # type: ignore[attr-defined]
    told = Route(6, "2001:db8:7::/48", "fe80::1", "eth1", 1024, protocol="ra", expires=600, preference="high")
    kernel.routes += [told, Route(6, "", "fe80::1", "eth1", 1024, protocol="ra")]
    device = memory.device()
    row = device.find(f"{INFORMATION}InterfaceSetting.", Prefix="2001:db8:7::/48")
    interface = device.find("Device.IP.Interface.", Name="eth1")
    values = {"Status": "ForwardingEntryCreated", "Interface": interface[:-1], "SourceRouter": "fe80::1",
              "PreferredRouteFlag": "High"}  # fmt: skip
    assert {name: device.get(row + name) for name in values} == values
    ends = datetime.fromisoformat(device.get(f"{row}RouteLifetime"))
    assert 590 < (ends - datetime.now(UTC)).total_seconds() <= 600
    default = device.find(f"{INFORMATION}InterfaceSetting.", Prefix="::/0")
    assert device.get(f"{default}RouteLifetime").startswith("9999")
    assert device.get(f"{INFORMATION}InterfaceSettingNumberOfEntries") == "2"


def test_it_is_switched_for_the_links_that_are_managed(memory: Bench) -> None:
    device = memory.device(manage=("eth1",))
    assert device.get(f"{INFORMATION}Enable") == "false"
    device.set({f"{INFORMATION}Enable": "1"})
    names = [f"net/ipv6/conf/{name}/accept_ra_rt_info_max_plen" for name in ("eth1", "eth0")]
    assert [memory.procfs.setting(name) for name in names] == ["128", "0"]
    device.model.forget_everything()
    assert memory.procfs.setting(names[0]) == "0"
    nobodys = memory.device(manage=())
    asked = {f"{INFORMATION}Enable": "1"}
    assert nobodys.refused(asked) == dict.fromkeys(asked, "Denied")
