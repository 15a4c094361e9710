"""Device.DHCPv4.Client. and Device.DHCPv6.Client. are the same over dhcpcd and over OpenWrt's configuration."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.dhcp_client.clients import DhcpClients, Place
from backends.dhcp_client.instance import Folders
from backends.netlink import RouteTo
from backends.tr181.dhcp_clients import DhcpClientTables
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.dhcpv6_client import dhcpv6_client
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_dhcp_clients import openwrt_dhcp_clients
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from tests.backend_contract.protocol_devices import device_of
from tests.backends.openwrt.protocols.gateway import Gateway

CLIENT4, CLIENT6 = "Device.DHCPv4.Client.", "Device.DHCPv6.Client."
HOSTILE = ("", " ", "x", "-1", "0", "255", "65536", "$(id)", "'\"", "a\nb", "00", "ff" * 300, "zz", "Device.", "\u0661",
           "Device.IP.Interface.99", "Device.DHCPv4.Client.1", "1,2", "1,3", "a" * 10_000)  # fmt: skip

Make = Callable[..., Gateway]


def over_dhcpcd(given: Mechanisms, surface: Surface) -> Part:
    place = Place(given.links.link_of, given.links.may_change, given.management_path, given.network.topology.below)
    folders = Folders(surface.root / "run", surface.root / "state")
    clients = DhcpClients(given.netlink, given.procfs, place, folders)
    tables = DhcpClientTables(clients, given.links)
    return Part("dhcp_client", {"dhcp_clients": tables}, tables, forget=[clients.forget])


@pytest.fixture(params=["linux", pytest.param("openwrt", marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    build = {"linux": over_dhcpcd, "openwrt": openwrt_dhcp_clients}[request.param]
    return lambda **more: device_of(tmp_path, build, (dhcpv4_client, dhcpv6_client), **more)


@pytest.fixture
def device(make: Make) -> Gateway:
    return make()


@pytest.mark.parametrize("table", [CLIENT4, CLIENT6])
def test_a_new_client_is_off_and_on_nothing(device: Gateway, table: str) -> None:
    client = device.add(table)
    assert (device.get(f"{client}Enable"), device.get(f"{client}Interface")) == ("false", "")
    assert device.get(f"{client}Status") == "Disabled"
    device.set({f"{client}Enable": "1"})
    assert device.get(f"{client}Status") == "Error_Misconfigured"
    device.set({f"{client}Interface": device.row("low0")})
    assert device.get(f"{client}Interface") == device.row("low0")
    assert device.get(f"{client}Status") == "Error", "its link is down"


def test_a_client_on_an_interface_that_is_not_given_to_the_agent_is_denied(make: Make) -> None:
    device = make(manage="")
    client = device.add(CLIENT4, Interface=device.row("low0"))
    assert device.refused({f"{client}Enable": "1"}) == {f"{client}Enable": "Denied"}


def test_two_clients_on_one_interface_are_refused(device: Gateway) -> None:
    device.add(CLIENT4, Interface=device.row("low0"), Enable="1")
    device.add(CLIENT6, Interface=device.row("low0"), Enable="1")
    other = device.add(CLIENT4, Interface=device.row("low0"))
    assert device.refused({f"{other}Enable": "1"}) == {f"{other}Enable": "InvalidValue"}


def test_options_are_what_was_set(device: Gateway) -> None:
    client = device.add(CLIENT4, Interface=device.row("low0"), Enable="1")
    values = {"12": "6d792d72", "60": "64736c666f72756d2e6f7267", "61": "0102ff", "77": "0361FF62"}
    rows = {tag: device.add(f"{client}SentOption.", Enable="1", Tag=tag, Value=value) for tag, value in values.items()}
    asked = device.add(f"{client}ReqOption.", Tag="42", Enable="1")
    again = device.again()
    for tag, row in rows.items():
        assert again.get(f"{row}Value").lower() == values[tag].lower()
        assert (again.get(f"{row}Tag"), again.get(f"{row}Enable")) == (tag, "true")
    assert (again.get(f"{asked}Tag"), again.get(f"{asked}Enable"), again.get(f"{asked}Value")) == ("42", "true", "")
    again.set({f"{rows['61']}Enable": "0", f"{rows['77']}Value": "0161", f"{asked}Enable": "0"})
    assert again.get(f"{rows['61']}Value").lower() == "0102ff"
    assert again.get(f"{rows['77']}Value") == "0161"
    again.delete(rows["12"])
    assert again.get(f"{client}SentOptionNumberOfEntries") == "3"


def test_options_of_dhcpv6_are_what_was_set(device: Gateway) -> None:
    client = device.add(CLIENT6, Interface=device.row("low0"), Enable="1", RequestedOptions="31,17")
    sent = device.add(f"{client}SentOption.", Enable="1", Tag="16", Value="00000de9000361ff62")
    device.set({f"{client}RequestPrefixes": "1", f"{client}RequestAddresses": "0"})
    again = device.again()
    told = again.tree(client)
    assert (told["RequestPrefixes"], told["RequestAddresses"], told["RequestedOptions"]) == ("true", "false", "31,17")
    assert again.get(f"{sent}Value").lower() == "00000de9000361ff62"
    assert again.refused({f"{client}SuggestedT1": "60"}) == {f"{client}SuggestedT1": "InvalidValue"}
    assert again.refused({f"{client}RequestedOptions": "1"}) == {f"{client}RequestedOptions": "InvalidValue"}


def test_what_cannot_be_sent_or_asked_for_is_refused_by_its_parameter(device: Gateway) -> None:
    client = device.add(CLIENT4)
    sent = device.add(f"{client}SentOption.")
    refused = device.refused({f"{sent}Enable": "1", f"{sent}Tag": "82", f"{sent}Value": "00"})
    assert refused[f"{sent}Tag"] == "InvalidValue"
    assert device.refused({f"{sent}Enable": "1", f"{sent}Tag": "12", f"{sent}Value": "2e00"})
    device.set({f"{sent}Enable": "1", f"{sent}Tag": "61", f"{sent}Value": "0102"})
    twice = device.add(f"{client}SentOption.", Value="03ff")
    assert device.refused({f"{twice}Enable": "1", f"{twice}Tag": "61"})[f"{twice}Tag"] == "InvalidValue"
    asked = device.add(f"{client}ReqOption.")
    assert device.refused({f"{asked}Tag": "53"}) == {f"{asked}Tag": "InvalidValue"}
    device.set({f"{asked}Tag": "42", f"{asked}Enable": "1"})
    once_more = device.add(f"{client}ReqOption.", Tag="42")
    assert device.refused({f"{once_more}Enable": "1"})


def test_the_order_of_what_is_asked_for_has_no_gaps(device: Gateway) -> None:
    client = device.add(CLIENT4)
    one, other = (device.add(f"{client}ReqOption.") for _ in range(2))
    assert device.get(f"{other}Order") == "2"
    device.set({f"{other}Order": "1"})
    assert device.get(f"{one}Order") == "2"
    device.delete(other)
    assert device.get(f"{one}Order") == "1"


def test_deleting_a_client_takes_its_options_along(device: Gateway) -> None:
    for table in (CLIENT4, CLIENT6):
        client = device.add(table)
        device.add(f"{client}SentOption.")
        device.delete(client)
        assert device.tree(table) == {}


def test_what_would_cut_the_management_server_off_waits_for_the_session_s_end(device: Gateway) -> None:
    client = device.add(CLIENT4, Interface=device.row("low0"))
    other = device.add(CLIENT4, Interface=device.row("low1"))
    device.way = RouteTo("low0", "192.0.2.77", "192.0.2.1")
    assert device.set({f"{client}Enable": "1"}) == 1
    assert device.get(f"{client}Enable") == "true"
    assert device.set({f"{other}Interface": ""}) == 1, "what waits is made with it"


def test_no_text_in_a_writable_parameter_is_an_accident(device: Gateway) -> None:
    for table, below in ((CLIENT4, ("SentOption.", "ReqOption.")), (CLIENT6, ("SentOption.",))):
        client = device.add(table)
        for name in below:
            device.add(client + name)
    names = [
        name.path
        for table in (CLIENT4, CLIENT6)
        for name in device.model.names(table, False, Caller.ACS)
        if name.writable and not name.path.endswith((".", "Alias"))
    ]
    assert len(names) > 20
    accidents: list[tuple[str, str]] = []
    for path in names:
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [(path, text) for one in refusals.refusals if isinstance(one, Unavailable)]
    assert accidents == []
    assert len(device.tree(CLIENT4)) > 15
