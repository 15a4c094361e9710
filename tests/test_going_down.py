"""A real agent that is told to reboot, or to forget everything, and what it tells after that."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.cli import client
from agent.cwmp import management_server as ms
from agent.going_down import GoingDown
from agent.model.own_values import OwnValues
from backends.errors import MechanismError
from backends.reboots import Reboots
from tests.durability.stand import Stand
from tests.firmware.machine import Device, order
from tests.waiting import PATIENCE, until

PROVISIONING = "Device.DeviceInfo.ProvisioningCode"
REBOOT = 'reboot_command = "restart"\n'


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with Stand(tmp_path) as made:
        text = made.settings.read_text()
        made.settings.write_text(text.replace(REBOOT, f'{REBOOT}factory_reset_command = ["/bin/false"]\n'))
        yield made
        print(*made.log_lines()[-40:], sep="\n")


def history(stand: Stand) -> list[str]:
    options = type("Options", (), {"socket": str(stand.state / "control.sock"), "config": None})()
    return [one["text"] for one in next(client.stream(options, "history"))["events"]]


def boots(stand: Stand) -> list[str]:
    options = type("Options", (), {"socket": str(stand.state / "control.sock"), "config": None})()
    return [one["text"] for one in next(client.stream(options, "history", kind="reboot"))["events"]]


def test_a_reboot_that_was_asked_for_is_told_once_with_its_cause(stand: Stand) -> None:
    agent = stand.first_contact()
    stand.rpc(agent, "Reboot", command_key="again")
    until(lambda: stand.informs_with("M Reboot", "again"))
    stand.acs.wait_for_session_end(timeout=PATIENCE)
    agent.until_ready()
    told = boots(stand)
    assert "asked for by the ACS" in told[0]
    assert sum("asked for by the ACS" in one for one in told) == 1


def test_an_image_is_started_at_the_acs_wish_and_the_former_comes_back_at_the_agents_own(tmp_path: Path) -> None:
    device = Device(tmp_path)
    agent: Any = SimpleNamespace(
        mechanisms=SimpleNamespace(reboots=Reboots(tmp_path, tmp_path, lambda: None)),
        own=OwnValues(ms.DEFAULTS, {}),
        delivery=SimpleNamespace(is_going_down=False),
        save_all=lambda: None,
    )

    def comes_up() -> tuple[str, str]:
        agent.upgrade = device.upgrade
        GoingDown(agent).reboot()
        assert device.upgrade.has_changed
        device.begin()
        told = agent.mechanisms.reboots.started("1.0", was_clean=True)
        return told.cause, told.reason

    device.upgrade.take(device.received(), order())
    assert comes_up() == ("RemoteReboot", "another firmware image")
    device.upgrade.act(601.0)
    why = "the former image: no session with the ACS came to its end within 600 s"
    assert comes_up() == ("LocalReboot", why)


def test_a_system_that_cannot_reboot_goes_on_at_once() -> None:
    def cannot() -> None:
        raise MechanismError("no reboot")

    told: list[str] = []
    agent: Any = SimpleNamespace(
        mechanisms=SimpleNamespace(reboots=None),
        own=OwnValues(ms.DEFAULTS, {}),
        delivery=SimpleNamespace(is_going_down=False),
        core=SimpleNamespace(stays_up=lambda: told.append("stays up")),
        save_all=lambda: None,
        upgrade=None,
        system=SimpleNamespace(reboot=cannot),
    )
    with pytest.raises(MechanismError):
        GoingDown(agent).reboot()
    assert told == ["stays up"]
    assert not agent.delivery.is_going_down


def forgetting(state: Path) -> GoingDown:
    """An agent of that state directory, whose system resets itself."""
    nothing = SimpleNamespace(forget=lambda: None)
    settings = SimpleNamespace(
        state=SimpleNamespace(directory=state),
        services_directory=lambda: state / "services",
        trace_directory=lambda: state / "sessions",
    )
    agent: Any = SimpleNamespace(
        mechanisms=SimpleNamespace(reboots=None, crash_logs=None, optical=None),
        features=(),
        page=nothing,
        faults=nothing,
        own=OwnValues(ms.DEFAULTS, {}),
        delivery=SimpleNamespace(is_going_down=False),
        settings=settings,
        system=SimpleNamespace(factory_reset=lambda: None),
        begin_anew=lambda: None,
        save_all=lambda: None,
    )
    return GoingDown(agent)


def test_a_factory_reset_leaves_nothing_that_modules_have_said(tmp_path: Path) -> None:
    said = tmp_path / "state/services/modules/units/menu.main.log"
    needed = tmp_path / "state/services/wifi/hostapd.conf"
    for path in (said, needed):
        path.parent.mkdir(parents=True)
        path.write_text("of the subscriber")
    forgetting(tmp_path / "state").factory_reset()
    assert not said.parent.parent.exists()
    assert needed.exists(), "what runs is ended by it after the restart"


def test_a_factory_reset_follows_no_link(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere = [tmp_path / f"elsewhere/{name}/its.own" for name in ("captures", "modules", "archives")]
    for path in elsewhere:
        path.parent.mkdir(parents=True)
        path.touch()
    state, modules = tmp_path / "state", tmp_path / "state-modules"
    state.mkdir()
    (state / "services").symlink_to(tmp_path / "elsewhere")
    modules.symlink_to(tmp_path / "elsewhere")
    forgetting(state).factory_reset()
    assert all(path.exists() for path in elsewhere)
    assert not modules.is_symlink()
    assert "services stays in spite of the factory reset" in caplog.text


@pytest.mark.slow
def test_where_the_systems_own_reset_fails_what_is_the_agents_own_begins_anew(stand: Stand) -> None:
    agent = stand.first_contact()
    model = stand.state / "model.json"
    before = model.read_text()
    left = [
        stand.state / name
        for name in ("services/captures/capture.pcap", "downloads/cpe-agent-transfer-1", "model.unusable",
                     "dhcp.leases", "firmware/cpe-agent-transfer-2", "dynamic-dns/cache",
                     "../state-modules/incoming/1.0.")
    ]  # fmt: skip
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("of the subscriber")
    kept = stand.state / "backup.key"
    kept.write_bytes(bytes(32))
    stand.done(agent, "SetParameterValues", parameters={PROVISIONING: "plan 1"})
    assert any("ProvisioningCode" in one for one in history(stand))
    stand.rpc(agent, "FactoryReset")
    until(lambda: len(stand.informs_with("0 BOOTSTRAP")) == 2)
    stand.acs.wait_for_session_end(timeout=PATIENCE)
    assert [path for path in left if path.exists()] == []
    assert kept.exists()
    assert "RemoteFactoryReset" in history(stand)[0]
    assert not any("ProvisioningCode" in one for one in history(stand))
    assert any("factory reset failed" in line for line in stand.log_lines())
    assert model.read_text() != before
