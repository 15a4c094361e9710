"""Device.DHCPv6.Client. against real servers and a real client program, in namespaces."""

import ipaddress
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.backends.dhcp_client.conftest import lab, make_namespace, make_wan
from tests.backends.dhcp_client.wan import CLIENT6, Wan
from tests.netlab.isp import serving
from tests.waiting import until

__all__ = ["lab", "make_namespace", "make_wan"]

RANGE = "--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,120"
DELEGATING = Path(__file__).parents[2] / "netlab/delegating.py"


@pytest.mark.slow
def test_an_address_is_what_the_server_gave_and_every_option_can_be_read(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan(RANGE, "--dhcp-option=option6:23,[2001:db8:1::53]", "--dhcp-option=option6:31,[2001:db8:1::123]")
    device = wan.device()
    with serving(wan.server):
        client = wan.client(device, CLIENT6, RequestedOptions="31,17")
        sent = device.add(f"{client}SentOption.", Enable="1", Tag="16", Value="00000de9000361ff62")
        until(lambda: device.get(f"{client}ReceivedOptionNumberOfEntries") != "0", "a lease")
        [address] = wan.addresses("inet6")
        told = device.tree(client)
        options = {told[f"ReceivedOption.{n}.Tag"]: told[f"ReceivedOption.{n}.Value"].lower() for n in range(1, 20)
                   if f"ReceivedOption.{n}.Tag" in told}  # fmt: skip
        assert ipaddress.IPv6Address(bytes.fromhex(options["3"][32:64])) == ipaddress.IPv6Interface(address).ip
        assert options["23"] == "20010db8000100000000000000000053"
        assert options["31"] == "20010db8000100000000000000000123"
        assert options["1"] == told["DUID"].lower()
        assert told["Server.1.DUID"].lower() == options["2"]
        assert told["Server.1.SourceAddress"].startswith("fe80::")
        assert told["ReceivedOption.1.Server"] == f"{client}Server.1"
        assert "23" in told["SupportedOptions"].split(",")
        assert device.get(f"{sent}Value").lower() == "00000de9000361ff62"
        assert "vendor class: 3561" in wan.server.log()
        assert device.refused({f"{client}SuggestedT1": "60"}) == {f"{client}SuggestedT1": "InvalidValue"}
        device.set({f"{client}SuggestedT1": "-1"})
        before = wan.server.log().count("DHCPRENEW")
        [lease] = (wan.folder / "leases").rglob("*.lease6")
        leased = lease.stat().st_mtime_ns
        device.set({f"{client}Renew": "1"})
        until(lambda: wan.server.log().count("DHCPRENEW") > before, "a renewal")
        until(lambda: lease.stat().st_mtime_ns > leased, "its answer, without which dhcpcd gives nothing back")
        device.set({f"{client}Enable": "0"})
        until(lambda: "DHCPRELEASE" in wan.server.log(), "the lease is given back")
        assert wan.addresses("inet6") == []
        # dhcpcd took the link-local address along; without one there is no IPv6 at all
        until(lambda: "fe80::" in wan.home.ip("-6 addr show dev c0"), "the link's own address")


@pytest.mark.slow
def test_a_prefix_is_delegated(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan()
    device = wan.device()
    server = subprocess.Popen(wan.isp.command(sys.executable, str(DELEGATING), "s0", "2001:db8:4700::/56"))
    try:
        client = wan.client(device, CLIENT6, RequestAddresses="0", RequestPrefixes="1", RapidCommit="1")
        until(lambda: device.get(f"{client}ReceivedOptionNumberOfEntries") != "0", "a lease")
        lease = wan.devices[0].lease6("c0")
        assert lease is not None
        assert [one.prefix for one in lease.prefixes] == ["2001:db8:4700::/56"]
        assert "2001:db8:4700::/56" in wan.home.ip("-6 route show table all type unreachable")
    finally:
        server.terminate()
        server.wait()
