"""Which services there are, and that one that this machine cannot have is left out."""

from pathlib import Path

from backends.tr181.parts import Machine
from backends.tr181.services import SERVICES
from tests.backends.whole_device import device_in_memory


def test_every_service_is_there_once() -> None:
    names = [build.__name__ for build in SERVICES]
    assert len(set(names)) == len(names)


def test_every_part_provides_what_mechanisms_have(tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path)
    machine = Machine(device.mechanisms, SERVICES)
    for part in machine.parts:
        for name, provided in part.provides.items():
            assert getattr(machine.mechanisms, name) is provided
