"""From nothing to a BOOTSTRAP session by each DHCP client that people have: the real one, the real hook and agent."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.discovery.real_clients import GATEWAY, ISP6, Cpe, cpe_of, offer, option, option17
from tests.durability.stand import Agent
from tests.netlab.fixtures import make_namespace
from tests.netlab.isp import DhcpServer, serving
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

__all__ = ["make_namespace"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may enter a network namespace from within a process"),
]

CODE = "Device.DeviceInfo.ProvisioningCode"
WAIT = "Device.ManagementServer.CWMPRetryMinimumWaitInterval"
URL = "Device.ManagementServer.URL"
ROGUE = "http://192.0.2.200:7547/"  # outside the range that the provider gives to its clients
OWN6 = "2001:db8:1::1b8/128"


@pytest.fixture
def cpe(make_namespace: Callable[[], Namespace], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cpe]:
    with cpe_of(make_namespace, tmp_path, getattr(request, "param", 4)) as made:
        yield made


HANDING_OVER = [
    *((client, code, client) for client in ("udhcpc", "dhclient", "dhcpcd") for code in ("43", "125")),
    ("networkd", "43", "networkd"),
    ("NetworkManager by dhclient", "43", "networkmanager"),
    ("NetworkManager by dhclient", "125", "networkmanager"),
]
HIDING = [
    ("networkd", "125", "dhcpinform"),
    ("NetworkManager", "43", "dhcpinform"),
    ("NetworkManager", "125", "dhcpinform"),
]


@pytest.mark.parametrize(("client", "code", "told_by"), [*HANDING_OVER, *HIDING])
def test_a_client_brings_a_new_device_to_its_first_session(cpe: Cpe, client: str, code: str, told_by: str) -> None:
    url = cpe.stand.acs.url
    with cpe.serving(option(code, url), answers_inform=told_by == "dhcpinform") as server:
        agent = cpe.stand.start()
        assert agent.ask("discover")["acs"]["url"] == ""
        with cpe.client(client):
            inform = cpe.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
            cpe.stand.acs.wait_for_session_end(timeout=PATIENCE)
            known = agent.ask("discover")
            said = offer(agent, told_by)
            refused = [line for line in cpe.stand.log_lines() if "WARNING" in line and "is not taken" in line]

        assert inform.events[0] == "0 BOOTSTRAP"
        assert inform.parameters[CODE] == "P-1"
        assert "vendor class: dslforum.org" in server.log()
        asked = [line for line in server.log().splitlines() if "DHCPINFORM" in line]
        assert all("ignored" in line for line in asked) or told_by == "dhcpinform"
    assert (known["acs"]["url"], known["acs"]["source"], known["acs"]["told_by"]) == (url, "dhcpv4", told_by)
    assert (said["verdict"], said["retry_minimum_wait"], said["retry_multiplier"]) == ("in force", 1, 1000)
    assert refused == [], "what has no way out yet, and leases that say nothing"
    assert said["gateway"] == (GATEWAY if code == "125" else None)


def test_networkmanager_leaves_a_link_that_is_given_to_the_agent_at_once_and_takes_it_back(cpe: Cpe) -> None:
    def state(link: str) -> str:
        try:
            told = cpe.space.run("nmcli", "-g", "DEVICE,STATE", "device")
        except AssertionError:  # it does not run yet
            return ""
        return dict(line.split(":", 1) for line in told.splitlines()).get(link, "")

    def setup(*words: str) -> str:
        return cpe.space.run(sys.executable, "-m", "agent", "setup", *words)

    theirs = cpe._root / "etc/NetworkManager/conf.d/99-theirs.conf"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("[keyfile]\nunmanaged-devices=interface-name:theirs0\n")
    cpe.space.ip("link add theirs0 type veth peer name theirs1")
    with cpe.serving(), cpe.client("NetworkManager"):
        until(lambda: state("wan") == "connected", lambda: f"wan is {state('wan')}")
        assert "nmcli general reload: done" in setup("--manage", "wan")
        until(lambda: state("wan") == "unmanaged", lambda: f"wan is {state('wan')}")
        assert state("theirs0") == "unmanaged"
        assert "nmcli general reload: done" in setup("--unmanage", "wan")
        until(lambda: state("wan") == "connected", lambda: f"wan is {state('wan')}")
        assert state("theirs0") == "unmanaged"


@pytest.mark.parametrize("cpe", [6], indirect=True)
@pytest.mark.parametrize(("client", "told_by"), [("dhclient6", "dhclient"), ("dhcpcd6", "dhcpcd")])
def test_a_client_of_dhcpv6_brings_a_new_device_to_its_first_session(cpe: Cpe, client: str, told_by: str) -> None:
    url = cpe.stand.acs.url
    with cpe.serving(option("17", url), family=6) as server:
        agent = cpe.stand.start()
        with cpe.client(client):
            inform = cpe.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
            cpe.stand.acs.wait_for_session_end(timeout=PATIENCE)
            known = agent.ask("discover")
        assert client != "dhcpcd6" or "vendor class: 3561" in server.log()
    assert inform.parameters[CODE] == "P-1"
    assert (known["acs"]["url"], known["acs"]["source"], known["acs"]["told_by"]) == (url, "dhcpv6", told_by)


@pytest.mark.parametrize("cpe", [6], indirect=True)
def test_what_odhcp6c_calls_its_hook_with_brings_a_new_device_to_its_first_session(cpe: Cpe) -> None:
    url = cpe.stand.acs.url
    router = {"RA_ROUTES": "::/0,fe80::1,1800,512", "RA_DNS": ISP6}
    lease = {"ADDRESSES": f"{OWN6},117,117,57,102", "RDNSS": ISP6, "OPTION_17": option17(url).hex()}
    with cpe.serving(family=6):
        agent = cpe.stand.start()
        until(lambda: agent.ask("discover")["ways"]["ipv6"] == ["wan"])
        cpe.space.ip(f"address add {OWN6} dev wan nodad")  # as the script that sources the hook does
        for reason, variables in {"started": {}, "ra-updated": router, "bound": router | lease}.items():
            words = [f"{name}={value}" for name, value in variables.items()]
            cpe.space.run("env", *words, "sh", "-c", ". /etc/odhcp6c.user.d/50-cpe-agent", "script", "wan", reason)
        inform = cpe.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        cpe.stand.acs.wait_for_session_end(timeout=PATIENCE)
        known = agent.ask("discover")
    assert inform.parameters[CODE] == "P-1"
    assert (known["acs"]["url"], known["acs"]["source"], known["acs"]["told_by"]) == (url, "dhcpv6", "odhcp6c")


@contextmanager
def rogue(cpe: Cpe, at: Namespace, net: str) -> Iterator[DhcpServer]:
    """A server that names another ACS and other values, behind ``s0`` of a namespace."""
    folder = cpe.stand.directory / "rogue"
    folder.mkdir()
    at.ip(f"address add {net}.200/24 dev s0")
    words = ["--no-ping", f"--dhcp-range={net}.100,{net}.120,120", f"--dhcp-option=option:router,{net}.200"]
    with serving(DhcpServer(at, folder, *words, option("43", ROGUE, "rogue"))) as server:
        yield server


def first_contact(cpe: Cpe) -> Agent:
    """The agent after its first session, with an ACS that DHCP has named."""
    agent = cpe.stand.start()
    cpe.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    cpe.stand.acs.wait_for_session_end(timeout=PATIENCE)
    assert until(lambda: agent.ask("discover")["remembered_host"]) == "192.0.2.1"
    return agent


def nothing_of_it_is_in_force(cpe: Cpe, agent: Agent) -> bool:
    """Nor does anybody think to have met another ACS; values of the right server's lease may have gone with that."""
    time.sleep(1.0)  # for a session that should not be
    values = agent.values(CODE, URL, WAIT)
    assert values[URL] == cpe.stand.acs.url
    assert values[CODE] in ("P-1", "")
    assert values[WAIT] in ("1", "5")
    return len(cpe.stand.informs_with("0 BOOTSTRAP")) == 1


def test_a_rogue_server_in_the_home_is_not_believed_by_a_client_that_asks_on_every_link(
    cpe: Cpe, make_namespace: Callable[[], Namespace]
) -> None:
    home = make_namespace()
    with cpe.serving(option("43", cpe.stand.acs.url)), cpe.client("dhcpcd on every link"):
        agent = first_contact(cpe)
        veth(cpe.space, "lan", home, "s0")
        with rogue(cpe, home, "198.51.100"):
            heard = until(lambda: offer(agent, "dhcpcd", "lan"))
            assert (heard["verdict"], heard["url"]) == ("refused", ROGUE)
            assert nothing_of_it_is_in_force(cpe, agent)


def test_a_rogue_server_on_the_wan_whose_offer_is_the_faster_one_names_no_other_acs(
    cpe: Cpe, make_namespace: Callable[[], Namespace]
) -> None:
    with cpe.serving(option("43", cpe.stand.acs.url), "--dhcp-reply-delay=2"):
        with cpe.client("udhcpc"):
            agent = first_contact(cpe)
        cpe.space.ip("address flush dev wan")
        with rogue(cpe, cpe.beside(make_namespace()), "192.0.2") as faster, cpe.client("udhcpc"):
            heard = until(lambda: offer(agent, "udhcpc").get("url") == ROGUE and offer(agent, "udhcpc"))
            assert heard["verdict"] == "refused"
            assert "DHCP named the host 192.0.2.1 first" in heard["why"]
            assert "DHCPACK" in faster.log()
            assert nothing_of_it_is_in_force(cpe, agent)


def test_a_rogue_server_on_the_wan_that_answers_what_the_agent_itself_asks_names_no_other_acs(
    cpe: Cpe, make_namespace: Callable[[], Namespace]
) -> None:
    cpe.space.ip("address add 192.0.2.9/24 dev wan")
    cpe.space.ip("route add default via 192.0.2.1")
    with cpe.serving(option("43", cpe.stand.acs.url), answers_inform=True):
        agent = first_contact(cpe)
    with rogue(cpe, cpe.beside(make_namespace()), "192.0.2"):
        cpe.space.ip("address flush dev wan")  # another address is asked for anew
        cpe.space.ip("address add 192.0.2.10/24 dev wan")
        cpe.space.ip("route add default via 192.0.2.1")
        heard = until(lambda: offer(agent, "dhcpinform").get("url") == ROGUE and offer(agent, "dhcpinform"))
        assert heard["verdict"] == "refused"
        assert nothing_of_it_is_in_force(cpe, agent)
