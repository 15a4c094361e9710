"""An ONT for tests of the data model: a picture that a test draws, as the watching thread would have."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent.model.own_values import OwnValues
from agent.settings import Omci
from backends.faults import Faults
from backends.omci.picture import Picture
from backends.omci.watching import Watching
from backends.tr181.fault_mgmt import FaultTables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.optical import optical
from backends.tr181.optical_line import OpticalLine
from backends.tr181.xpon import xpon
from tests.backends.small_device import SmallDevice

ANI = (263, 0x8001)
VEIP = (329, 0x0E01)
PPTP = (11, 0x0101)
ENTITIES: Mapping[tuple[int, int], Mapping[int, bytes]] = {
    (256, 0): {1: b"ABCD", 2: b"V1.2".ljust(14, b"\0"), 3: b"ABCD\x12\x34\x56\xf7", 7: b"\0", 8: b"\0"},
    (257, 0): {1: b"Example ONT".ljust(20, b" ")},
    ANI: {6: b"\5", 7: b"\x09", 10: b"\xd5\x6a", 11: b"\xff", 12: b"\x38", 14: b"\4\7", 15: b"\x81", 16: b"\x0a"},
    VEIP: {1: b"\0", 2: b"\0", 3: b"lan".ljust(25, b"\0")},
    PPTP: {5: b"\1", 6: b"\0"},
    (7, 0): {1: b"IMG1".ljust(14, b"\0"), 2: b"\1", 3: b"\1", 4: b"\1"},
    (7, 1): {1: b"IMG2".ljust(14, b"\0"), 2: b"\0", 3: b"\0", 4: b"\1"},
    (268, 5): {1: b"\1\2", 3: b"\3"},
}


class Ont:
    """``see`` changes the picture; ``line`` is what the objects read."""

    def __init__(self, faults: Faults | None = None, **settings: Any) -> None:
        self.watching = Watching(None, None, lambda: None)
        self.now = 1000.0
        self.line = OpticalLine(self.watching, Omci(device="/dev/ttyUSB0", **settings), faults, clock=lambda: self.now)
        self.see(is_there=True, entities=ENTITIES)
        nothing: Any = None
        self.given = Mechanisms(
            nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing,
            optical=self.line, faults=FaultTables(faults) if faults else None,
        )  # fmt: skip
        self.device = SmallDevice([*optical(self.given), *xpon(self.given)])

    def see(self, **changes: Any) -> None:
        self.watching.picture = replace(self.watching.picture, **changes)

    def change(self, key: tuple[int, int], **octets: bytes) -> None:
        """Attributes of an entity: change(ANI, a10=b"…")."""
        before = self.watching.picture.entities
        new = {int(name[1:]): each for name, each in octets.items()}
        self.see(entities={**before, key: {**before.get(key, {}), **new}})

    def get(self, path: str) -> str:
        return self.device.get(f"Device.{path}")


def seen(ont: Ont) -> Picture:
    return ont.watching.picture
