"""The daemon as a process: how it ends, reads its settings again, keeps others out, and counts its crashes."""

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from agent.cli import client
from agent.lab.acs import LabAcs
from agent.lab.behaviour import Behaviour
from tests.durability.stand import Stand
from tests.thread_signal import signal_another_thread
from tests.waiting import PATIENCE, until

SAMPLE = Path(__file__).parents[1] / "state" / "v1.json"  # frozen for ever: it is what is in the field
CODE = "Device.DeviceInfo.ProvisioningCode"


def contents(directory: Path) -> Mapping[str, tuple[int, int, bytes]]:
    """Every file below, with its inode and time of change: what an untouched directory has in common with itself."""
    return {
        str(path.relative_to(directory)): (path.stat().st_ino, path.stat().st_ctime_ns, path.read_bytes())
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_sigterm_during_a_session_ends_it_within_two_seconds_and_with_success(stand: Stand) -> None:
    agent = stand.first_contact()
    stand.acs.behaviour = Behaviour(reply_delay=30.0)
    agent.ask("inform")
    stand.acs.wait_until(lambda: agent.ask("status")["acs"]["state"] == "in session", PATIENCE)

    begun = time.monotonic()
    status = agent.stop()

    assert status == 0
    assert time.monotonic() - begun <= 2.0
    assert not (stand.state / "control.sock").exists()


@pytest.mark.slow
def test_a_signal_that_another_thread_got_ends_an_idle_agent_at_once(stand: Stand) -> None:
    agent = stand.first_contact()
    time.sleep(0.3)  # nothing is due for a while: the owner waits for its inbox

    begun = time.monotonic()
    signal_another_thread(agent.pid, signal.SIGTERM)
    stand.acs.wait_until(lambda: not agent.is_alive, PATIENCE)

    assert time.monotonic() - begun <= 2.0


@pytest.mark.slow
def test_a_reload_that_another_thread_was_asked_for_is_done_at_once(stand: Stand) -> None:
    agent = stand.first_contact()
    time.sleep(0.3)

    signal_another_thread(agent.pid, signal.SIGHUP)

    stand.acs.wait_until(lambda: any("settings were read again" in line for line in stand.log_lines()), 2.0)
    assert agent.is_alive


@pytest.mark.slow
def test_a_changed_url_is_followed_by_bootstrap_at_the_other_acs_on_sighup(stand: Stand) -> None:
    agent = stand.first_contact()
    with LabAcs() as other:
        stand.configure(other.url)
        os.kill(agent.pid, signal.SIGHUP)

        assert other.wait_for_inform(timeout=PATIENCE).events == ("0 BOOTSTRAP",)
        assert agent.ask("status")["acs"]["url"] == other.url


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["[acs\nurl =", '[acs]\nurl = "ftp://x/"', "[no_such_table]\nx = 1", None])
def test_a_broken_settings_file_changes_nothing_on_sighup_and_is_named_in_the_log(
    stand: Stand, broken: str | None
) -> None:
    agent = stand.first_contact()
    if broken is None:
        stand.settings.unlink()
    else:
        stand.settings.write_text(broken)

    os.kill(agent.pid, signal.SIGHUP)
    stand.acs.wait_until(lambda: any("ERROR" in line for line in stand.log_lines()), PATIENCE)

    assert agent.ask("status")["acs"]["url"] == stand.acs.url
    assert stand.session(agent)
    errors = [line for line in stand.log_lines() if "ERROR" in line]
    assert len(errors) == 1
    assert str(stand.settings) in errors[0]


@pytest.mark.slow
@pytest.mark.parametrize("shared", ["state", "socket"])
def test_a_second_agent_is_refused_before_it_touches_anything(
    stand: Stand, make_stand: Callable[..., Stand], shared: str
) -> None:
    first = stand.first_contact()
    second = make_stand()
    if shared == "state":
        second.state = stand.state
        second.configure(second.acs.url, f'[control]\nsocket = "{second.directory}/other.sock"\n')
    else:
        second.configure(second.acs.url, f'[control]\nsocket = "{stand.state}/control.sock"\n')
        second.state.mkdir()
    before = contents(second.state)

    ended = second.launch().process.wait(PATIENCE)

    assert ended == 1
    assert "another agent" in second.log_lines()[-1]
    assert not any("Traceback" in line for line in second.log_lines())
    assert contents(second.state) == before
    assert not second.acs.informs
    assert stand.session(first)


@pytest.mark.slow
def test_state_of_a_newer_version_is_set_aside_and_the_device_comes_back_as_new_to_the_acs_that_it_had(
    stand: Stand,
) -> None:
    agent = stand.first_contact()
    with LabAcs() as chosen:
        stand.done(agent, "SetParameterValues", parameters={"Device.ManagementServer.URL": chosen.url})
        chosen.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        chosen.wait_for_session_end(timeout=PATIENCE)
        agent.stop()
        for name in ("model", "delivery", "starts"):
            newer = {"version": 99, "what": "nobody here knows"}
            (stand.state / f"{name}.json").write_text(json.dumps(newer))
        seen = len(chosen.informs)

        agent = stand.start()

        inform = chosen.wait_for_inform("0 BOOTSTRAP", after=seen, timeout=PATIENCE)
        assert inform.parameters["Device.ManagementServer.ParameterKey"] == ""
        assert stand.unusable() == ["delivery.unusable", "model.unusable", "starts.unusable"]
        assert any("newer agent" in line for line in stand.log_lines())


@pytest.mark.slow
def test_a_document_that_is_no_json_costs_itself_and_is_a_new_beginning(stand: Stand) -> None:
    stand.first_contact().stop()
    (stand.state / "model.json").write_bytes(b'{"version":1,"transac')
    seen = len(stand.acs.informs)

    stand.start()

    assert "0 BOOTSTRAP" in stand.acs.wait_for_inform(after=seen, timeout=PATIENCE).events
    assert stand.unusable() == ["model.unusable"]


@pytest.mark.slow
def test_a_reboot_that_only_restarts_the_agent_happens_once(stand: Stand) -> None:
    command = 'reboot_command = ["sh", "-c", "kill -TERM $PPID; sleep 5"]'
    stand.settings.write_text(stand.settings.read_text().replace('reboot_command = "restart"', command))
    agent = stand.first_contact()
    stand.done(agent, "Reboot", command_key="once")
    assert agent.process.wait(PATIENCE) == 0

    agent = stand.start()

    until(lambda: stand.informs_with("M Reboot", "once"))
    assert "1 BOOT" in stand.acs.informs[-1].events
    until(lambda: not agent.ask("queue")["events"])
    assert stand.session(agent)
    agent.stop()
    agent = stand.start()
    assert stand.session(agent)
    assert stand.acs.informs[-1].events == ("2 PERIODIC",)


@pytest.mark.slow
def test_a_reboot_that_cannot_be_made_is_still_owed(stand: Stand) -> None:
    stand.settings.write_text(
        stand.settings.read_text().replace('reboot_command = "restart"', 'reboot_command = ["false"]')
    )
    agent = stand.first_contact()
    stand.done(agent, "Reboot", command_key="owed")
    until(lambda: any("ended with status 1" in line for line in stand.log_lines()))
    agent.kill()
    stand.configure(stand.acs.url)

    stand.start()

    until(lambda: stand.informs_with("M Reboot", "owed"))


def test_the_frozen_sample_of_the_first_version_loads(networked: Stand) -> None:
    stand = networked
    sample = json.loads(SAMPLE.read_text())
    stand.state.mkdir(mode=0o700)
    for name, document in sample.items():
        (stand.state / f"{name}.json").write_text(json.dumps(document))
    stand.configure("")

    agent = stand.start()

    assert stand.unusable() == []
    assert not [line for line in stand.log_lines() if "Traceback" in line]
    row = "Device.IP.Interface.2.IPv4Address.1."
    assert agent.values(f"{row}Alias", f"{row}IPAddress") == {f"{row}Alias": "uplink", f"{row}IPAddress": "192.0.2.1"}
    assert stand.namespace is not None
    assert "192.0.2.1/24" in stand.namespace.ip("-4 address show dev br0")
    assert agent.values(CODE, "Device.ManagementServer.ParameterKey", "Device.ManagementServer.URL") == {
        CODE: "frozen",
        "Device.ManagementServer.ParameterKey": "key of version 1",
        "Device.ManagementServer.URL": "http://acs.invalid/cwmp",
    }
    queue = agent.ask("queue")
    assert {"code": "M Reboot", "command_key": "reboot of version 1"} in queue["events"]
    assert [one["command_key"] for one in queue["scheduled"]] == ["schedule of version 1"]
    attributes = agent.ask("attributes", path="Device.ManagementServer.PeriodicInformInterval")["attributes"]
    assert (attributes[0]["notification"], attributes[0]["access_list"]) == (1, [])


@pytest.mark.slow
def test_the_sixth_start_after_five_crashes_leaves_the_system_alone_and_says_so(networked: Stand) -> None:
    stand = networked
    agent = stand.first_contact()
    bridge = stand.done(agent, "AddObject", path="Device.Bridging.Bridge.")["instance_number"]
    row = f"Device.Bridging.Bridge.{bridge}."
    stand.done(agent, "SetParameterValues", parameters={f"{row}Enable": True})
    agent.kill()
    for _ in range(4):
        stand.start().kill()
    assert stand.namespace is not None
    stand.namespace.ip("link delete br0")

    agent = stand.start()

    assert "crashed repeatedly" in agent.ask("status")["pending"]["write_side"]
    assert any("ERROR the agent has crashed repeatedly" in line for line in stand.log_lines())
    assert "br0" not in stand.namespace.ip("link show")
    with pytest.raises(client.Failure, match="repeated crashes"):
        agent.ask("set", values={f"{row}Enable": "false"})
    assert agent.ask("set", values={CODE: "still mine"})["status"] == 0
    refusal = stand.rpc(agent, "SetParameterValues", parameters={f"{row}Enable": False}).result or {}
    assert [one["code"] for one in refusal["parameters"]] == [9001]

    agent.stop()
    agent = stand.start()

    assert agent.ask("status")["pending"]["write_side"] == "on"
    assert "br0" in stand.namespace.ip("link show")
    assert agent.values(CODE) == {CODE: "still mine"}


@pytest.mark.slow
def test_clean_ends_between_crashes_keep_the_write_side(stand: Stand) -> None:
    stand.first_contact().kill()
    for _ in range(2):
        stand.start().kill()
    stand.start().stop()
    for _ in range(3):
        stand.start().kill()

    assert stand.start().ask("status")["pending"]["write_side"] == "on"


@pytest.mark.slow
def test_fifty_periodic_sessions_write_nothing_to_the_state_directory(stand: Stand) -> None:
    agent = stand.first_contact()
    assert stand.session(agent)
    before, directory = contents(stand.state), stand.state.stat()

    for _ in range(50):
        assert stand.session(agent)

    assert contents(stand.state) == before
    assert stand.state.stat().st_mtime_ns == directory.st_mtime_ns


@pytest.mark.slow
def test_a_plain_restart_says_only_what_is_pending(stand: Stand) -> None:
    agent = stand.first_contact()
    agent.kill()
    agent = stand.start()
    time.sleep(0.5)
    assert len(stand.acs.informs) == 1

    stand.session(agent)

    assert stand.acs.informs[-1].events == ("2 PERIODIC",)


@pytest.mark.slow
def test_a_setting_that_waits_for_a_start_is_told_at_every_sighup_until_it_is_put_back(stand: Stand) -> None:
    agent = stand.first_contact()
    before = stand.settings.read_text()

    def told(text: str) -> list[str]:
        seen = len(stand.log_lines())
        stand.settings.write_text(text)
        os.kill(agent.pid, signal.SIGHUP)
        stand.acs.wait_until(
            lambda: any("settings were read again" in line for line in stand.log_lines()[seen:]), PATIENCE
        )
        return [line for line in stand.log_lines()[seen:] if "next start" in line]

    changed = before + '\n[trace]\ndirectory = "/run/elsewhere"\n'
    assert len(told(changed)) == 1
    assert len(told(changed)) == 1
    assert told(before) == []
