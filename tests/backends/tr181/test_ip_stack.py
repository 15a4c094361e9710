"""The IP stack as a whole: its switches and unique local addresses."""

import ipaddress
from collections.abc import Mapping
from typing import Any

from backends.tr181.ip_stack import UNIQUE_LOCAL, random_ula_prefix
from tests.backends.conftest import Bench

STACK = "Device.IP."
IP = "Device.IP.Interface."


def test_ipv6_is_switched_on_the_links_that_are_managed_and_comes_back_with_all_that_was_there(bench: Bench) -> None:
    device = bench.device(manage=("eth0",))
    before = bench.state()
    assert (device.get(f"{STACK}IPv6Enable"), device.get(f"{STACK}IPv6Status")) == ("true", "Enabled")
    device.set({f"{STACK}IPv6Enable": "0"})
    switches = [bench.procfs.setting(f"net/ipv6/conf/{name}/disable_ipv6") for name in ("eth0", "eth1")]
    assert switches == ["1", "0"]
    assert (device.get(f"{STACK}IPv6Status"), bench.addresses("eth0")) == ("Disabled", {"192.0.2.1/24"})
    interface = device.find(IP, Name="eth0")
    device.set({f"{interface}IPv6Enable": "1"})
    assert bench.procfs.setting("net/ipv6/conf/eth0/disable_ipv6") == "1"
    device.set({f"{STACK}IPv6Enable": "1"})
    assert bench.addresses("eth0") == {"192.0.2.1/24", "2001:db8::1/64"}
    device.model.forget_everything()
    assert {ident for ident in before if ident[0] != "address" or "fe80" not in ident[2]} <= set(bench.state())


def test_ipv4_cannot_be_switched_off_as_a_whole(memory: Bench) -> None:
    device = memory.device()
    asked = {f"{STACK}IPv4Enable": "0"}
    assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")
    device.set({f"{STACK}IPv4Enable": "1"})
    asked = {f"{STACK}IPv6Enable": "0"}
    assert memory.device(manage=()).refused(asked) == dict.fromkeys(asked, "Denied")


def test_an_interface_gets_a_unique_local_address_of_a_prefix_that_is_made_once(bench: Bench) -> None:
    device = bench.device()
    before = bench.state()
    first, second = device.find(IP, Name="eth1"), device.find(IP, Name="eth0")
    device.set({f"{first}ULAEnable": "1"})
    prefix = ipaddress.IPv6Network(device.get(f"{STACK}ULAPrefix"))
    assert (prefix.prefixlen, prefix.subnet_of(UNIQUE_LOCAL)) == (48, True)
    address = f"{prefix.network_address + (1 << 64) + 1}"
    assert bench.addresses("eth1") == {f"{address}/64"}
    row = device.find(f"{first}IPv6Address.", IPAddress=address)
    assert (device.get(f"{row}Origin"), device.get(f"{row}Status")) == ("AutoConfigured", "Enabled")
    subnet = device.find(f"{first}IPv6Prefix.", Prefix=str(ipaddress.IPv6Network(f"{address}/64", strict=False)))
    assert device.get(f"{subnet}Origin") == "AutoConfigured"
    device.set({f"{second}ULAEnable": "1"})
    assert f"{prefix.network_address + (2 << 64) + 1}/64" in bench.addresses("eth0")
    device.set({f"{STACK}ULAPrefix": "fd12:3456:789a::/48"})
    assert bench.addresses("eth1") == {"fd12:3456:789a:1::1/64"}
    device.set({f"{first}ULAEnable": "0", f"{second}ULAEnable": "0"})
    assert without_link_local(bench.state()) == without_link_local(before)


def without_link_local(state: Mapping[Any, Any]) -> dict[Any, Any]:
    """The kernel gives a link's own address when it has seen that nobody else has it: in its own time."""
    return {what: how for what, how in state.items() if not any("fe80::" in str(part) for part in what)}


def test_what_is_no_ula_prefix_is_refused(memory: Bench) -> None:
    device = memory.device()
    for prefix in ("fd00::/40", "2001:db8::/48", "fc00::/48", "fd00::1/48", "nonsense"):
        asked = {f"{STACK}ULAPrefix": prefix}
        assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")
    asked = {device.find(IP, Name="lo") + "ULAEnable": "1"}
    assert set(device.refused(asked).values()) <= {"InvalidValue", "Denied"}


def test_a_prefix_is_random() -> None:
    assert len({random_ula_prefix() for _ in range(20)}) == 20
