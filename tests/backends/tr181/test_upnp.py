"""Device.UPnP.Device. with daemons that are installed, and with one that runs."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.coverage import coverage
from agent.model.own_values import OwnValues
from backends.procfs import Procfs
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.upnp import upnp, upnp_daemons
from backends.upnp import Upnp
from tests.backends.small_device import SmallDevice

DEVICE = "Device.UPnP.Device."


def given(found: Upnp | None = None) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(
        nothing, nothing, Procfs(), nothing, nothing, nothing, OwnValues({}, {}), links=nothing, upnp=found
    )


def device(*running: str) -> SmallDevice:
    installed = {"miniupnpd": Path("/usr/sbin/miniupnpd")}
    return SmallDevice(upnp(given(Upnp(lambda: running, installed.get))))


def test_the_profile_is_whole() -> None:
    [found] = coverage(device().model.tree, ["UPnPDev:1"], lambda _: "")
    assert found.missing == ()


def test_what_is_installed_can_be_and_what_runs_is_enabled() -> None:
    made = device()
    names = ("Enable", "UPnPIGD", "UPnPMediaServer", "Capabilities.UPnPIGD", "Capabilities.UPnPMediaServer")
    assert [made.get(DEVICE + name) for name in names] == ["false", "false", "false", "1", "0"]
    assert [device("cron", "miniupnpd").get(DEVICE + name) for name in names] == ["true", "true", "false", "1", "0"]


@pytest.mark.parametrize("name", ["Enable", "UPnPIGD", "UPnPMediaServer"])
def test_a_daemon_is_not_the_agents_to_start(name: str) -> None:
    made = device()
    assert made.refused({f"{DEVICE}{name}": "1"}) == {f"{DEVICE}{name}": "Denied"}
    assert made.set({f"{DEVICE}{name}": "0"}) == 0


def test_without_any_daemon_there_is_no_such_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert upnp(given()) == []
    monkeypatch.setattr("backends.programs.PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert upnp_daemons(given()) is None
    daemon = tmp_path / "minidlnad"
    daemon.write_text("#!/bin/true\n")
    daemon.chmod(0o755)
    part = upnp_daemons(given())
    assert part is not None
    assert part.provides["upnp"].is_installed("UPnPMediaServer")
