"""What has come of a PPPoE connection, by netifd and by the kernel; Reset; a bus that is silent."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.netlink_types import Address
from backends.openwrt.protocols.ppp_state import ERRORS
from backends.ppp.links import ARPHRD_PPP
from backends.tr181.openwrt_ppp import openwrt_ppp
from backends.tr181.ppp import ppp
from tests.backends.openwrt.procd import Procd
from tests.backends.openwrt.protocols.dumps import DIALLED, down
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway, with_pppoe
from tests.backends.openwrt.protocols.test_ppp import DSL, ROW

pytestmark = pytest.mark.slow
Make = Callable[..., Gateway]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda **more: Gateway(tmp_path, [with_pppoe(openwrt_ppp)], [ppp], network=NETWORK + DSL, **more)


def dial(gateway: Gateway) -> None:
    """What pppd makes of it in the kernel."""
    gateway.kernel.add_link("pppoe-dsl", "", type=ARPHRD_PPP, up=True, running=True, operstate="unknown")
    gateway.kernel.addresses.append(Address("pppoe-dsl", 4, "10.67.0.100", 32, peer="10.67.0.1"))
    own = Address("pppoe-dsl", 6, "fe80::6166:212c:a581:e387", 128, scope="link", peer="fe80::d5c4:f032:2f7d:5bd2")
    gateway.kernel.addresses.append(own)
    sessions = gateway.directory / "proc/net/pppoe"
    sessions.parent.mkdir(parents=True)
    sessions.write_text("Id       Address              Device\n00000100 7e:a7:ea:27:e3:7e      eth2\n")


def test_a_connection_that_is_up(make: Make, procd: Procd) -> None:
    procd.interfaces = [DIALLED]
    gateway = make(bus=procd.path)
    dial(gateway)
    told = gateway.tree(ROW)
    facts = {
        "Status": "Up", "ConnectionStatus": "Connected", "LastConnectionError": "ERROR_NONE", "PPPoE.SessionID": "1",
        "IPCP.LocalIPAddress": "10.67.0.100", "IPCP.RemoteIPAddress": "10.67.0.1",
        "IPCP.DNSServers": "10.67.0.53,10.67.0.54", "Stats.UnknownProtoPacketsReceived": "0",
        "IPv6CP.LocalInterfaceIdentifier": "::6166:212c:a581:e387",
    }  # fmt: skip
    assert {name: told[name] for name in facts} == facts
    assert gateway.get("Device.PPP.InterfaceNumberOfEntries") == "1", "the link is the connection's"


@pytest.mark.parametrize(("code", "error"), [*ERRORS.items(), ("SOMETHING", "ERROR_UNKNOWN")])
def test_why_it_failed_is_told_in_the_data_model_s_words(make: Make, procd: Procd, code: str, error: str) -> None:
    procd.interfaces = [down("dsl", "pppoe", code, pending=True)]
    gateway = make(bus=procd.path)
    assert gateway.get(f"{ROW}ConnectionStatus") == "Connecting"
    assert gateway.get(f"{ROW}LastConnectionError") == error
    assert gateway.get(f"{ROW}Status") == "Down"


def test_a_silent_bus_leaves_what_is_configured_and_what_the_kernel_has(make: Make) -> None:
    gateway = make()
    told = gateway.tree(ROW)
    assert (told["Username"], told["Status"], told["ConnectionStatus"]) == ("me", "Down", "Disconnected")
    dial(gateway)
    assert gateway.get(f"{ROW}ConnectionStatus") == "Connected"
    assert gateway.refused({f"{ROW}Reset": "1"}) == {f"{ROW}Reset": "Unavailable"}


def test_reset_takes_it_down_and_up_once_the_change_is_made(make: Make, procd: Procd) -> None:
    procd.interfaces = [DIALLED]
    procd.serve_interface("dsl")
    gateway = make(bus=procd.path)
    gateway.set({f"{ROW}Reset": "1"})
    assert [method for _, method, _ in procd.told] == ["down", "up"]
    assert gateway.text == NETWORK + DSL
    assert gateway.get(f"{ROW}Reset") == "false"
    gateway.set({f"{ROW}Reset": "0"})
    assert len(procd.told) == 2


def test_two_sessions_over_one_link_are_not_told_apart(make: Make) -> None:
    gateway = make()
    dial(gateway)
    sessions = gateway.directory / "proc/net/pppoe"
    sessions.write_text(sessions.read_text() + "00000200 7e:a7:ea:27:e3:7e      eth2\n")
    assert gateway.get(f"{ROW}PPPoE.SessionID") == "0"
