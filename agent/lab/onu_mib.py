"""What the lab ONU knows: its entities, its alarms, and how its light drifts. No I/O; time is an argument."""

import math
from collections.abc import Iterable
from typing import Final

from agent.lab.onu_classes import NULL, TABLE_SIZE, Attribute, Kind, kinds

Key = tuple[int, int]

ONU_DATA, ONU_G, ONU2_G, ANI_G, IMAGE, UNI, VEIP, SERVER = 2, 256, 257, 263, 7, 11, 329, 340
ADDRESS, METHOD, STRING, OMCI, CIRCUIT = 137, 148, 157, 287, 262
PM: Final = (312, 341, 344)
ANI: Final = 0x8001
VEIP_INSTANCE: Final = 0x0E01
ALARM_OCTETS: Final = 28
INTERVAL: Final = 900.0
"""Seconds of a counting interval."""
LOCKED: Final = 1
DARK: Final = -30.0
"""dBm, below which a receiver finds no signal."""
SERIAL: Final = b"LABO" + bytes.fromhex("0012a7f3")


class Refused(Exception):
    """A command that fails; ``result`` as G.988 numbers them."""

    def __init__(self, result: int) -> None:
        super().__init__(f"result {result}")
        self.result = result


def text(value: str, size: int) -> bytes:
    """A text attribute."""
    return value.encode()[:size].ljust(size, b"\0")


def level(dbm: float) -> bytes:
    """An optical level: 0.002 dB for each one."""
    return round(dbm / 0.002).to_bytes(2, signed=True)


class Mib:
    """Entities by class and instance, each with octets by attribute's index; tables as rows."""

    def __init__(self, now: float) -> None:
        """As it left the factory."""
        self.values: dict[Key, dict[int, bytes]] = {}
        self.rows: dict[tuple[int, int, int], list[bytes]] = {}
        self.alarms: dict[Key, bytes] = {}
        self.ranged = 5
        """The activation state while there is light."""
        self.receive, self.transmit = -18.5, 2.1
        self.drifts = True
        self.counts: dict[Key, dict[int, int]] = {}
        """Counters of the interval that runs."""
        self._booted = now
        self._ends_at = now + INTERVAL
        self._factory()

    def _factory(self) -> None:
        put = self._put
        put(ONU_DATA, 0, 0)
        put(ONU_G, 0, text("LABO", 4), text("LAB-R1", 14), SERIAL, 2, 0, 0, 0, 0, 0)
        put(ONU2_G, 0, text("Lab ONU 2500", 20), 0xA0, 0x0107, 1, 1, 64, 8, 1, 256, 0)
        put(IMAGE, 0, text("LAB1.4.2", 14), 1, 1, 1, text("LAB-1", 25), bytes(16))
        put(IMAGE, 1, text("LAB1.4.1", 14), 0, 0, 1, text("LAB-1", 25), bytes(16))
        put(5, 0x0101, 47, 47, 1, text("LAN-4", 20), text("LAN-4", 20), 0, 0, 0, 0)
        for port in (1, 2):
            put(UNI, 0x0100 + port, 47, 47, 0, 0, 0, port - 1, 3, 2000, 0, NULL, 2, 0, 0, 0, 0)
        put(131, 0, bytes(4), bytes(20), bytes(14), bytes(14))
        put(134, 0, 0, bytes.fromhex("02004c414201"))
        for tcont in range(4):
            put(CIRCUIT, 0x8000 + tcont, 0xFF, 1, 0)
        put(
            ANI_G, ANI, 1, 4, 48, 0, 0, 5, 9, 0, 0, level(self.receive), 0xFF, 0xFF, 0, level(self.transmit), 0x81, 0x81
        )
        put(OMCI, 0)
        self.rows[OMCI, 0, 1] = [number.to_bytes(2) for number in kinds()]
        self.rows[OMCI, 0, 2] = [bytes([each]) for each in (4, 6, 8, 9, 11, 12, 13, 14, 15, 16, 17, 24, 25, 26, 28)]
        put(VEIP, VEIP_INSTANCE, 0, 0, bytes(25), 0, 0)
        put(SERVER, VEIP_INSTANCE, LOCKED, NULL, NULL)

    def _put(self, number: int, instance: int, *values: int | bytes) -> None:
        attributes = kinds()[number].attributes
        octets = {each.index: bytes(TABLE_SIZE if each.is_table else each.size) for each in attributes}
        for each, value in zip(attributes, values, strict=False):
            octets[each.index] = value if isinstance(value, bytes) else value.to_bytes(each.size)
        self.values[number, instance] = octets

    # --- what the OLT does

    def kind(self, number: int) -> Kind:
        """The class. Raises Refused (4, unknown class)."""
        if number not in kinds():
            raise Refused(4)
        return kinds()[number]

    def entity(self, number: int, instance: int) -> dict[int, bytes]:
        """Its values. Raises Refused (4 or 5, unknown instance)."""
        self.kind(number)
        if (number, instance) not in self.values:
            raise Refused(5)
        return self.values[number, instance]

    def create(self, number: int, instance: int, body: bytes) -> None:
        """Make one of the OLT's. Raises Refused."""
        kind = self.kind(number)
        if not kind.by_olt:
            raise Refused(2)
        if (number, instance) in self.values:
            raise Refused(7)
        self._put(number, instance)
        for each in kind.attributes:
            if "S" in each.access:
                self.values[number, instance][each.index] = body[: each.size].ljust(each.size, b"\0")
                body = body[each.size :]
            if each.is_table:
                self.rows[number, instance, each.index] = []
        if number in PM:
            self.counts[number, instance] = {each.index: 0 for each in kind.attributes if each.kind == "c"}
        self._synchronise()

    def delete(self, number: int, instance: int) -> None:
        """Raises Refused."""
        self.entity(number, instance)
        if not self.kind(number).by_olt:
            raise Refused(2)
        del self.values[number, instance]
        self.counts.pop((number, instance), None)
        self._synchronise()

    def set(self, number: int, instance: int, mask: int, body: bytes) -> int:
        """Take values; the mask of those that changed. Raises Refused (3: a read-only one, 9: unknown)."""
        entity, kind = self.entity(number, instance), self.kind(number)
        if mask & ~kind.known:
            raise Refused(9)
        changed = 0
        for each in kind.of(mask):
            if "W" not in each.access or len(body) < each.size:
                raise Refused(3)
            value, body = body[: each.size], body[each.size :]
            if each.is_table:
                self.rows.setdefault((number, instance, each.index), []).append(value)
                changed |= each.bit
            elif entity[each.index] != value:
                entity[each.index] = value
                changed |= each.bit
        self._synchronise()
        return changed

    def reset(self) -> None:
        """MIB reset: what the OLT made is gone, the server is locked."""
        for number, instance in [key for key in self.values if kinds()[key[0]].by_olt]:
            del self.values[number, instance]
        self.counts.clear()
        self.values[ONU_DATA, 0][1] = b"\0"
        self._put(SERVER, VEIP_INSTANCE, LOCKED, NULL, NULL)
        for tcont in range(4):
            self._put(CIRCUIT, 0x8000 + tcont, 0xFF, 1, 0)

    def _synchronise(self) -> None:
        data = self.values[ONU_DATA, 0]
        data[1] = bytes([data[1][0] % 255 + 1])

    # --- what is read

    @property
    def is_dark(self) -> bool:
        """Whether the receiver finds no signal."""
        return int.from_bytes(self.values[ANI_G, ANI][10], signed=True) * 0.002 < DARK

    @property
    def activation(self) -> int:
        """The state that consoles tell: without light an ONU begins anew, and stays there."""
        return 1 if self.is_dark else self.ranged

    def told(self, number: int, instance: int, attribute: Attribute, now: float, *, is_current: bool) -> bytes:
        """The octets that Get tells: of a table its length."""
        if attribute.is_table:
            size = sum(map(len, self.rows.get((number, instance, attribute.index), [])))
            return size.to_bytes(TABLE_SIZE)
        if number == ONU2_G and attribute.index == 10:
            return (int((now - self._booted) * 100) & 0xFFFFFFFF).to_bytes(4)
        if is_current and attribute.kind == "c":
            return self.counts[number, instance][attribute.index].to_bytes(attribute.size)
        return self.values[number, instance][attribute.index]

    def table(self, number: int, instance: int, index: int) -> bytes:
        """All rows."""
        return b"".join(self.rows.get((number, instance, index), []))

    def uploaded(self, room: int) -> list[tuple[int, int, int, bytes]]:
        """What an upload tells: class, instance, mask, values, in pieces of this many octets of values."""
        found = []
        for number, instance in sorted(self.values):
            mask, values = 0, b""
            for each in self.kind(number).attributes:
                if not each.is_uploaded:
                    continue
                octets = self.values[number, instance][each.index]
                if len(values) + len(octets) > room:
                    found.append((number, instance, mask, values))
                    mask, values = 0, b""
                mask, values = mask | each.bit, values + octets
            if mask:
                found.append((number, instance, mask, values))
        return found

    # --- what happens by itself

    def reboot(self, now: float) -> None:
        """Come up anew."""
        self._booted = now
        self.alarms.clear()

    def alarm(self, number: int, instance: int, bits: Iterable[int], *, is_on: bool) -> bytes:
        """Raise or clear alarms; the bitmap that is told. Raises Refused."""
        self.entity(number, instance)
        value = int.from_bytes(self.alarms.get((number, instance), bytes(ALARM_OCTETS)))
        for bit in bits:
            flag = 1 << ALARM_OCTETS * 8 - 1 - bit
            value = value | flag if is_on else value & ~flag
        bitmap = value.to_bytes(ALARM_OCTETS)
        self.alarms[number, instance] = bitmap
        if not value:
            del self.alarms[number, instance]
        return bitmap

    def shine(self) -> None:
        """Take the levels over into the ANI."""
        self.values[ANI_G, ANI][10] = level(self.receive)
        self.values[ANI_G, ANI][14] = level(self.transmit)

    def tick(self, now: float) -> None:
        """A second or so has passed: light drifts, counters count, an interval may end."""
        if self.drifts:
            swing = 0.3 * math.sin(now / 20)
            self.values[ANI_G, ANI][10] = level(self.receive + swing)
            self.values[ANI_G, ANI][14] = level(self.transmit - swing / 5)
        for counts in self.counts.values():
            for index in counts:
                counts[index] += 10 * index
        if now >= self._ends_at:
            self._ends_at = now + INTERVAL
            self.end_interval()

    def end_interval(self) -> None:
        """What was counted can be read by Get until the next interval ends; counting begins anew."""
        for (number, instance), counts in self.counts.items():
            entity = self.values[number, instance]
            entity[1] = bytes([(entity[1][0] + 1) % 256])
            for each in self.kind(number).attributes:
                if each.kind == "c":
                    entity[each.index] = (counts[each.index] % (1 << 8 * each.size)).to_bytes(each.size)
                    counts[each.index] = 0
