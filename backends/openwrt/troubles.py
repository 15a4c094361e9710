"""What keeps OpenWrt's configuration and state from being seen: packages that cannot be read, a bus that is gone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from backends.errors import MechanismError
from backends.openwrt.reloads import SERVICES
from backends.ubus import SOCKET, Bus, BusError
from backends.uci import FileUci, Places

OURS: Final = "cpe-agent"
READ: Final = {*SERVICES, OURS}


class Trouble(NamedTuple):
    """What is wrong, and what to do about it; both without a full stop."""

    what: str
    next_step: str


def troubles(root: Path = Path("/")) -> Iterator[Trouble]:
    """Of the packages that the agent reads, by name, and of the bus; looked for now."""
    uci = FileUci(Places.under(root))
    for package in sorted(READ.intersection(uci.packages())):
        try:
            uci.read(package)
        except MechanismError as trouble:
            last = "the settings of before are in force" if package == OURS else "nothing in it can be changed"
            yield Trouble(f"{trouble.reason}; {last}", f"mend that line, until `uci show {package}` shows it all")
    bus = Bus(root / str(SOCKET).lstrip("/"))
    try:
        bus.objects("network")
    except BusError as trouble:
        what = f"{trouble.reason}: what OpenWrt's daemons know is not seen"
        yield Trouble(what, "see whether `ubus list` answers: procd starts ubusd again, or a reboot does")
    finally:
        bus.close()
