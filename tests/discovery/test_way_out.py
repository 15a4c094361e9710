"""From nothing to a session: a real DHCP server and client on a cable, the real agent, the lab ACS at the other end."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.discovery.way_out import Home, Provider, at_home, option43
from tests.durability.stand import Agent
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

__all__ = ["make_namespace"]

SERVER = "Device.ManagementServer."
CODE = "Device.DeviceInfo.ProvisioningCode"
ROGUE = "http://192.0.2.200:7547/"  # outside the range that the provider gives to its clients

pytestmark = pytest.mark.skipif(
    not (shutil.which("busybox") and shutil.which("dnsmasq")), reason="busybox (udhcpc) or dnsmasq is not installed"
)


@pytest.fixture
def home(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[Home]:
    try:
        with at_home(make_namespace, tmp_path) as made:
            yield made
            print(*made.stand.log_lines()[-60:], sep="\n")
            print(*(client.log.read_text()[-2000:] for client in made.clients), sep="\n")
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")


def url(agent: Agent) -> str:
    return agent.values(f"{SERVER}URL")[f"{SERVER}URL"]


def source(agent: Agent, name: str, interface: str = "") -> dict[str, Any]:
    found = [one for one in agent.ask("discover")["sources"] if one["source"] == name]
    return next(one for one in found if not interface or one.get("interface") == interface)


def warnings(home: Home) -> list[str]:
    return [line for line in home.stand.log_lines() if "is not taken" in line]


def test_from_nothing_but_a_lease_to_a_bootstrap_session(home: Home) -> None:
    agent, client = home.first_contact()

    inform = home.stand.acs.informs[0]
    assert inform.events[0] == "0 BOOTSTRAP"
    assert inform.parameters[CODE] == "P-1"
    assert url(agent) == home.acs
    answer = agent.ask("discover")
    assert answer["acs"]["source"] == "dhcpv4"
    assert answer["acs"]["told_by"] in ("udhcpc", "dhcpinform"), "whoever was the first to tell"
    assert answer["remembered_host"] == "192.0.2.1"
    assert agent.values(f"{SERVER}CWMPRetryMinimumWaitInterval") == {f"{SERVER}CWMPRetryMinimumWaitInterval": "1"}

    home.provider.says(option43(home.acs))
    client.renew()
    assert until(lambda: agent.values(CODE) == {CODE: ""}), "the option went away"


@pytest.mark.slow
def test_a_lease_that_came_while_no_agent_ran_is_known_to_the_next(home: Home) -> None:
    home.provider.says(option43(home.acs, "P-1"))
    home.stand.start().kill()
    client = home.client()
    until(lambda: "left:" in client.log.read_text())
    agent = home.stand.start()
    assert home.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE).parameters[CODE] == "P-1"
    assert until(lambda: url(agent) == home.acs)
    assert list((home.stand.state / "dhcp-events").iterdir()) == []


@pytest.mark.slow
def test_a_rogue_server_on_the_lan_changes_nothing(home: Home, make_namespace: Callable[[], Namespace]) -> None:
    lan = make_namespace()
    lan.ip("link set lo up")
    veth(home.device, "lan", lan, "s0")
    lan.ip("address add 198.51.100.1/24 dev s0")
    rogue = Provider(lan, home.stand.directory / "rogue", "198.51.100")
    rogue.says(option43(ROGUE, "rogue", "65535"))
    try:
        agent = home.stand.start()
        first = home.client("lan", metric=500)
        until(lambda: first.told() >= 2)
        # Before there is a WAN this is the way out: only the owner's word makes a difference between the two.
        home.stand.configure("", '[discovery]\nallow_http = true\ninterface = "wan"\n')
        agent.kill()
        home.stand.state.joinpath("model.json").unlink(missing_ok=True)
        for left in ("acs", "delivery"):
            home.stand.state.joinpath(f"{left}.json").unlink(missing_ok=True)
        agent = home.stand.start()
        first.renew()
        assert url(agent) == ""
        home.provider.says(option43(home.acs, "P-1"))
        home.client("wan")
        home.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        home.stand.configure("", "[discovery]\nallow_http = true\n")
        agent.stop()
        agent = home.stand.start()
        told = len(warnings(home))
        for _ in range(3):
            first.renew()
        assert until(lambda: source(agent, "dhcpv4", "lan")["verdict"] == "refused")
        assert url(agent) == home.acs
        assert agent.values(CODE) == {CODE: "P-1"}
        assert len(warnings(home)) <= told + 1, "a refused offer is told once, not once a renewal"
    finally:
        rogue.stop()


@pytest.mark.slow
def test_a_rogue_server_on_the_wan_names_no_other_host_even_when_the_acs_is_cut_off(home: Home) -> None:
    agent, client = home.first_contact()
    home.provider.says(option43(ROGUE, "rogue", "65535"))
    client.renew()
    assert url(agent) == home.acs

    home.device.ip(f"route add blackhole {home.acs.split('/')[2].split(':')[0]}/32")
    agent.ask("inform")
    until(lambda: agent.ask("discover")["acs"]["contact"] == "unreachable")
    client.renew()
    time.sleep(1.0)

    rogue = source(agent, "dhcpv4", "wan")
    assert rogue["verdict"] == "refused"
    assert "192.0.2.1 first" in rogue["why"]
    assert url(agent) == home.acs
    assert agent.values(CODE)[CODE] != "rogue"
    home.device.ip(f"route delete blackhole {home.acs.split('/')[2].split(':')[0]}/32")
    assert until(lambda: agent.ask("discover")["acs"]["contact"] == "reached")


@pytest.mark.slow
def test_renewal_release_and_another_way_out_leave_the_acs(home: Home) -> None:
    agent, client = home.first_contact()
    sessions = len(home.stand.acs.informs)
    saved = (home.stand.state / "model.json").read_text()
    for _ in range(2):
        client.renew()
    assert (home.stand.state / "model.json").read_text() == saved
    assert len(home.stand.acs.informs) == sessions

    home.device.ip("link add ppp0 type bridge")  # as when the subscriber's PPPoE takes the way out over
    home.device.ip("link set ppp0 up")
    home.device.ip("route delete default")
    home.device.ip("route add default dev ppp0")
    assert until(lambda: agent.ask("discover")["ways"]["ipv4"] == ["ppp0"])
    assert until(lambda: source(agent, "dhcpv4", "wan")["verdict"] == "refused")
    assert (url(agent), agent.values(CODE)) == (home.acs, {CODE: "P-1"})

    client.release()
    assert until(lambda: agent.values(CODE) == {CODE: ""})
    assert url(agent) == home.acs


@pytest.mark.slow
def test_what_a_person_or_the_acs_has_set_stays_and_a_factory_reset_lets_it_be_found(home: Home) -> None:
    agent, client = home.first_contact()
    by_hand = "http://192.0.2.1:9/by-hand"
    agent.ask("set", values={f"{SERVER}URL": by_hand})
    client.renew()
    until(lambda: agent.ask("discover")["acs"]["contact"] == "unreachable")
    client.renew()
    assert url(agent) == by_hand
    assert agent.ask("discover")["acs"]["source"] == "person"

    seen = len(home.stand.acs.informs)
    agent.ask("set", values={f"{SERVER}URL": home.acs})
    home.stand.acs.wait_for_inform("0 BOOTSTRAP", after=seen, timeout=PATIENCE)
    home.stand.acs.wait_for_session_end(after=home.stand.acs.informs[-1].session - 1, timeout=PATIENCE)
    home.stand.queue("FactoryReset")
    seen = len(home.stand.acs.informs) + 1  # that of the session which carries it
    agent.ask("inform")
    again = home.stand.acs.wait_for_inform("0 BOOTSTRAP", after=seen, timeout=PATIENCE)
    assert again.events[0] == "0 BOOTSTRAP"
    assert until(lambda: agent.ask("discover")["acs"]["source"] == "dhcpv4")


@pytest.mark.slow
def test_killed_at_any_moment_it_knows_its_acs_and_who_named_it_or_neither(home: Home) -> None:
    home.provider.says(option43(home.acs, "P-1"))
    agent = home.stand.start()
    home.client()
    for attempt in range(4):
        time.sleep(0.05 + 0.2 * attempt)
        agent.kill()
        agent = home.stand.start()
        answer = agent.ask("discover")
        assert (answer["acs"]["url"], answer["acs"]["source"]) in (("", ""), (home.acs, "dhcpv4")), answer
    assert until(lambda: url(agent) == home.acs)
    assert home.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    assert home.stand.unusable() == []
