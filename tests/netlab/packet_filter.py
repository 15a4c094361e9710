"""The packet filter of a namespace."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.nftables import Nftables
from tests.netlab.namespace import Namespace


def packet_filter(lab: Namespace, memory: Path | None = None) -> Nftables:
    """The mechanism in a namespace, with or without a directory to remember in; skips the test where it cannot be had,
    or where there is no ``nft`` to ask.
    """
    if os.geteuid() != 0:
        pytest.skip("only root enters a network namespace from within a process")
    if shutil.which("nft") is None:
        pytest.skip("nft is not installed (apt-get install nftables)")
    try:
        return Nftables(lab.path, memory)
    except MechanismError as reason:
        pytest.skip(f"no packet filter: {reason}")


@contextmanager
def out_of_reach(nftables: Nftables) -> Iterator[None]:
    """The kernel's packet filter cannot be reached as long as this lasts."""
    namespace, nftables.namespace = nftables.namespace, "/nonexistent/net"
    try:
        yield
    finally:
        nftables.namespace = namespace
