"""PPPoE in /etc/config/network, beside people: what is read, what is written, and what stays."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from backends.netlink_types import RouteTo
from backends.openwrt.protocols.ppp import PppoeLinks, link_name
from backends.tr181.openwrt_ppp import openwrt_ppp
from backends.tr181.ppp import ppp
from backends.uci import FileUci, Places, Section
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway, with_pppoe

pytestmark = pytest.mark.slow
DSL = """
# the other provider's
config interface 'dsl'
	option proto 'pppoe'
	option device 'eth2'
	option username 'me'
	option password 'secret'
	option pppd_options 'debug maxconnect 60'
	option keepalive '6,15'
	option host_uniq 'ff'
"""
ROW = "Device.PPP.Interface.1."
Make = Callable[..., Gateway]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda network=NETWORK + DSL, **more: Gateway(
        tmp_path, [with_pppoe(openwrt_ppp)], [ppp], network=network, **more
    )


def test_a_person_s_connection_is_read(make: Make) -> None:
    gateway = make()
    told = gateway.tree(ROW)
    facts = {
        "Enable": "true", "Name": "pppoe-dsl", "LowerLayers": gateway.row("eth2", "Device.Ethernet.Link."),
        "Username": "me", "Password": "", "AutoDisconnectTime": "60", "LCPEcho": "15", "LCPEchoRetry": "6",
        "LCPEchoAdaptive": "true", "MaxMRUSize": "1492", "ConnectionTrigger": "AlwaysOn", "IPv6CPEnable": "true",
    }  # fmt: skip
    assert {name: told[name] for name in facts} == facts


@pytest.mark.parametrize(
    ("said", "echo"),
    [("", ("1", "5")), ("option keepalive '0'", ("5", "0")), ("option keepalive '3 10'", ("10", "3")),
     ("option keepalive 'x'", ("5", "0"))],
)  # fmt: skip
def test_echoes_are_what_netifd_s_script_makes_of_them(make: Make, said: str, echo: tuple[str, str]) -> None:
    told = make(network=NETWORK + DSL.replace("option keepalive '6,15'", said)).tree(ROW)
    assert (told["LCPEcho"], told["LCPEchoRetry"]) == echo


def test_only_what_differs_is_written(make: Make) -> None:
    gateway = make()
    gateway.set_row(ROW, Password="other", AutoDisconnectTime="0")
    expected = (NETWORK + DSL).replace("'secret'", "'other'").replace("'debug maxconnect 60'", "'debug'")
    assert gateway.text == expected
    gateway.set_row(ROW, ConnectionTrigger="OnDemand", IdleDisconnectTime="60")
    assert gateway.text == expected + "\toption demand '60'\n"
    gateway.set_row(ROW, ConnectionTrigger="Manual")
    assert gateway.text == expected.replace("'debug'", "'debug idle 60'") + "\toption auto '0'\n"
    gateway.set_row(ROW, ConnectionTrigger="AlwaysOn", IdleDisconnectTime="0", LCPEchoRetry="5", IPCPEnable="0")
    assert gateway.text == expected.replace("'debug'", "'debug noip'").replace("'6,15'", "'5 15'")


def test_one_that_was_added_is_an_interface_whose_link_has_a_name_that_fits(make: Make) -> None:
    gateway = make(network=NETWORK)
    row = gateway.add("Device.PPP.Interface.", Username="me", Password="x", Enable="1",
                      LowerLayers=gateway.row("eth2", "Device.Ethernet.Link."))  # fmt: skip
    [name] = set(gateway.sections()) - {"loopback", "lan", "wan", "wan6"}
    assert gateway.says(name) == {
        "proto": "pppoe", "device": "eth2", "username": "me", "password": "x", "keepalive": "3 20",
    }  # fmt: skip
    assert gateway.get(f"{row}Name") == f"pppoe-{name}"
    assert len(gateway.get(f"{row}Name")) <= 15
    gateway.delete(row)
    assert gateway.text == NETWORK


def test_a_person_s_connection_that_is_deleted_leaves_its_interface(make: Make) -> None:
    gateway = make()
    gateway.delete(ROW)
    assert gateway.says("dsl") == {"proto": "none", "device": "eth2", "host_uniq": "ff"}


def test_one_over_a_link_that_is_not_given_stays_as_it_is(make: Make) -> None:
    gateway = make(manage=("br-lan",))
    assert set(gateway.refused_in(ROW, Username="you").values()) == {"Denied"}
    assert gateway.refused_in(ROW, Enable="0") == {"Enable": "Denied"}
    with pytest.raises(Refusals):
        gateway.delete(ROW)
    assert gateway.text == NETWORK + DSL


def test_the_way_to_the_management_server_is_not_cut_within_a_session(make: Make) -> None:
    gateway = make()
    assert gateway.set_row(ROW, Username="you") == 0
    gateway.way = RouteTo("pppoe-dsl", "10.67.0.100", "10.67.0.1")
    assert gateway.set_row(ROW, Username="they") == 1
    assert gateway.says("dsl")["username"] == "you"
    assert gateway.get(f"{ROW}Username") == "they"


def test_links_have_the_names_that_the_script_gives_them(tmp_path: Path) -> None:
    assert link_name(Section("interface", "dsl", "dsl", {"pppname": "isp"})) == "isp"
    places = Places.under(tmp_path)
    places.config.mkdir(parents=True)
    (places.config / "network").write_text(NETWORK + DSL + "\nconfig interface\n\toption proto 'pppoe'\n")
    assert PppoeLinks(FileUci(places))() == {"dsl": "pppoe-dsl"}
