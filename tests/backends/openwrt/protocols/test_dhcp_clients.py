"""DHCP clients in /etc/config/network, beside people: what is read, what is written, and what stays."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import Refusals
from backends.netlink_types import RouteTo
from backends.tr181.dhcpv4_client import dhcpv4_client
from backends.tr181.dhcpv6_client import dhcpv6_client
from backends.tr181.openwrt_dhcp_clients import openwrt_dhcp_clients
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway

pytestmark = pytest.mark.slow
WAN, WAN6 = "Device.DHCPv4.Client.1.", "Device.DHCPv6.Client.1."
WORDY = NETWORK.replace(
    "option reqopts '43 125'",
    "option reqopts '43 ntpsrv odd 0x7d'\n\toption hostname '*'\n\toption clientid '01:AA:bb'\n"
    "\tlist sendopts 'lease:60'\n\tlist sendopts 'bootfile:a b'\n\tlist sendopts '0x4d:0361FF62'",
)
LAN4, LAN6 = "Device.DHCPv4.Client.2.", "Device.DHCPv6.Client.2."


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Gateway]:
    return lambda **more: Gateway(tmp_path, [openwrt_dhcp_clients], (dhcpv4_client, dhcpv6_client), **more)


def test_as_it_is_delivered_it_is_read(make: Callable[..., Gateway]) -> None:
    told = make().tree("Device.DHCPv4.Client.")
    assert (told["1.Enable"], told["1.Interface"]) == ("true", make().row("wan"))
    assert [told[f"1.ReqOption.{n}.Tag"] for n in (1, 2)] == ["43", "125"]
    assert told["1.SentOption.1.Value"] == b"dslforum.org".hex().upper()
    six = make().tree("Device.DHCPv6.Client.")
    assert (six["1.RequestAddresses"], six["1.RequestPrefixes"], six["1.RequestedOptions"]) == ("true", "true", "17")
    assert (six["1.DUID"], six["1.RapidCommit"]) == ("0004AABB", "false")


def test_only_what_differs_is_written(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.set_row(WAN, Enable="0")
    assert gateway.text == NETWORK.replace("'kept'\n", "'kept'\n\toption disabled '1'\n")
    gateway.set_row(WAN, Enable="1")
    assert gateway.text == NETWORK
    gateway.set_row(WAN6, RequestAddresses="0", RequestPrefixes="0", RequestedOptions="17,24")
    assert gateway.text == NETWORK.replace("reqopts '17'", "reqopts '17 24'").replace(
        "norelease '1'\n", "norelease '1'\n\toption reqaddress 'none'\n\toption reqprefix 'no'\n"
    )
    gateway.set_row(WAN6, RequestAddresses="1", RequestPrefixes="1", RequestedOptions="17")
    assert gateway.text == NETWORK


def test_a_client_that_was_added_is_an_interface_of_its_own(make: Callable[..., Gateway]) -> None:
    gateway = make()
    client = gateway.add("Device.DHCPv4.Client.", Interface=gateway.row("eth2"), Enable="1")
    gateway.add(f"{client}ReqOption.", Enable="1", Tag="43")
    [name] = set(gateway.sections()) - {"loopback", "lan", "wan", "wan6"}
    assert gateway.text.startswith(NETWORK)
    options = dict(gateway.says(name))
    entries = options.pop("cpe_reqopts")
    assert options == {"proto": "dhcp", "device": "eth2", "reqopts": "43"}
    assert len(entries) == 1
    gateway.delete(f"{client}ReqOption.1.")
    assert gateway.says(name) == {"proto": "dhcp", "device": "eth2"}
    gateway.delete(client)
    assert gateway.text == NETWORK


def test_a_person_s_client_that_is_deleted_leaves_its_interface(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.delete(WAN)
    assert gateway.says("wan") == {"device": "wan", "proto": "none", "unknown": "kept"}
    assert gateway.tree("Device.DHCPv4.Client.") == {}


def test_what_finds_the_management_server_stays_asked_for(
    make: Callable[..., Gateway], caplog: pytest.LogCaptureFixture
) -> None:
    gateway = make()
    for number, tag in ((1, "43"), (2, "125")):
        row = f"{WAN}ReqOption.{number}."
        assert gateway.get(f"{row}Tag") == tag
        assert gateway.refused_in(row, Enable="0") == {"Enable": "Denied"}
        assert gateway.refused_in(row, Tag="42") == {"Tag": "Denied"}
        with pytest.raises(Refusals):
            gateway.delete(row)
    assert gateway.refused_in(WAN6, RequestedOptions="24") == {"RequestedOptions": "Denied"}
    assert "names the management server" in caplog.text
    gateway.set_row(f"{WAN}ReqOption.2.", Order="1")
    assert gateway.says("wan")["reqopts"] == "125 43"


def test_a_person_s_words_stay_as_they_are(make: Callable[..., Gateway]) -> None:
    gateway = make(network=WORDY)
    told = gateway.tree(WAN)
    sent = {told[f"SentOption.{n}.Tag"]: told[f"SentOption.{n}.Value"] for n in (1, 2, 3, 4)}
    assert sent == {"60": b"dslforum.org".hex().upper(), "61": "01AABB", "67": b"a b".hex().upper(), "77": "0361FF62"}
    gateway.add(f"{WAN}ReqOption.", Tag="12", Enable="1")
    gateway.add(f"{WAN}SentOption.", Tag="124", Value="00000de900", Enable="1")
    says = gateway.says("wan")
    assert says["reqopts"] == "43 ntpsrv odd 0x7d 12"
    assert says["sendopts"] == ("lease:60", "bootfile:a b", "0x4d:0361FF62", "124:00000de900")
    assert (says["hostname"], says["clientid"]) == ("*", "01:AA:bb")


def test_a_list_that_netifd_would_leave_out_becomes_a_text_when_it_is_edited(make: Callable[..., Gateway]) -> None:
    gateway = make(network=NETWORK.replace("option reqopts '43 125'", "list reqopts '43'\n\tlist reqopts '125'"))
    gateway.add(f"{WAN}ReqOption.", Tag="12", Enable="1")
    assert gateway.says("wan")["reqopts"] == "43 125 12"


def test_what_openwrt_has_no_option_for_is_refused(make: Callable[..., Gateway]) -> None:
    gateway = make()
    assert gateway.refused_in(WAN6, RapidCommit="1") == {"RapidCommit": "InvalidValue"}
    assert gateway.refused_in(f"{WAN}SentOption.1.", Value="0aff") == {"Value": "InvalidValue"}
    assert gateway.text == NETWORK


def test_odhcp6c_is_told_nothing_that_would_keep_it_from_starting(make: Callable[..., Gateway]) -> None:
    gateway = make()
    row = gateway.add(f"{WAN6}SentOption.", Tag="15", Value="0004686f6d65", Enable="1")
    assert gateway.says("wan6")["userclass"] == "home"
    assert gateway.refused_in(row, Value="0003612062") == {"Value": "InvalidValue"}
    for tag in ("14", "31", "39", "112"):
        assert gateway.refused_in(row, Tag=tag) == {"Tag": "InvalidValue"}
    gateway.set_row(row, Tag="17", Value="00000de9")
    assert gateway.says("wan6")["sendopts"] == "17:00000de9"
    gateway.set_row(row, Tag="16", Value="00000de9000361ff62")
    assert gateway.says("wan6")["vendorclass"] == "00000de9000361ff62"
    gateway.delete(row)
    assert gateway.text == NETWORK


def test_a_client_on_a_link_that_is_not_given_stays_as_it_is(make: Callable[..., Gateway]) -> None:
    gateway = make(manage=("br-lan",))
    assert gateway.refused_in(WAN, Enable="0") == {"Enable": "Denied"}
    assert list(gateway.refused_in(f"{WAN}SentOption.1.", Value="6162").values()) == ["Denied"]
    for row in (WAN, f"{WAN}SentOption.1."):
        with pytest.raises(Refusals):
            gateway.delete(row)
    assert gateway.text == NETWORK


def test_any_option_of_the_way_out_waits_for_the_session_s_end(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.way = RouteTo("wan", "198.51.100.7", "198.51.100.1")
    assert gateway.set_row(f"{WAN}SentOption.1.", Value="6162") == 1
    assert gateway.text == NETWORK
    assert gateway.get(f"{WAN}SentOption.1.Value") == "6162"


def test_a_person_s_edits_are_rows_at_once(make: Callable[..., Gateway]) -> None:
    gateway = make()
    gateway.get(f"{WAN}Enable")
    gateway.write(NETWORK.replace("'43 125'", "'43 125 66'").replace("'dslforum.org'", "'mine'"))
    assert gateway.get(f"{WAN}ReqOption.3.Tag") == "66"
    assert gateway.get(f"{WAN}SentOption.1.Value") == b"mine".hex().upper()


@pytest.mark.parametrize("value", ["'\"$(id);`", "a" * 250])
def test_hostile_texts_come_back_equal(make: Callable[..., Gateway], value: str) -> None:
    gateway = make()
    gateway.set_row(f"{WAN}SentOption.1.", Value=value.encode().hex())
    assert gateway.says("wan")["vendorid"] == value
    assert bytes.fromhex(gateway.again().get(f"{WAN}SentOption.1.Value")) == value.encode()


def test_a_broken_package_takes_no_row_away(make: Callable[..., Gateway], caplog: pytest.LogCaptureFixture) -> None:
    gateway = make()
    before: Any = gateway.tree(WAN)
    gateway.write("config interface 'wan\n")
    assert gateway.tree(WAN) == before
    assert gateway.refused_in(WAN, Enable="0") == {"Enable": "Unavailable"}
    assert "what it said last is taken" in caplog.text
