"""The destination of images is registered where something installs them; test_whole_agent.py plays all of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.firmware.build import Daemon, upgrade
from agent.runtime.store import FileStore
from agent.settings import Firmware, Settings, State
from agent.transfers.file_types import FIRMWARE, FileTypes, Outcome
from agent.transfers.orders import FileOrder
from backends.installers.laboratory import Laboratory
from tests.backends.installers.machines import LaboratoryMachine
from tests.backends.whole_device import device_in_memory


class Queue:
    """Of transfers, as far as firmware looks at it."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.told: list[str] = []
        self.ended = lambda one: self.told.append(one.id)


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
