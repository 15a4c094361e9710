"""Which services there are, and that one that this machine cannot have is left out."""

import subprocess
import sys
from pathlib import Path

import pytest

from backends.tr181.parts import Machine
from backends.tr181.services import SERVICES, services_for
from tests.backends.whole_device import device_in_memory


def test_every_service_is_there_once() -> None:
    names = [build.name for build in SERVICES]
    assert len(set(names)) == len(names)


def test_every_part_provides_what_mechanisms_have(tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path)
    machine = Machine(device.mechanisms, SERVICES)
    for part in machine.parts:
        for name, provided in part.provides.items():
            assert getattr(machine.mechanisms, name) is provided


@pytest.mark.parametrize(("mechanisms", "is_openwrt"), [("auto", False), ("linux", False), ("openwrt", True)])
def test_openwrt_has_its_own_where_it_is_or_is_said_to_be(tmp_path: Path, mechanisms: str, is_openwrt: bool) -> None:
    assert (services_for(mechanisms, tmp_path) is not SERVICES) is is_openwrt
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/openwrt_release").touch()
    assert (services_for(mechanisms, tmp_path) is SERVICES) is (mechanisms == "linux")
    assert len(services_for("openwrt", tmp_path)) > len(SERVICES), "and some that others have no need of"


@pytest.mark.slow
def test_what_openwrt_needs_is_loaded_there_only() -> None:
    asked = "import sys, agent.wiring; print([one for one in sys.modules if one.startswith('backends.openwrt')])"
    answer = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "[]"
