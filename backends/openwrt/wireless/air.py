"""The kernel's radios and links as OpenWrt counts them: one piece of hardware may be several radios."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from backends.errors import MechanismError
from backends.nl80211 import Nl80211
from backends.openwrt.wireless.hardware import Found, Hardware, links_of
from backends.uci import Package
from backends.wireless_types import Neighbour, Radio, Survey, WifiStation, WirelessLink


class Air(Nl80211):
    """Whatever else is asked is answered by ``kernel``. ``package`` reads /etc/config/wireless."""

    def __init__(self, kernel: Nl80211, hardware: Hardware, package: Callable[[], Package]) -> None:
        super().__init__()
        self._air, self._hardware, self._package = kernel, hardware, package
        self._known: tuple[Sequence[Radio], Package, Found] | None = None
        self._links: tuple[Sequence[WirelessLink], Found, Sequence[WirelessLink]] | None = None
        self._last = Package("wireless")

    def found(self, package: Package | None = None) -> Found:
        """The radios, and what the sections of a package (of the one that is committed) stand for."""
        package, radios = package or self._read(), self._air.radios()
        if self._known is None or self._known[0] is not radios or self._known[1] is not package:
            self._known = (radios, package, self._hardware.found(radios, package))
        return self._known[2]

    def radios(self) -> Sequence[Radio]:
        """See Nl80211."""
        return self.found().radios

    def links(self) -> Sequence[WirelessLink]:
        """See Nl80211."""
        links, found = self._air.links(), self.found()
        if self._links is None or self._links[0] is not links or self._links[1] is not found:
            self._links = (links, found, tuple(links_of(links, found.radios)))
        return self._links[2]

    def forget(self) -> None:
        """See Nl80211."""
        self._air.forget()

    def close(self) -> None:
        """See Nl80211."""
        self._air.close()

    def is_there(self) -> bool:
        """See Nl80211."""
        return self._air.is_there()

    def country(self) -> str:
        """See Nl80211."""
        return self._air.country()

    def stations(self, link: str) -> Sequence[WifiStation]:
        """See Nl80211."""
        return self._air.stations(link)

    def survey(self, link: str) -> Survey | None:
        """See Nl80211."""
        return self._air.survey(link)

    def measures(self, link: str) -> bool:
        """See Nl80211."""
        return self._air.measures(link)

    def neighbours(self, link: str) -> Sequence[Neighbour]:
        """See Nl80211."""
        return self._air.neighbours(link)

    def scan(self, name: str) -> None:
        """See Nl80211."""
        self._air.scan(name)

    def _read(self) -> Package:
        """While it cannot be read, what it said last."""
        with suppress(MechanismError):
            self._last = self._package()
        return self._last
