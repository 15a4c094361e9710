"""The physical parameters of Device.Ethernet.Interface.: bit rate, duplex, link modes, energy efficient Ethernet."""

from collections.abc import Sequence
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Parameter
from backends.ethtool import Phy
from backends.link_modes import duplexes, mau_types, speeds
from backends.network.network import Network
from backends.network.records import Port
from backends.network.rows import Row
from backends.sysfs import Sysfs

AUTOMATIC: Final = -1
UNTOLD: Final = Phy()
DUPLEX: Final = {"auto": "Auto", "full": "Full", "half": "Half"}


def physical_parameters(network: Network, sysfs: Sysfs) -> list[Parameter[Row[Port], Any]]:
    """What a port may negotiate, and what it came to. What is asked of a port that negotiates nothing (a virtual one)
    can only be what it does.
    """
    ports = _Ports(network, sysfs)
    return [
        Parameter("MaxBitRate", ports.most, ports.set_most),
        Parameter("DuplexMode", ports.duplex, ports.set_duplex),
        Parameter("CurrentBitRate", ports.speed),
        Parameter("CurrentDuplexMode", ports.current_duplex),
        Parameter("SupportedLinkModes", lambda row: mau_types(ports.phy(row).supported)),
        Parameter("AdvertisedLinkModes", ports.modes, ports.set_modes),
        Parameter("LinkPartnerAdvertisedLinkModes", lambda row: mau_types(ports.phy(row).partner)),
        Parameter("EEECapability", lambda row: ports.phy(row).eee is not None),
        Parameter("EEEEnable", ports.eee, ports.set_eee),
        Parameter("EEEStatus", ports.eee_status),
    ]


class _Ports:
    """Reads of the kernel what was not told."""

    def __init__(self, network: Network, sysfs: Sysfs) -> None:
        self._network = network
        self._sysfs = sysfs

    def phy(self, row: Row[Port]) -> Phy:
        return self._network.phy(row.key) or UNTOLD

    def speed(self, row: Row[Port]) -> int:
        return self.phy(row).speed or self._sysfs.net_device(row.key).speed or 0

    def current_duplex(self, row: Row[Port]) -> str:
        return (self.phy(row).duplex or self._sysfs.net_device(row.key).duplex).capitalize() or "Unknown"

    def most(self, row: Row[Port]) -> int:
        told, phy = self._network.record(row).max_bit_rate, self.phy(row)
        if told is not None:
            return told
        most = max(speeds(phy.advertised), default=0)
        return most if 0 < most < max(speeds(phy.supported), default=0) else AUTOMATIC

    def set_most(self, row: Row[Port], value: int) -> None:
        able = speeds(self.phy(row).supported)
        if value == 0 or (value > 0 and not any(speed <= value for speed in able)):
            raise InvalidValue("", self._choice(row, "bit rates", [str(speed) for speed in sorted(able)]))
        self._network.edit(row, max_bit_rate=value)

    def duplex(self, row: Row[Port]) -> str:
        told, phy = self._network.record(row).duplex, self.phy(row)
        if told is not None:
            return DUPLEX[told]
        kinds = duplexes(phy.advertised)
        if len(kinds) != 1 or kinds == duplexes(phy.supported):
            return DUPLEX["auto"]
        return DUPLEX["full" if True in kinds else "half"]

    def set_duplex(self, row: Row[Port], value: str) -> None:
        able = duplexes(self.phy(row).supported)
        word = next(word for word, name in DUPLEX.items() if name == value)
        if word != "auto" and (word == "full") not in able:
            names = [name for word, name in DUPLEX.items() if (word == "full") in able and word != "auto"]
            raise InvalidValue("", self._choice(row, "duplex modes", names))
        self._network.edit(row, duplex=word)

    def modes(self, row: Row[Port]) -> list[int]:
        told = self._network.record(row).modes
        return mau_types(self.phy(row).advertised) if told is None else list(told)

    def set_modes(self, row: Row[Port], value: Sequence[int]) -> None:
        able = mau_types(self.phy(row).supported)
        if not value or not set(value) <= set(able):
            raise InvalidValue("", self._choice(row, "link modes", [str(mode) for mode in able]))
        self._network.edit(row, modes=tuple(sorted(set(value))))

    def eee(self, row: Row[Port]) -> bool:
        told = self._network.record(row).eee
        return bool(self.phy(row).eee) if told is None else told

    def set_eee(self, row: Row[Port], value: bool) -> None:
        if value and self.phy(row).eee is None:
            raise InvalidValue("", f"{row.key} has no energy efficient Ethernet")
        if value != self.eee(row):
            self._network.edit(row, eee=value)

    def eee_status(self, row: Row[Port]) -> str:
        phy = self.phy(row)
        if phy.eee is None:
            return "Unsupported"
        return "Disabled" if not phy.eee else "Active" if phy.eee_active else "Inactive"

    @staticmethod
    def _choice(row: Row[Port], what: str, names: Sequence[str]) -> str:
        return f"{what} of {row.key}: {', '.join(names)}" if names else f"{row.key} negotiates nothing"
