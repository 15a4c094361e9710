"""End to end: an empty machine becomes a managed device by a preset alone, and by the wizard alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from agent.lab.gate import Auth
from agent.presets import BESIDE
from tests.cli.test_setup_wizard import Terminal
from tests.durability.stand import Agent, Stand
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow

CODE = "Device.DeviceInfo.ProvisioningCode"
SERVER = "Device.ManagementServer."
PASSWORD = "canary-4711"

PRESET = """description = "acme"
[acs]
url = "{url}"
username = "acme"
password = "{password}"
[inform]
interval = 600
[connection_request]
username = "acs-{{oui}}"
[values]
"{code}" = "{value}"
{more}
[attributes]
"{code}" = "active"
"""


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """An ACS that asks for a password, and a machine whose settings name none."""
    with Stand(tmp_path, auth=Auth("digest", "acme", PASSWORD), more='[preset]\ndirectory = "firmware"\n') as made:
        made.configure("")
        yield made
        print(*made.log_lines()[-60:], sep="\n")
        assert not any("canary" in line for line in made.log_lines())


def provide(stand: Stand, value: str = "acme.1", more: str = "", directory: str = "firmware") -> Path:
    place = stand.directory / directory
    place.mkdir(mode=0o755, exist_ok=True)
    file = place / "acme.toml"
    file.write_text(PRESET.format(url=stand.acs.url, password=PASSWORD, code=CODE, value=value, more=more))
    file.chmod(0o600)
    return file


def again(stand: Stand, agent: Agent) -> Agent:
    assert agent.stop() == 0
    return stand.start()


def test_an_empty_machine_with_only_a_preset_is_managed(stand: Stand) -> None:
    provide(stand)
    agent = stand.first_contact()

    assert stand.acs.informs[0].events == ("0 BOOTSTRAP", "1 BOOT")
    read = stand.done(agent, "GetParameterValues", names=[CODE, f"{SERVER}PeriodicInformInterval", f"{SERVER}URL"])
    assert [one["value"] for one in read["parameters"]] == ["acme.1", "600", stand.acs.url]
    assert agent.ask("attributes", path=CODE)["attributes"][0]["notification"] == 2
    assert agent.values(f"{SERVER}ConnectionRequestUsername").popitem()[1].startswith("acs-")
    shown = agent.ask("preset")
    assert (shown["active"]["made"], shown["active"]["refused"]) == ([CODE, f"attributes of {CODE}"], [])
    assert PASSWORD not in json.dumps(shown)


@pytest.mark.slow
def test_another_preset_is_followed_until_the_acs_has_set_the_value(stand: Stand) -> None:
    provide(stand)
    agent = again(stand, stand.first_contact())
    assert agent.ask("preset")["active"]["made"] == []

    provide(stand, "acme.2")
    agent = again(stand, agent)
    assert agent.values(CODE) == {CODE: "acme.2"}

    stand.rpc(agent, "SetParameterValues", parameters={CODE: "the ACS's"}, parameter_key="")
    provide(stand, "acme.3")
    agent = again(stand, agent)
    assert agent.values(CODE) == {CODE: "the ACS's"}
    assert agent.ask("preset")["active"]["kept"] == [CODE]

    seen = len(stand.acs.informs)
    stand.rpc(agent, "FactoryReset")
    stand.acs.wait_for_inform("0 BOOTSTRAP", after=seen, timeout=PATIENCE)
    assert until(lambda: agent.values(CODE)) == {CODE: "acme.3"}


@pytest.mark.slow
def test_a_preset_that_is_refused_leaves_a_managed_device_and_a_word(stand: Stand) -> None:
    provide(stand, more='"Device.Nowhere.X" = 1\n"Device.DeviceInfo.UpTime" = 1')
    agent = stand.first_contact()
    assert agent.values(CODE) == {CODE: ""}
    told = [line for line in stand.log_lines() if "the preset" in line]
    assert any("Device.Nowhere.X: " in line for line in told)
    assert any("Device.DeviceInfo.UpTime: " in line for line in told)
    assert any("the agent goes on without them" in line for line in told)


@pytest.mark.slow
def test_the_owners_preset_comes_first_and_the_settings_file_before_all(stand: Stand) -> None:
    provide(stand, "the firmware's")
    provide(stand, "the owner's", directory=BESIDE)
    agent = stand.first_contact()
    assert agent.values(CODE) == {CODE: "the owner's"}
    stand.configure("http://127.0.0.1:9/")
    agent = again(stand, agent)
    assert agent.values(f"{SERVER}URL") == {f"{SERVER}URL": "http://127.0.0.1:9/"}
    assert agent.values(f"{SERVER}Username") == {f"{SERVER}Username": ""}, "the preset's is for the preset's ACS"


@pytest.mark.slow
@pytest.mark.parametrize("may_replace", ["true", "false"])
def test_dhcp_replaces_a_presets_acs_only_where_the_preset_says_so(stand: Stand, may_replace: str) -> None:
    found = '[discovery]\ninterface = "lo"\nallow_http = true\n[preset]\ndirectory = "firmware"\n'
    stand.configure("", found)
    file = provide(stand)
    text = file.read_text().replace("[inform]", f"dhcp_may_replace = {may_replace}\n[inform]")
    file.write_text(text.replace(stand.acs.url, "http://127.0.0.1:9/"))
    agent = stand.start()
    assert agent.ask("discover")["acs"]["source"] == "preset"

    url = stand.acs.url.encode()
    option = (bytes([1, len(url)]) + url).hex()
    event = {"client": "udhcpc", "reason": "bound", "environment": {"interface": "lo", "opt43": option}}
    assert agent.ask("dhcp_event", event=event)["accepted"] is True
    if may_replace == "true":
        stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)  # with the preset's credentials
        assert agent.ask("discover")["acs"]["source"] == "dhcpv4"
    else:
        assert agent.values(f"{SERVER}URL") == {f"{SERVER}URL": "http://127.0.0.1:9/"}
        assert agent.ask("discover")["acs"]["source"] == "preset"


def answers(terminal: Terminal, stand: Stand) -> None:
    terminal.answer("URL of the ACS", stand.acs.url)
    terminal.answer("User name for it", "acme")
    terminal.answer("Password for it", PASSWORD)
    terminal.answer("Interface to reach it by")
    terminal.answer("Seconds between", "900")
    terminal.answer("User name by which")
    terminal.answer("Password for that")


def ended(terminal: Terminal) -> int:
    """To its end; a machine with one interface is asked one question more."""
    terminal.decline("only interface")
    return terminal.ended()


def test_an_empty_machine_with_only_the_wizard_is_managed(stand: Stand) -> None:
    agent = stand.start()
    assert agent.ask("status")["acs"]["state"] == "no ACS configured"
    terminal = Terminal("--config", str(stand.settings), "--socket", str(stand.state / "control.sock"))
    try:
        answers(terminal, stand)
        assert ended(terminal) == 0, terminal.said
    finally:
        terminal.close()
    assert "✔ authentication" in terminal.said
    assert PASSWORD not in terminal.said
    stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    stand.acs.wait_for_session_end(timeout=PATIENCE)
    assert until(lambda: agent.ask("status")["acs"]["state"] == "reachable")
    assert agent.values(f"{SERVER}PeriodicInformInterval") == {f"{SERVER}PeriodicInformInterval": "900"}
    assert agent.ask("discover")["acs"]["source"] == "person"


def test_the_wizard_before_the_first_start_makes_the_same_device(stand: Stand) -> None:
    terminal = Terminal("--config", str(stand.settings), "--socket", str(stand.state / "control.sock"))
    try:
        answers(terminal, stand)
        assert ended(terminal) == 0, terminal.said
    finally:
        terminal.close()
    agent = stand.first_contact()
    assert agent.values(f"{SERVER}PeriodicInformInterval") == {f"{SERVER}PeriodicInformInterval": "900"}


def test_a_script_sets_up_a_running_agent(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    stand.start()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    where = ["--config", str(stand.settings), "--socket", str(stand.state / "control.sock"), "--json"]
    given = ["--url", stand.acs.url, "--username", "acme", "--password-stdin", "--interval", "900"]
    assert run(["setup", *where, *given]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert all(step["ok"] for step in told["test"])
    assert PASSWORD not in json.dumps(told)
    stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
