"""Which kinds of tunnel this kernel can make, found out without loading a module.

ip_gre, sit and ip6_tunnel make links of their own (gre0, sit0, ip6tnl0) when they are loaded: that has to wait until
somebody wants a tunnel.
"""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from backends.tunnels.links import TunnelLinks

INDEXES: Final = ("modules.alias", "modules.builtin.modinfo")
ALIAS: Final = re.compile(rb"rtnl-link-([\w-]+)")


def kinds(links: TunnelLinks, wanted: Collection[str], modules: Path | None = None) -> frozenset[str]:
    """Those of ``wanted`` that there are; none where the agent may make no links. ``modules``: the folder of them."""
    if not links.may_make():
        return frozenset()
    installed = set(_installed(modules or Path("/lib/modules", os.uname().release)))
    # A kind without a module is built in or is not there: to ask for it loads nothing.
    return frozenset(kind for kind in wanted if kind in installed or links.has(kind))


def _installed(modules: Path) -> Iterator[str]:
    for name in INDEXES:
        try:
            with (modules / name).open("rb") as lines:
                for line in lines:
                    yield from (found.decode() for found in ALIAS.findall(line))
        except OSError:
            continue
