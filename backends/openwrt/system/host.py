"""Host name and time zone in UCI: the first section of type system of /etc/config/system."""

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.desired_state import SINGLE, Record, Refused, Wanted
from backends.errors import MechanismError
from backends.openwrt.configured import Read
from backends.openwrt.sections import OURS, Told, sections_of, write
from backends.openwrt.system.zone import in_force, posix_of, rule_of
from backends.time_zone import POSIX, UTC_STRING
from backends.uci import Edits, Section

SYSTEM: Final = "system"
"""The package, and the type of its first section."""
USUAL_NAME: Final = "OpenWrt"
"""Where no name is said (/etc/init.d/system)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostName(Record):
    """What the machine is called; the one record of its kind."""

    name: str = USUAL_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone(Record):
    """The time zone's rule as a POSIX TZ string; the one record of its kind."""

    posix: str = UTC_STRING


class HostMapping:
    """See backends.openwrt.configured.Mapping. ``check_name`` raises MechanismError for what is no host name,
    ``zones`` says whether the zones' files are installed now."""

    packages = (SYSTEM,)
    kinds = (HostName, Zone)

    def __init__(self, root: Path, check_name: Callable[[str], None], zones: Callable[[], bool]) -> None:
        self._root = root
        self._check_name = check_name
        self._zones = zones

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return self._zones()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        _, section = first(read)
        return Wanted(1, {
            HostName: {SINGLE: HostName(name=section.text("hostname", USUAL_NAME))},
            Zone: {SINGLE: Zone(posix=self._rule(section))},
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        name, posix = after.get(HostName).name, after.get(Zone).posix
        if name != before.get(HostName).name:
            try:
                self._check_name(name)
            except MechanismError as error:
                raise Refused(error.reason, HostName, SINGLE, ("name",)) from error
        if posix != before.get(Zone).posix and not POSIX.fullmatch(posix):
            reason = f"{posix!r} is no POSIX time zone like CET-1CEST,M3.5.0,M10.5.0/3"
            raise Refused(reason, Zone, SINGLE, ("posix",))

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        key, section = first(edits.read)
        write(edits, SYSTEM, {key: self._told(section, before)}, {key: self._told(section, after)})

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - neither is on the way to the ACS
        """Never."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - each has its one record
        """See Mapping."""
        return SINGLE

    def _told(self, section: Section, wanted: Wanted) -> Told:
        """Options as they are, where what they say is what is wanted. A zone's name that is of another zone than the
        rule would be a lie, also to LuCI, which shows the name: it goes.
        """
        name, posix = wanted.get(HostName).name, wanted.get(Zone).posix
        told = {option: section.text(option) for option in ("hostname", "timezone", "zonename")}
        if name != section.text("hostname", USUAL_NAME):
            told["hostname"] = name
        if posix != self._rule(section):
            told |= {"timezone": posix, "zonename": ""}
        return Told(SYSTEM, told)

    def _rule(self, section: Section) -> str:
        return rule_of(in_force(section, self._root)) or posix_of(section.text("timezone").replace(" ", ""))


def first(read: Read) -> tuple[str, Section]:
    """The section of the machine as a whole, by its identity; an empty one of ours where there is none yet."""
    found = sections_of(read(SYSTEM), SYSTEM)
    for key, section in found.items():
        return key, section
    return f"{OURS}{SYSTEM}", Section(SYSTEM, f"{OURS}{SYSTEM}", f"{OURS}{SYSTEM}")
