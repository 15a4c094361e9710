"""The same gateway twice: what is asked of services is made by Linux programs, or is OpenWrt's configuration.

Nothing is started on Linux: the links that tests use are down.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from tests.backends.openwrt.protocols.gateway import NETWORK, Declare, Gateway, links

Build = Callable[[Mechanisms, Surface], Part | None]

WITHOUT_PROTOCOLS = NETWORK.partition("# the provider's")[0]
"""As on Linux: nothing there but links with addresses."""


def device_of(directory: Path, build: Build, declares: Sequence[Declare], *more: Build, manage: str = "*") -> Gateway:
    """A gateway with two links that are down, low0 and low1; ``manage`` "" gives nothing of it to the agent."""
    kernel = links()
    for name in ("low0", "low1"):
        kernel.add_link(name, "", up=False)
    given = tuple(manage.split())
    return Gateway(directory, [*more, build], declares, network=WITHOUT_PROTOCOLS, kernel=kernel, manage=given)
