"""After a change exactly the services concerned are told, once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from backends.errors import MechanismError, Missing
from backends.openwrt.reloads import Reloads
from backends.ubus import Bus
from tests.backends.openwrt.procd import Procd

pytestmark = pytest.mark.slow


class Scripts:
    """Init scripts: those that are there, what was started, and which fail."""

    def __init__(self, there: Sequence[str], failing: Sequence[str] = ()) -> None:
        self.there, self.failing = there, failing
        self.started: list[str] = []

    def __call__(self, arguments: Sequence[str], **_: Any) -> str:
        name = Path(arguments[0]).name
        if name not in self.there:
            raise Missing("it is not installed")
        self.started.append(" ".join(arguments))
        if name in self.failing:
            raise MechanismError(f"{name} failed")
        return ""


def test_each_is_told_once_over_the_bus_and_what_others_stand_on_first(procd: Procd) -> None:
    reloads = Reloads(Bus(procd.path))
    reloads.note(["dhcp", "wireless"])
    reloads.note(["network", "dhcp", "firewall", "vendor-thing"])
    assert procd.told == []
    reloads.settle()
    assert procd.events() == ["reload", "firewall", "dhcp", "vendor-thing"]
    reloads.settle()
    assert len(procd.told) == 4


def test_without_a_bus_the_scripts_that_are_there_are_started(tmp_path: Path) -> None:
    scripts = Scripts(["dnsmasq", "network"])
    reloads = Reloads(Bus(tmp_path / "none"), scripts)
    reloads.note(["dhcp", "network"])
    reloads.settle()
    assert scripts.started == ["/etc/init.d/network reload", "/etc/init.d/dnsmasq reload"]


def test_one_that_fails_keeps_nobody_from_being_told(procd: Procd) -> None:
    procd.refuses = {"event"}
    scripts = Scripts(["dnsmasq", "odhcpd", "firewall"], ["firewall"])
    reloads = Reloads(Bus(procd.path), scripts)
    reloads.note(["dhcp", "network", "firewall"])
    with pytest.raises(MechanismError, match="firewall failed"):
        reloads.settle()
    assert procd.events() == ["reload"]
    assert [one.split("/")[3] for one in scripts.started] == ["firewall reload", "dnsmasq reload", "odhcpd reload"]


def test_a_service_of_whose_changes_procd_knows_nothing_is_restarted_by_its_script(procd: Procd) -> None:
    scripts = Scripts(["ddns"])
    reloads = Reloads(Bus(procd.path), scripts)
    reloads.note(["ddns", "sqm", "qos"])
    reloads.settle()
    assert scripts.started == ["/etc/init.d/ddns restart"]
    assert procd.events() == ["sqm"]
