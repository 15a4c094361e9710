"""Device.UPnP.Device. is the same to an ACS whether a miniupnpd of ours maps ports or OpenWrt's does."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.model.coverage import coverage
from tests.backends.openwrt.upnpd.test_mapping import DELIVERED
from tests.backends.tr181.test_openwrt_upnp import make
from tests.backends.tr181.test_upnp import device as on_linux

DEVICE = "Device.UPnP.Device."
Make = Callable[..., Any]


def on_openwrt(directory: Path, *running: str) -> Any:
    router = make(directory, DELIVERED.replace("enable_upnp '1'", "enable_upnp '0'"))
    for name in running:
        router.run(name)
    return router


@pytest.fixture(params=[on_linux, pytest.param(on_openwrt, marks=pytest.mark.slow)])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes a device on which these daemons of others' run."""

    def of(*running: str) -> Any:
        return request.param(tmp_path, *running)

    return of


def all_of(device: Any, names: Sequence[str]) -> list[str]:
    return [device.get(DEVICE + name) for name in names]


def test_the_profile_is_whole(made: Make) -> None:
    [found] = coverage(made().model.tree, ["UPnPDev:1"], lambda _: "")
    assert found.missing == ()


def test_what_is_installed_can_be_and_nothing_is_on(made: Make) -> None:
    device = made("cron")
    names = ("Enable", "UPnPIGD", "UPnPMediaServer", "Capabilities.UPnPIGD", "Capabilities.UPnPMediaServer")
    assert all_of(device, names) == ["false", "false", "false", "1", "0"]


def test_it_is_enabled_and_disabled_again(made: Make) -> None:
    device = made()
    assert device.set({f"{DEVICE}Enable": "1"}) == 0
    assert all_of(device, ("Enable", "UPnPIGD")) == ["true", "false"]
    assert device.set({f"{DEVICE}Enable": "0"}) == 0
    assert all_of(device, ("Enable", "UPnPIGD")) == ["false", "false"]


def test_a_daemon_of_somebody_else_s_is_told_of_and_theirs(made: Make) -> None:
    device = made("minidlnad")
    assert all_of(device, ("Enable", "UPnPMediaServer")) == ["true", "true"]
    for name, text in (("UPnPMediaServer", "0"), ("UPnPMediaRenderer", "1"), ("Enable", "0")):
        assert device.refused({DEVICE + name: text}) == {DEVICE + name: "Denied"}
    assert device.set({f"{DEVICE}UPnPMediaServer": "1"}) == 0


@pytest.mark.parametrize("text", ["'\"`$(reboot)", "\x00", "a" * 10_000, "2", "tru", "\u0661"])
def test_a_hostile_text_is_refused(made: Make, text: str) -> None:
    device = made()
    for name in ("Enable", "UPnPIGD", "UPnPMediaServer"):
        assert device.refused({DEVICE + name: text}) == {DEVICE + name: "InvalidValue"}
