"""NAT and packet filter of OpenWrt as a service: configured in UCI, made by fw4."""

from collections.abc import Callable, Collection
from contextlib import suppress

from backends.desired_state import Record, Wanted
from backends.errors import MechanismError
from backends.firewall.conditions import lacking
from backends.firewall.surroundings import Surroundings
from backends.openwrt.configured import Configured
from backends.openwrt.firewall.firewall_sections import FirewallSections
from backends.openwrt.firewall.loaded import Loaded
from backends.openwrt.firewall.mapping import FirewallMapping
from backends.uci import Uci


class FirewallOnOpenWrt(Configured):
    """See backends.tr181.firewall_backend.Filtering."""

    def __init__(
        self,
        uci: Uci,
        mapping: FirewallMapping,
        committed: Callable[[Collection[str]], None],
        loaded: Loaded,
        surroundings: Callable[[], Surroundings],
    ) -> None:
        super().__init__(uci, mapping, committed)
        self._sections_of = mapping.sections
        self._loaded = loaded
        self._surroundings = surroundings
        self._around: Surroundings | None = None
        self._sections: FirewallSections | None = None
        self._is_read = False

    @property
    def around(self) -> Surroundings:
        """The surroundings of this request."""
        if self._around is None:
            self._around = self._surroundings()
        return self._around

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._loaded.forget()
        self._around, self._is_read = None, False

    def lacking(self, record: Record, wanted: Wanted) -> str:
        """What a record lacks to be made, in words; "" for nothing."""
        return lacking(record, self.around, wanted)

    def is_made(self, what: str, key: str) -> bool:
        """Whether fw4 has loaded rules of a row."""
        if not self._is_read:
            self._is_read = True
            with suppress(MechanismError):  # what it said last is taken until it is mended
                self._sections = self._sections_of(self._uci.read)
        return self._sections is None or self._loaded.has(self._sections, what, key)
