"""PPPoE connections in UCI: interfaces with proto pppoe, for which netifd runs pppd."""

import re
from collections.abc import Callable, Collection, Hashable, Mapping
from itertools import pairwise
from typing import Final

from backends.desired_state import Record, Refused, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.differences import Difference
from backends.openwrt.protocols.sections import (
    INTERFACE,
    NETWORK,
    Ground,
    NetworkSections,
    bring,
    changed_rows,
    placed,
    short,
    standing,
)
from backends.openwrt.sections import Document, Told, truth
from backends.ppp.options import Unsayable, check
from backends.ppp.records import ALWAYS_ON, ETHERNET_MRU, KINDS, MANUAL, ON_DEMAND, PppInterface
from backends.uci import Edits, Package, Section, Uci, Value

PROTO: Final = "pppoe"
LOWER: Final = ("Device.Ethernet.Link.{i}.", "Device.Ethernet.VLANTermination.{i}.")
USUAL_KEEPALIVE: Final = "5 1"
"""What netifd's script takes where none is said: so many failures of echoes so many seconds apart."""
ONE_NUMBER: Final = 5
"""The seconds where only the failures are said."""
FOR_EVER: Final = 2**31 - 1
"""Of a connection on demand that is never idle for long enough: netifd knows no other word for it."""
IDLE: Final = "cpe_idle"
"""An option of ours: the idle time of a connection that is always on, which ends it never."""
LONGEST_NUMBER: Final = 10
VALUED: Final = ("maxconnect", "idle")
NO_IPV4: Final = "noip"


class PppoeMapping:
    """See backends.openwrt.configured.Mapping. ``names``: the links of connections that there are."""

    packages = (NETWORK,)
    kinds = KINDS

    def __init__(self, ground: Ground, names: Callable[[], Mapping[str, str]]) -> None:
        self._ground = ground
        self._names = names

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return self._ground.surroundings()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        here = NetworkSections.of_package(read, self._ground)
        return Wanted(1, {PppInterface: {key: _record(here, key, one) for key, one in here.speaking(PROTO).items()}})

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping. A person's own configuration is not looked at: it is as it is."""
        for key, record in Difference.between(before, after).after.of(PppInterface).items():
            try:
                check(record)
            except Unsayable as reason:
                raise Refused(str(reason), PppInterface, key, (reason.field,)) from reason
        for key in changed_rows(before, after):
            for one in (before.get(PppInterface, key), after.get(PppInterface, key)):
                if one.enable:
                    self._ground.check(self._ground.link_of(one.lower), PppInterface, key, ("enable", "lower"))

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = NetworkSections.of_package(edits.read, self._ground)
        bring(edits, document(here, before), document(here, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:
        """Any other option makes netifd take the connection down and up."""
        names = self._names()
        return self._ground.crosses(names.get(key) for key in changed_rows(before, after))

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - there is one kind
        """See Mapping."""
        return short(taken)


class PppoeLinks:
    """The names of the links of connections, of UCI alone: they have them before there is the link."""

    def __init__(self, uci: Uci) -> None:
        self._uci = uci
        self._found: tuple[Package | None, dict[str, str]] = (None, {})

    def __call__(self) -> dict[str, str]:
        """By the interface's name; made once of a package. MechanismError."""
        package = self._uci.read(NETWORK)
        if self._found[0] is not package:
            there = [one for one in package.of_type(INTERFACE) if one.name and one.text("proto") == PROTO]
            self._found = package, {one.name: link_name(one) for one in there}
        return self._found[1]


def link_name(section: Section) -> str:
    """The name that netifd's script gives to the link."""
    return section.text("pppname") or new_name(section.name)


def new_name(key: str) -> str:
    """The same of a connection that nobody has given a name."""
    return f"{PROTO}-{key}"


def document(here: NetworkSections, wanted: Wanted) -> Document:
    """Everything that the records say, by section."""
    return {
        key: Told(INTERFACE, _options(here, here.section(key), key, record))
        for key, record in wanted.of(PppInterface).items()
    }


def _record(here: NetworkSections, name: str, section: Section) -> PppInterface:
    failures, interval = _keepalive(section)
    demand = _number(section.text("demand"))
    trigger = ON_DEMAND if demand else ALWAYS_ON if truth(section, "auto", True) else MANUAL
    words = _words(section)
    idle = {ON_DEMAND: demand % FOR_EVER, MANUAL: words.get("idle", 0), ALWAYS_ON: _number(section.text(IDLE))}
    return PppInterface(
        enable=not truth(section, "disabled", False),
        lower=here.row(here.device(name), *LOWER),
        username=section.text("username"),
        password=section.text("password"),
        access_concentrator=section.text("ac"),
        service=section.text("service"),
        trigger=trigger,
        auto_disconnect=words.get("maxconnect", 0),
        idle_disconnect=idle[trigger],
        mru=_number(section.text("mtu")) or ETHERNET_MRU,
        echo_interval=interval,
        echo_failures=failures,
        echo_adaptive=truth(section, "keepalive_adaptive", True),
        ipv4=NO_IPV4 not in words,
        ipv6=section.text("ipv6") != "0",
    )


def _options(here: NetworkSections, section: Section, name: str, record: PppInterface) -> dict[str, Value]:
    now = _record(here, name, section)
    failures, interval = record.echo_failures, record.echo_interval
    is_same_trigger = (now.trigger, now.idle_disconnect) == (record.trigger, record.idle_disconnect)
    demand = str(record.idle_disconnect or FOR_EVER) if record.trigger == ON_DEMAND else ""
    return {
        "proto": PROTO,
        **placed(section, here.ground.link_of(record.lower)),
        "disabled": standing(section, "disabled", now.enable == record.enable, "" if record.enable else "1"),
        "auto": standing(section, "auto", is_same_trigger, "0" if record.trigger == MANUAL else ""),
        "demand": standing(section, "demand", is_same_trigger, demand),
        IDLE: str(record.idle_disconnect or "") if record.trigger == ALWAYS_ON else "",
        "username": record.username,
        "password": record.password,
        "ac": record.access_concentrator,
        "service": record.service,
        "mtu": standing(section, "mtu", now.mru == record.mru, "" if record.mru == ETHERNET_MRU else str(record.mru)),
        "keepalive": standing(
            section,
            "keepalive",
            (now.echo_failures, now.echo_interval) == (failures, interval),
            f"{failures} {interval}",
        ),
        "keepalive_adaptive": standing(
            section,
            "keepalive_adaptive",
            now.echo_adaptive == record.echo_adaptive,
            "" if record.echo_adaptive else "0",
        ),
        "ipv6": standing(section, "ipv6", now.ipv6 == record.ipv6, "" if record.ipv6 else "0"),
        "pppd_options": _reworded(section, record),
    }


def _keepalive(section: Section) -> tuple[int, int]:
    words = re.split(r"[, ]+", section.text("keepalive").strip() or USUAL_KEEPALIVE)
    return _number(words[0]), _number(words[-1]) if len(words) > 1 else ONE_NUMBER


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0


def _words(section: Section) -> dict[str, int]:
    """pppd's words that are a parameter's, with their numbers."""
    words = section.text("pppd_options").split()
    found = {word: _number(value) for word, value in pairwise(words) if word in VALUED}
    return found | ({NO_IPV4: 1} if NO_IPV4 in words else {})


def _reworded(section: Section, record: PppInterface) -> str:
    """pppd_options with what the record says; a person's other words stay."""
    wanted = {"maxconnect": record.auto_disconnect, "idle": record.idle_disconnect if record.trigger == MANUAL else 0}
    wanted = {word: number for word, number in wanted.items() if number} | ({} if record.ipv4 else {NO_IPV4: 1})
    if wanted == {word: number for word, number in _words(section).items() if number}:
        return section.text("pppd_options")
    kept, words = list[str](), iter(section.text("pppd_options").split())
    for word in words:
        if word in VALUED:
            next(words, "")
        elif word != NO_IPV4:
            kept.append(word)
    said = [word if word == NO_IPV4 else f"{word} {number}" for word, number in wanted.items()]
    return " ".join([*kept, *said])
