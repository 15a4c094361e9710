"""Which devices of the LAN may reach beyond it, and when: a packet filter table of its own, by hardware address."""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Protocol

from backends.desired_state import SINGLE, Pointer, Record, Refused, Wanted
from backends.nftables import TOUCHED, Chain, Hook, Rule, Table

log = logging.getLogger(__name__)

TABLE: Final = "cpe_agent_access"
BEFORE_THE_FIREWALL: Final = -10
MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
WHOLE: Final = "ff:ff:ff:ff:ff:ff"
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY: Final = timedelta(days=1)
LONGEST: Final = 7 * 86400
ALLOW, DENY = "Allow", "Deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules(Record):
    """Whether schedules count at all; the one record of its kind."""

    enable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Record):
    """``start`` is hh:mm of local time, ``duration`` seconds."""

    enable: bool = False
    description: str = ""
    day: tuple[str, ...] = ()
    start_time: str = ""
    duration: int = 0
    inverse_mode: bool = False

    def is_complete(self) -> bool:
        """Whether it says when: how long a device was there on a day, nobody measures."""
        return bool(self.start_time and self.duration)

    def is_active(self, now: datetime) -> bool:
        """Whether ``now``, in local time, is within it."""
        within = any(begin <= now < end for begin, end in self._spans(now))
        return self.is_complete() and within != self.inverse_mode

    def seconds_left(self, now: datetime) -> int:
        """Until that changes; 0 when it never does."""
        edges = sorted(edge for span in self._spans(now) for edge in span if edge > now)
        changes = [edge for edge in edges if self.is_active(edge) != self.is_active(now)]
        return max(1, int((changes[0] - now).total_seconds())) if changes else 0

    def _spans(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        if not self.is_complete():
            return
        hours, minutes = map(int, self.start_time.split(":"))
        for past in range(-8, 9):
            day = now.date() + past * DAY
            if DAYS[day.weekday()] in self.day:
                begin = datetime.combine(day, time(hours, minutes), now.tzinfo)
                yield begin, begin + timedelta(seconds=min(self.duration, LONGEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Access(Record):
    """What one device, or all whose address has the same bits under the mask, may do."""

    enable: bool = False
    phys_address: str = ""
    phys_address_mask: str = ""
    host_name: str = ""
    access_policy: str = ALLOW
    schedule_ref: tuple[Pointer, ...] = ()


KINDS: Final = (Schedules, Schedule, Access)


def denied(wanted: Wanted, now: datetime) -> list[tuple[str, str]]:
    """Address and mask of each who may not reach beyond the LAN now."""
    return [
        (one.phys_address.lower(), one.phys_address_mask.lower() or WHOLE)
        for one in wanted.of(Access).values()
        if one.enable and one.phys_address and not _is_allowed(one, wanted, now)
    ]


def _is_allowed(one: Access, wanted: Wanted, now: datetime) -> bool:
    if one.access_policy == DENY:
        return False
    return not one.schedule_ref or any(is_active(wanted, pointer.keys[-1], now) for pointer in one.schedule_ref)


def is_active(wanted: Wanted, key: str, now: datetime) -> bool:
    """Whether a schedule is on at present."""
    schedule = wanted.get(Schedule, key)
    return wanted.get(Schedules, SINGLE).enable and schedule.enable and schedule.is_active(now)


def table(refused: list[tuple[str, str]]) -> Table:
    """The table that refuses them; one that should not be where there is none."""
    rules = [Rule(f"access {mac}/{mask}", [_is_from(mac, mask), {"counter": None}, {"drop": None}])
             for mac, mask in dict.fromkeys(refused)]  # fmt: skip
    return Table(TABLE, [Chain("forward", rules, Hook("filter", "forward", BEFORE_THE_FIREWALL))] if rules else ())


def _is_from(mac: str, mask: str) -> dict[str, object]:
    source: dict[str, object] = {"payload": {"protocol": "ether", "field": "saddr"}}
    bits = int(mac.replace(":", ""), 16) & int(mask.replace(":", ""), 16)
    masked = ":".join(f"{byte:02x}" for byte in bits.to_bytes(6, "big"))
    left = source if mask == WHOLE else {"&": [source, mask]}
    return {"match": {"op": "==", "left": left, "right": masked}}


class PacketFilter(Protocol):
    """The part of Nftables that is used here."""

    def bring_to(self, table: Table) -> bool:
        """Let the kernel have this table; whether anything was changed."""

    def has(self, table: Table) -> bool:
        """Whether the kernel has this table as it was made."""


class HostAccess:
    """The service behind the records; ``clock`` tells local time."""

    def __init__(self, packet_filter: PacketFilter, clock: Callable[[], datetime]) -> None:
        self._packet_filter = packet_filter
        self._clock = clock
        self.refused: list[tuple[str, str]] = []
        """Who is refused since the last ``apply``."""

    def now(self) -> datetime:
        """Local time."""
        return self._clock()

    def check(self, wanted: Wanted) -> None:
        """See backends.desired_state.Service."""
        for key, one in wanted.of(Access).items():
            for field, text in (("phys_address", one.phys_address), ("phys_address_mask", one.phys_address_mask)):
                if text and not MAC.fullmatch(text.lower()):
                    raise Refused(f"{text!r} is no hardware address", Access, key, (field,))
            if one.enable and not one.phys_address:
                raise Refused("an address is needed", Access, key, ("phys_address",))

    def cuts(self, wanted: Wanted) -> bool:  # noqa: ARG002 - only what is forwarded is filtered
        """The agent's own packets are not forwarded."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """See backends.desired_state.Service."""
        refused = denied(wanted, self._clock())
        if self.is_touched():
            log.warning(TOUCHED, f"inet {TABLE}")
        was_changed = self._packet_filter.bring_to(table(refused))
        self.refused = refused
        return was_changed

    @property
    def has_table(self) -> bool:
        """Whether the kernel was given a table, and should have it."""
        return bool(self.refused)

    def is_touched(self) -> bool:
        """Whether the table is not as it was made."""
        return self.has_table and not self._packet_filter.has(table(self.refused))
