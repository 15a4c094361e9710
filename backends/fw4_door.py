"""Lets what comes to ports of ours through OpenWrt's firewall, and through that of nobody else.

The package puts three sets and the rules that use them into fw4's table (openwrt/files); here are what is in the sets.
So no configuration is touched, nothing is reloaded, and a reload of fw4's own reads the file that is kept here.
"""

from collections.abc import Iterable
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple

from backends.commands import Run, run
from backends.errors import MechanismError, Missing
from backends.files import write_if_different

OPEN: Final = "cpe_agent_open"
FROM: Final = {4: "cpe_agent_from4", 6: "cpe_agent_from6"}
TYPES: Final = {
    OPEN: "inet_proto . inet_service",
    FROM[4]: "ipv4_addr . inet_proto . inet_service",
    FROM[6]: "ipv6_addr . inet_proto . inet_service",
}


NFT: Final = partial(run, lines=3)
"""What nft says is three lines: what is wrong, the words that are, and marks below them."""


class Opening(NamedTuple):
    """A port, and who may come to it: an address, "" for everybody."""

    port: int
    source: str = ""
    protocol: str = "tcp"


class Fw4Door:
    """``file`` is one that fw4 includes below the declarations of the sets (table-pre), in memory."""

    def __init__(self, file: Path, run: Run = NFT) -> None:
        self._file = file
        self._run = run

    def let_in(self, openings: Iterable[Opening]) -> None:
        """Open these; nothing else is open then. MechanismError.

        Without fw4's table nothing is in anybody's way: that is no error.
        """
        elements: dict[str, list[str]] = {OPEN: [], FROM[4]: [], FROM[6]: []}
        for port, source, protocol in openings:
            address = ip_address(source.partition("%")[0]) if source else None
            name, head = (FROM[address.version], f"{address} . ") if address else (OPEN, "")
            elements[name].append(f"{head}{protocol} . {port}")
        write_if_different(self._file, "".join(_declared(name, each) for name, each in elements.items()))
        orders = "".join(f"flush set inet fw4 {name}\n" for name in elements)
        orders += "".join(_added(name, each) for name, each in elements.items() if each)
        try:
            self._run(("nft", "list", "set", "inet", "fw4", OPEN))
        except Missing:
            return
        except MechanismError as failure:
            if "No such file" in failure.reason:
                return
            raise
        self._run(("nft", "-f", "-"), orders)


def _declared(name: str, elements: list[str]) -> str:
    inside = f" elements = {{ {', '.join(elements)} }};" if elements else ""
    return f"set {name} {{ type {TYPES[name]};{inside} }}\n"


def _added(name: str, elements: list[str]) -> str:
    return f"add element inet fw4 {name} {{ {', '.join(elements)} }}\n"
