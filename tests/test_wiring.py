"""End to end: the real agent as a process of its own, and the lab ACS at the other end of real HTTP."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli import client
from tests.durability.stand import Agent, Stand
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.shorthand import problems
from tests.waiting import PATIENCE, until

__all__ = ["make_namespace"]

HERE, MOVED, ACS = "192.0.2.2", "192.0.2.3", "192.0.2.1"
PROVISIONING = "Device.DeviceInfo.ProvisioningCode"
SERVER = "Device.ManagementServer."


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """On this machine's loopback, unprivileged: nothing of the machine is managed."""
    with Stand(tmp_path, connection_request_credentials=("acs", "secret")) as made:
        yield made
        print(*made.log_lines()[-60:], sep="\n")  # pytest shows it where a test failed
        is_valid(made)


@pytest.fixture
def remote(tmp_path: Path, make_namespace: Callable[[], Namespace]) -> Iterator[Stand]:
    """The agent in a namespace, the ACS at the other end of a cable in another."""
    home, away = make_namespace(), make_namespace()
    home.ip("link set lo up")
    veth(home, "wan", away, "acs")
    home.ip(f"address add {HERE}/24 dev wan")
    away.ip(f"address add {ACS}/24 dev acs")
    network = "confirm_within = 10"
    try:
        made = Stand(tmp_path, namespace=home, manage=["wan"], network=network, host=ACS, acs_namespace=away)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    with made:
        yield made
        print(*made.log_lines()[-60:], sep="\n")
        is_valid(made)


def is_valid(stand: Stand) -> None:
    """The XSDs find nothing wrong with any envelope that the agent sent."""
    for exchange in stand.acs.exchanges:
        if exchange.envelope:
            assert problems(exchange.envelope, "1.4") == [], exchange.envelope.decode()


def spv(stand: Stand, agent: Agent, parameters: dict[str, Any], key: str = "") -> Any:
    return stand.rpc(agent, "SetParameterValues", parameters=parameters, parameter_key=key)


def refused(rpc: Any) -> dict[str, int]:
    assert rpc.state == "fault", rpc.result
    return {one["path"]: one["code"] for one in rpc.result["parameters"]}


def news(stand: Stand, event: str, cause: Callable[[], object]) -> Any:
    """Do something, and wait until the ACS hears of it."""
    seen = len(stand.acs.informs)
    cause()
    return stand.acs.wait_for_inform(event, after=seen, timeout=2 * PATIENCE)


# -- on loopback ------------------------------------------------------------------------------------------------------


def test_first_contact_reading_and_changing_on_this_machine(stand: Stand) -> None:
    agent = stand.first_contact()
    first = stand.acs.informs[0]
    assert first.events == ("0 BOOTSTRAP", "1 BOOT")
    assert first.parameters[f"{SERVER}ConnectionRequestURL"].startswith("http://127.0.0.1:")

    everything = stand.done(agent, "GetParameterValues", names=["Device."])["parameters"]
    tree = {one["path"]: one["value"] for one in everything}
    assert len(tree) > 100
    assert tree[f"{SERVER}URL"] == stand.acs.url
    assert tree[f"{SERVER}ConnectionRequestPassword"] == ""
    assert tree["Device.ManagementServer.ParameterKey"] == ""

    name = next(path for path, value in tree.items() if path.endswith(".Name") and value == "lo")
    unmanaged = name.removesuffix("Name") + "Enable"
    wrong = {"Device.DeviceInfo.UpTime": 1, unmanaged: False, "Device.Nothing": "x", PROVISIONING: "refused"}
    assert refused(spv(stand, agent, wrong, "K0")) == {
        "Device.DeviceInfo.UpTime": 9008,
        unmanaged: 9001,
        "Device.Nothing": 9005,
    }
    assert agent.values(PROVISIONING, f"{SERVER}ParameterKey") == {PROVISIONING: "", f"{SERVER}ParameterKey": ""}
    assert any("not in [network] manage" in line for line in stand.log_lines())

    secret = {f"{SERVER}ConnectionRequestUsername": "acs", f"{SERVER}ConnectionRequestPassword": "canary-4711"}
    assert spv(stand, agent, {PROVISIONING: "by the ACS", **secret}, "K1").result == {"status": 0}
    assert agent.values(PROVISIONING)[PROVISIONING] == "by the ACS"
    audit = next(line for line in stand.log_lines() if f"acs: set {PROVISIONING}" in line)
    assert f"{SERVER}ConnectionRequestPassword" in audit
    assert not any("canary-4711" in line or "by the ACS" in line for line in stand.log_lines())


@pytest.mark.slow
def test_changes_connection_requests_and_a_reboot_are_told(stand: Stand) -> None:
    agent = stand.first_contact()
    credentials = {f"{SERVER}ConnectionRequestUsername": "acs", f"{SERVER}ConnectionRequestPassword": "secret"}
    spv(stand, agent, credentials)

    told = news(stand, "4 VALUE CHANGE", lambda: agent.ask("set", values={PROVISIONING: "by a person"}))
    assert told.parameters[PROVISIONING] == "by a person"
    stand.acs.wait_for_session_end(after=told.session - 1, timeout=PATIENCE)

    asked = news(stand, "6 CONNECTION REQUEST", lambda: stand.acs.request_connection(stand.device))
    assert asked.events == ("6 CONNECTION REQUEST",)
    stand.acs.wait_for_session_end(after=asked.session - 1, timeout=PATIENCE)

    booted = news(stand, "M Reboot", lambda: stand.done(agent, "Reboot", command_key="why"))
    assert booted.events == ("1 BOOT", "M Reboot")
    assert booted.command_keys[-1] == "why"
    assert until(lambda: agent.ask("status")["acs"]["state"] == "reachable")


@pytest.mark.slow
def test_a_boot_of_the_machine_is_one_event_of_the_history_with_its_cause(stand: Stand) -> None:
    stand.start().stop()

    def boots() -> list[dict[str, Any]]:
        kept = json.loads(next(stand.state.rglob("faults.json")).read_text())["events"]["history"]
        return [one for one in kept if one["kind"] == "reboot"]

    before = len(boots())
    for file in stand.state.rglob("*.json"):
        document = json.loads(file.read_text())
        if isinstance(document, dict) and "boot" in document:
            file.write_text(json.dumps({**document, "boot": "the boot before"}))
    stand.start().stop()
    assert [one["fields"]["reason"] for one in boots()[before:]] == ["by the system"]


@pytest.mark.slow
def test_while_cwmp_is_disabled_nobody_is_called_and_nobody_can_call(stand: Stand) -> None:
    agent = stand.first_contact()
    enable = f"{SERVER}EnableCWMP"
    assert spv(stand, agent, {enable: False}).state == "done"
    until(lambda: agent.ask("status")["acs"]["state"] == "CWMP is disabled")
    told = len(stand.acs.informs)
    assert stand.acs.request_connection(stand.device).status == 0, "somebody listens"
    with pytest.raises(client.Failure, match="CWMP is disabled"):
        agent.ask("inform")
    agent.ask("set", values={PROVISIONING: "in silence"})
    assert {*agent.ask("queue")["changed"]} == {PROVISIONING, f"{SERVER}ConnectionRequestURL"}

    agent.ask("set", values={enable: "true"})

    inform = stand.acs.wait_for_inform("4 VALUE CHANGE", after=told, timeout=PATIENCE)
    assert inform.parameters[PROVISIONING] == "in silence"
    assert stand.acs.request_connection(stand.device).status == 401


@pytest.mark.slow
def test_a_url_that_comes_to_be_or_goes_by_another_parameter_is_told_and_the_doctor_says_why(stand: Stand) -> None:
    agent, url, password = stand.first_contact(), f"{SERVER}ConnectionRequestURL", f"{SERVER}ConnectionRequestPassword"

    told = news(stand, "4 VALUE CHANGE", lambda: agent.ask("set", values={password: ""}))
    assert told.parameters[url] == ""
    stand.acs.wait_for_session_end(after=told.session - 1, timeout=PATIENCE)
    check = next(one for one in agent.ask("doctor")["checks"] if one["name"] == "connection request")
    assert (check["ok"], check["what"]) == (False, "no password is set, so nothing listens")
    assert check["next"] == f"`cpe-agent set {password}=PASSWORD` sets one"

    told = news(stand, "4 VALUE CHANGE", lambda: spv(stand, agent, {password: "secret"}))
    assert told.parameters[url].startswith("http://127.0.0.1:")


def test_another_address_in_the_connection_request_url_opens_a_session(remote: Stand) -> None:
    agent = remote.first_contact()
    assert remote.namespace is not None
    namespace = remote.namespace

    def renumber() -> None:
        namespace.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/all/promote_secondaries")
        namespace.ip(f"address add {MOVED}/24 dev wan")
        namespace.ip(f"address del {HERE}/24 dev wan")

    told = news(remote, "4 VALUE CHANGE", renumber)
    assert MOVED in told.parameters[f"{SERVER}ConnectionRequestURL"]
    assert agent.is_alive


# -- a change of the very path by which the ACS is reached ------------------------------------------------------------


def row_of(agent: Agent, address: str) -> str:
    values = agent.values("Device.IP.Interface.*.IPv4Address.*.IPAddress")
    return next(path for path, value in values.items() if value == address).removesuffix("IPAddress")


def addresses(stand: Stand) -> str:
    assert stand.namespace is not None
    return stand.namespace.ip("-4 -o address show dev wan")


def quick(stand: Stand) -> Agent:
    """A device whose retries come soon."""
    agent = stand.first_contact()
    spv(stand, agent, {f"{SERVER}CWMPRetryMinimumWaitInterval": {"value": "1", "type": "unsignedInt"}}, "before")
    return agent


@pytest.mark.slow
def test_a_change_that_cuts_off_the_acs_is_made_after_the_session_and_comes_back(remote: Stand) -> None:
    agent = quick(remote)
    row = row_of(agent, HERE)
    seen = len(remote.acs.informs)

    assert spv(remote, agent, {f"{row}Enable": False}, "after").result == {"status": 1}
    until(lambda: f"{HERE}/" not in addresses(remote))
    pending = agent.ask("status")["pending"]
    assert pending["unconfirmed_change"].startswith("made")
    told = remote.acs.wait_for_inform(after=seen + 1, timeout=2 * PATIENCE)

    assert any(code.startswith("X ") and code.endswith("CHANGE REVERTED") for code in told.events)
    assert f"{HERE}/24" in addresses(remote)
    assert told.parameters[f"{SERVER}ParameterKey"] == "before"
    assert agent.values(f"{row}Enable") == {f"{row}Enable": "true"}
    assert until(lambda: agent.ask("status")["pending"]["unconfirmed_change"] is None)


def test_a_change_after_which_the_acs_is_reached_stays(remote: Stand) -> None:
    agent = quick(remote)
    row = row_of(agent, HERE)
    seen = len(remote.acs.informs)

    assert spv(remote, agent, {f"{row}IPAddress": MOVED}, "after").result == {"status": 1}
    told = remote.acs.wait_for_inform(after=seen + 1, timeout=PATIENCE)

    assert any(code.startswith("X ") and code.endswith("CHANGE MADE") for code in told.events)
    until(lambda: agent.ask("status")["pending"]["unconfirmed_change"] is None)
    assert MOVED in addresses(remote)
    assert f"{HERE}/" not in addresses(remote)
    agent.kill()
    assert remote.start().values(f"{row}IPAddress", f"{SERVER}ParameterKey") == {
        f"{row}IPAddress": MOVED,
        f"{SERVER}ParameterKey": "after",
    }


@pytest.mark.slow
def test_a_link_that_was_away_while_a_change_waited_has_its_address_once_that_is_confirmed(remote: Stand) -> None:
    assert remote.namespace is not None
    assert remote.acs_namespace is not None
    home, away = remote.namespace, remote.acs_namespace

    def plug_in() -> None:
        home.ip("link add late0 type veth peer name late1")
        home.ip("link set late1 up")
        home.ip("link set late0 up")

    plug_in()
    home.ip("address add 203.0.113.2/24 dev late0")
    remote.settings.write_text(remote.settings.read_text().replace("['wan']", '["wan", "late0"]'))
    agent = quick(remote)
    changed = {f"{row_of(agent, HERE)}IPAddress": MOVED, f"{row_of(agent, '203.0.113.2')}IPAddress": "203.0.113.44"}
    away.ip(f"route add blackhole {MOVED}/32")  # the change is made, and not confirmed yet
    assert spv(remote, agent, changed, "after").result == {"status": 1}
    assert until(lambda: MOVED in addresses(remote))
    home.ip("link delete late0")
    assert until(lambda: not any(value == "late0" for value in agent.values("Device.Ethernet.Link.*.Name").values()))
    plug_in()
    assert until(lambda: any(value == "late0" for value in agent.values("Device.Ethernet.Link.*.Name").values()))
    assert agent.ask("status")["pending"]["unconfirmed_change"].startswith("made")
    assert "203.0.113.44" not in home.ip("-4 -o address show dev late0")

    away.ip(f"route delete blackhole {MOVED}/32")
    assert until(lambda: agent.ask("status")["pending"]["unconfirmed_change"] is None)
    assert until(lambda: "203.0.113.44/24" in home.ip("-4 -o address show dev late0"))


@pytest.mark.slow
def test_the_interface_to_listen_on_is_followed_as_it_goes_and_comes(remote: Stand) -> None:
    assert remote.namespace is not None
    home = remote.namespace
    part = "[connection_request]"
    remote.settings.write_text(remote.settings.read_text().replace(part, f'{part}\ninterface = "late0"'))
    agent = remote.first_contact()

    def facts() -> dict[str, Any]:
        return dict(agent.ask("status")["connection_request"])

    assert "there is no interface late0" in facts()["problem"]
    for _ in range(2):  # under another number of the kernel's each time
        home.ip("link add late0 type bridge")
        home.ip("link set late0 up")
        assert until(lambda: facts()["problem"] == "late0 has no address")
        home.ip("address add 198.51.100.7/24 dev late0")
        assert facts()["url"].startswith("http://198.51.100.7:")
        assert facts()["problem"] == ""
        home.ip("link delete late0")
        assert until(lambda: "there is no interface late0" in facts()["problem"])
        assert facts()["url"] == ""


@pytest.mark.slow
def test_an_agent_whose_management_interface_is_not_there_answers_everything_and_the_doctor_names_it(
    remote: Stand,
) -> None:
    assert remote.namespace is not None
    part = "[network]"
    remote.settings.write_text(remote.settings.read_text().replace(part, f'{part}\nmanagement_interface = "wan"'))
    agent = remote.first_contact()

    def answers() -> None:
        for verb in ("status", "discover", "page_state", "page_where", "inform", "setup"):
            assert "error" not in agent.ask(verb), verb
        assert agent.values("Device.ManagementServer.ConnectionRequestURL").popitem()[1] == ""
        link, *_ = agent.ask("doctor")["checks"]
        assert (link["ok"], link["what"]) == (False, f"there is no link {missing}")
        assert "management_interface" in link["next"]

    missing = "wan"
    remote.namespace.ip("link set wan down")
    remote.namespace.ip("link set wan name elsewhere")
    until(lambda: not agent.ask("doctor")["checks"][0]["ok"])
    answers()
    remote.settings.write_text(remote.settings.read_text().replace('"wan"\n', '"eth9"\n'))
    agent.process.send_signal(signal.SIGHUP)
    missing = "eth9"
    until(lambda: "eth9" in agent.ask("doctor")["checks"][0]["what"])
    answers()
    agent.stop()
    agent = remote.start()
    answers()
    assert not [line for line in remote.log_lines() if "Traceback" in line]

    remote.namespace.ip("link set elsewhere name wan")
    remote.namespace.ip("link set wan up")
    assert agent.ask("settings", values={"network.management_interface": ""})["written"]
    remote.session(agent)


@pytest.mark.slow
def test_a_person_s_change_without_an_acs_is_made_at_once_also_on_the_way_out(remote: Stand) -> None:
    assert remote.namespace is not None
    remote.namespace.ip(f"route add default via {ACS}")
    remote.configure("")
    agent = remote.start()

    assert agent.ask("set", values={f"{row_of(agent, HERE)}Enable": "false"})["status"] == 0
    assert f"{HERE}/" not in addresses(remote)


# -- details ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_first_inform_says_where_this_acs_can_reach_the_device_also_when_it_has_a_name(stand: Stand) -> None:
    stand.configure(stand.acs.url.replace("127.0.0.1", "localhost"))
    agent = stand.first_contact()
    agent.stop()
    agent = stand.start()
    stand.session(agent)

    urls = [inform.parameters[f"{SERVER}ConnectionRequestURL"] for inform in stand.acs.informs]

    assert all(url.startswith("http://127.0.0.1:") for url in urls)
    assert stand.acs.informs[0].events == ("0 BOOTSTRAP", "1 BOOT")
