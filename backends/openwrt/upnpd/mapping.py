"""Whether the gateway is to be, in /etc/config/upnpd. Everything else of it, its rules above all, stays a person's.

``enabled`` is miniupnpd as a whole, ``enable_upnp`` UPnP of it: NAT-PMP and PCP have a switch of their own, which is
no business of Device.UPnP. The init script starts it for any section of type upnpd, and reads the one named config.
"""

from collections.abc import Collection, Hashable
from typing import Final

from backends.desired_state import SINGLE, Record, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.sections import Document, Told, fresh, truth, write
from backends.uci import Edits, Package, Section
from backends.upnp_gateway import UpnpDevice

UPNPD: Final = "upnpd"
"""The package, and the type of the sections for which it is started."""
HOME: Final = "config"
"""The section that is read."""


class UpnpMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (UPNPD,)
    kinds = (UpnpDevice,)

    def surroundings(self) -> Hashable:
        """Nothing."""
        return None

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        package = read(UPNPD)
        section = home(package)
        is_started = bool(package.of_type(UPNPD)) and truth(section, "enabled", True)
        return Wanted(1, {
            UpnpDevice: {SINGLE: UpnpDevice(enable=is_started, gateway=truth(section, "enable_upnp", True))}
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """Everything can be."""

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        write(edits, UPNPD, document(before), document(after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - the ports that are mapped are not the agent's
        """Never."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - there is one record
        """See Mapping."""
        return fresh(taken)


def home(package: Package) -> Section:
    """What the init script reads; without any option where it is not there."""
    return package.get(HOME) or Section(UPNPD, HOME, HOME)


def document(wanted: Wanted) -> Document:
    """What is said of it."""
    device = wanted.get(UpnpDevice)
    options = {"enabled": "1" if device.enable else "0", "enable_upnp": "1" if device.gateway else "0"}
    return {HOME: Told(UPNPD, options)}
