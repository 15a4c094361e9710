"""What it takes to bring a hostapd from one configuration to another with the least disturbance. Pure.

| what changed | what it needs | who notices |
|---|---|---|
| stations let in, their number, isolation, announcing the name | commands to that access point | who is not let in |
| passphrase | commands to that access point | its stations |
| another channel of the band, as wide as before, without radar | a channel switch announcement | nobody: all go along |
| anything else of an access point that is not the first on its radio | it is taken away and added | its stations |
| an access point added or taken away that is not the first | it is added or taken away | its stations |
| security of the first, key, accounting, WPS | hostapd reads its file again | the radio's stations, for a moment |
| name of the first | the same, and the radio stops and starts: the kernel keeps a started name | the radio's stations |
| band, width, standards, country, thresholds, which is the first | hostapd is started anew | the radio's stations |
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from backends.hostapd import Bss, Instance, Lines


class Need(IntEnum):
    """What a setting of an access point needs, from the least to the most."""

    ACCEPT = 1
    SET = 2
    BEACON = 3
    KEYS = 4
    FILE = 5
    STOP = 6


NEEDS: Final = {
    "macaddr_acl": Need.ACCEPT,
    "max_num_sta": Need.SET,
    "ap_isolate": Need.BEACON,
    "ignore_broadcast_ssid": Need.BEACON,
    "wpa_passphrase": Need.KEYS,
    "ssid2": Need.STOP,
    "utf8_ssid": Need.STOP,
    "wpa": Need.STOP,
}
"""By the name of the setting; the file for all others."""
OF_CHANNEL: Final = ("channel", "vht_oper_centr_freq_seg0_idx", "he_oper_centr_freq_seg0_idx")


@dataclass(frozen=True, slots=True)
class Difference:
    """What to do, in this order. ``anew``: nothing else, the instance is started again (or for the first time)."""

    anew: bool = False
    switch: bool = False
    remove: tuple[str, ...] = ()
    reread: bool = False
    stop: bool = False
    live: tuple[tuple[str, Need, tuple[str, ...]], ...] = ()
    add: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to do."""
        return self == Difference()


def difference(before: Instance | None, after: Instance) -> Difference:
    """What brings the one to the other; ``before`` None: nothing runs."""
    if before is None or before.phy != after.phy or before.points[0].link != after.points[0].link:
        return Difference(anew=True)
    changed = changed_lines(before.radio, after.radio)
    keeps_width = {"ht_capab", "vht_capab"}.isdisjoint(changed)
    only_channel = changed <= set(OF_CHANNEL) and keeps_width and "acs_survey" not in dict(after.radio).values()
    if changed and not (only_channel and "acs_survey" not in dict(before.radio).values()):
        return Difference(anew=True)
    there = {point.link: point for point in before.points}
    wanted = {point.link: point for point in after.points}
    first, *others = after.points
    needs = {link: needed(there[link], point) for link, point in wanted.items() if link in there}
    again = [point.link for point in others if point.link in there and max(needs[point.link], default=0) >= Need.FILE]
    of_first = max(needs[first.link], default=0)
    live = [
        (link, need, names)
        for link, some in needs.items()
        if link not in again
        for need, names in sorted(some.items())
        if need < Need.FILE
    ]
    return Difference(
        switch=bool(changed),
        remove=tuple([link for link in there if link not in wanted] + again),
        reread=of_first >= Need.FILE,
        stop=of_first == Need.STOP,
        live=tuple(live),
        add=tuple(point.link for point in others if point.link not in there or point.link in again),
    )


def needed(before: Bss, after: Bss) -> dict[Need, tuple[str, ...]]:
    """What the changed settings of an access point need, and which they are."""
    found: dict[Need, list[str]] = {}
    names = changed_lines(before.settings, after.settings)
    for name in sorted(names):
        need = NEEDS.get(name, Need.FILE)
        if need in (Need.SET, Need.BEACON, Need.KEYS) and (before.value(name) is None or after.value(name) is None):
            need = Need.FILE  # a setting that is no longer there has no command that says so
        found.setdefault(need, []).append(name)
    if before.accepted != after.accepted:
        found.setdefault(Need.ACCEPT, [])
    return {need: tuple(some) for need, some in found.items()}


def as_it_runs(before: Instance | None, after: Instance) -> Instance:
    """The same configuration with its access points in the order in which the running hostapd has them."""
    steps = difference(before, after)
    if before is None or steps.anew:
        return after
    staying = [point.link for point in before.points if point.link not in steps.remove]
    order = [*staying, *steps.add]
    return Instance(after.phy, after.radio, tuple(sorted(after.points, key=lambda point: order.index(point.link))))


def changed_lines(before: Lines, after: Lines) -> set[str]:
    """The names whose values are not the same in both."""
    one, other = _by_name(before), _by_name(after)
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _by_name(lines: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in lines:
        found.setdefault(name, []).append(value)
    return found
