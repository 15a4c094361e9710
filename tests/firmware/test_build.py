"""The destination of images is registered where something installs them; test_whole_agent.py plays all of it."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.firmware.build import Daemon, upgrade
from agent.runtime.store import FileStore
from agent.settings import Firmware, Settings, State
from agent.transfers.file_types import FIRMWARE, FileTypes, Outcome
from agent.transfers.orders import FileOrder
from backends.installers.laboratory import Laboratory
from backends.tr181.firmware_images import firmware
from tests.backends.installers.machines import LaboratoryMachine
from tests.backends.whole_device import device_in_memory
from tests.firmware.machine import received


class Queue:
    """Of transfers, as far as firmware looks at it."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.told: list[str] = []
        self.ended = lambda one: self.told.append(one.id)
        self.take_back: Any = None


class Transfers:
    def __init__(self) -> None:
        self.types = FileTypes()
        self.operation: Any = self
        self.queue = Queue()


def test_it_is_the_destination_of_firmware_and_hears_what_ended(tmp_path: Path) -> None:
    whole, _ = device_in_memory(tmp_path)
    settings = Settings(state=State(tmp_path / "state"), firmware=Firmware(directory=tmp_path / "lab"))
    transfers: Any = Transfers()
    daemon = Daemon(lambda work: work(), lambda: True, lambda: 0.0, lambda *_told, **_fields: None)
    store = FileStore(tmp_path / "state")
    assert upgrade(replace(whole.mechanisms, installer=None), settings, store, transfers, daemon) is None
    installer = Laboratory(LaboratoryMachine(tmp_path).given)
    made = upgrade(replace(whole.mechanisms, installer=installer), settings, store, transfers, daemon)
    assert made is not None
    assert transfers.types.destination(FIRMWARE) is made
    one = FileOrder("http://x/", "", "", FIRMWARE, 0, "", False, "", "7")
    assert transfers.types.outcome("firmware", one) == Outcome(9010, "what became of the image is not known")
    ended: Any = type("Ended", (), {"id": "7", "order": one, "outcome": Outcome(9015, "no contact")})()
    transfers.queue.ended(ended)
    assert transfers.queue.told == ["7"]
    assert made.told().status == "DownloadFailed"


def test_an_image_with_windows_is_started_by_its_transfer_and_not_at_all_once_that_was_given_up(tmp_path: Path) -> None:
    whole, _ = device_in_memory(tmp_path)
    machine = LaboratoryMachine(tmp_path)
    basic = replace(whole.mechanisms, installer=Laboratory(machine.given))
    mechanisms = replace(basic, **firmware(basic).provides)
    given = Firmware(directory=tmp_path / "lab", require_signature=False, allow_downgrade=True)
    restarts: list[bool] = []
    daemon = Daemon(lambda work: work(), lambda: not restarts.append(True), lambda: 0.0, lambda *_told, **_fields: None)
    transfers: Any = Transfers()
    made = upgrade(
        mechanisms, Settings(state=State(tmp_path), firmware=given), FileStore(tmp_path / "state"), transfers, daemon
    )
    assert made is not None
    order = FileOrder("http://x/", "", "", FIRMWARE, 0, "", False, "", "7")
    made.take(received(machine.image()), order)
    transfers.queue.all = [SimpleNamespace(id="7", windows=(None,), order=order, state=None)]
    made.act(1000.0)
    assert restarts == []
    assert transfers.queue.take_back(transfers.queue.all[0]) is None
    assert json.loads((tmp_path / "lab/boot.json").read_text())["tried"] == ""
