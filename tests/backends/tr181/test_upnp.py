"""Device.UPnP.Device. with daemons that are installed, and with one that runs."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.procfs import Procfs
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.upnp import upnp
from backends.tr181.upnp_gateway import UpnpTables, upnp_daemons
from backends.upnp import Upnp
from backends.upnp_gateway import UpnpGateway
from tests.backends.small_device import SmallDevice

DEVICE = "Device.UPnP.Device."


def given(found: UpnpTables | None = None, directory: Path = Path("/nonexistent")) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(
        nothing, nothing, Procfs(), nothing, nothing, nothing, OwnValues({}, {}), links=nothing, upnp=found,
        directory=directory,
    )  # fmt: skip


def device(directory: Path, *running: str) -> SmallDevice:
    daemons = Upnp(lambda: running, {"miniupnpd": Path("/usr/sbin/miniupnpd")}.get)
    gateway = UpnpGateway(directory, None, lambda: None, lambda: daemons.runs("UPnPIGD"))
    tables = UpnpTables(gateway, daemons, lambda _: None)
    return SmallDevice(upnp(given(tables)), backends=[tables])


def test_what_is_installed_can_be_and_what_runs_is_enabled(tmp_path: Path) -> None:
    made = device(tmp_path)
    names = ("Enable", "UPnPIGD", "UPnPMediaServer", "Capabilities.UPnPIGD", "Capabilities.UPnPMediaServer")
    assert [made.get(DEVICE + name) for name in names] == ["false", "false", "false", "1", "0"]
    running = device(tmp_path, "cron", "miniupnpd")
    assert [running.get(DEVICE + name) for name in names] == ["true", "true", "false", "1", "0"]


def test_a_daemon_of_somebody_elses_is_not_the_agents_to_start_or_end(tmp_path: Path) -> None:
    made = device(tmp_path)
    assert made.refused({f"{DEVICE}UPnPMediaServer": "1"}) == {f"{DEVICE}UPnPMediaServer": "Denied"}
    assert made.set({f"{DEVICE}UPnPMediaServer": "0"}) == 0
    running = device(tmp_path, "miniupnpd")
    for name in ("Enable", "UPnPIGD"):
        assert running.refused({DEVICE + name: "0"}) == {DEVICE + name: "Denied"}
        assert running.set({DEVICE + name: "1"}) == 0


def test_ours_is_switched_off_also_while_somebody_elses_runs(tmp_path: Path) -> None:
    running: list[str] = []
    daemons = Upnp(lambda: running, {"miniupnpd": Path("/usr/sbin/miniupnpd")}.get)
    tables = UpnpTables(
        UpnpGateway(tmp_path, None, lambda: None, lambda: daemons.runs("UPnPIGD")), daemons, lambda _: None
    )
    made = SmallDevice(upnp(given(tables)), backends=[tables])
    made.set({f"{DEVICE}Enable": "1"})
    running.append("miniupnpd")
    daemons.forget()
    assert made.set({f"{DEVICE}Enable": "0"}) == 0
    running.clear()
    daemons.forget()
    assert made.get(f"{DEVICE}Enable") == "false"


def test_without_a_packet_filter_there_is_no_gateway(tmp_path: Path) -> None:
    made = device(tmp_path)
    assert made.set({f"{DEVICE}Enable": "1"}) == 0, "nothing is to run yet"
    assert made.refused({f"{DEVICE}UPnPIGD": "1"}) == {f"{DEVICE}UPnPIGD": "Denied"}


def test_without_any_daemon_there_is_no_such_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert upnp(given()) == []
    monkeypatch.setattr("backends.programs.PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert upnp_daemons(given(directory=tmp_path)) is None
    daemon = tmp_path / "minidlnad"
    daemon.write_text("#!/bin/true\n")
    daemon.chmod(0o755)
    part = upnp_daemons(given(directory=tmp_path))
    assert part is not None
    assert part.provides["upnp"].daemons.is_installed("UPnPMediaServer")
