"""What this kernel surely has not, found out without making anything, or loading what nobody wants yet.

A feature is there when it shows, and may come on demand when a module of this kernel is named for it.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

VLANS: Final = "VLANs"
PPPOE: Final = "PPPoE"
SIGNS: Final = {
    VLANS: (("proc/net/vlan", b"alias rtnl-link-vlan "),),
    PPPOE: (("dev/ppp", b"alias char-major-108-"), ("proc/net/pppoe", b"alias net-pf-24-proto-0 ")),
}
"""What all shows while a feature is there, and how the list of modules begins a line that names what would show it."""
MODULES: Final = "lib/modules/{release}/modules.alias"


def lacking(knows_kind: Callable[[str], bool], root: Path = Path("/")) -> frozenset[str]:
    """VLANS and PPPOE, where this kernel has them not and cannot load them either.

    ``knows_kind`` asks the kernel for a kind of link, which may load its module: it is asked only where no module is
    named for it (in a container, whose host may have it all the same).
    """
    hidden = {
        feature: {line for place, line in signs if not os.path.exists(root / place)} for feature, signs in SIGNS.items()
    }
    named = _named(root / MODULES.format(release=os.uname().release), tuple(set().union(*hidden.values())))
    gone = {feature for feature, lines in hidden.items() if not lines <= named}
    if VLANS in gone and knows_kind("vlan"):
        gone.discard(VLANS)
    return frozenset(gone)


def _named(path: Path, beginnings: tuple[bytes, ...]) -> set[bytes]:
    """Those with which a line of a file begins."""
    found: set[bytes] = set()
    if beginnings:
        with suppress(OSError), path.open("rb") as lines:
            for line in lines:
                if line.startswith(beginnings):
                    found.update(one for one in beginnings if line.startswith(one))
    return found
