"""The physical side of ports in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from backends.errors import MechanismError
from backends.ethtool import MacCounters, Phy


class FakePorts:
    """Ports by name; those whose name is in ``refusing`` take no other modes."""

    def __init__(self, phys: Mapping[str, Phy], frames: Mapping[str, MacCounters] | None = None) -> None:
        self.found = dict(phys)
        self.frames = dict(frames or {})
        self.refusing: set[str] = set()

    def phys(self) -> Mapping[str, Phy]:
        return dict(self.found)

    def mac_counters(self) -> Mapping[str, MacCounters]:
        return dict(self.frames)

    def set_modes(self, name: str, *, advertised: Iterable[int], supported: Iterable[int]) -> None:
        self._check(name)
        self.found[name] = replace(self.found[name], autoneg=True, advertised=frozenset(advertised) & set(supported))

    def set_eee(self, name: str, enabled: bool) -> None:
        self._check(name)
        if self.found[name].eee is None:
            raise MechanismError(f"{name}: Operation not supported", "EOPNOTSUPP")
        self.found[name] = replace(self.found[name], eee=enabled)

    def _check(self, name: str) -> None:
        if name in self.refusing or name not in self.found:
            raise MechanismError(f"link modes of {name}: Invalid argument", "EINVAL")
