"""The lamps of a machine with OpenWrt: what they show is the kernel's to say, what they are to show UCI's."""

from backends.leds import Leds
from backends.openwrt.configured import Configured
from backends.openwrt.desired import UciDesired
from backends.openwrt.system.host import SYSTEM
from backends.openwrt.system.lamps import LED, Lamp, LampMapping
from backends.tr181.leds import LED as LED_TABLE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.service import TableService


class UciLamps(TableService, UciDesired):
    """See backends.tr181.leds.Settable."""

    def __init__(self, configured: Configured) -> None:
        super().__init__("leds", (Lamp,), configured, {Lamp: LED_TABLE}, {"on": ("Duration",), "off": ("Duration",)})

    def is_enabled(self, name: str) -> bool:
        """See Settable."""
        return self.wanted.get(Lamp, name).enable

    def enable(self, name: str, enable: bool) -> None:
        """See Settable."""
        self.edit(Lamp, name, enable=enable)

    def duration(self, name: str, order: int) -> int | None:
        """See Settable."""
        lamp = self.wanted.get(Lamp, name)
        return (lamp.on if order == 1 else lamp.off) or None  # 0: the kernel chooses

    def last(self, name: str, order: int, milliseconds: int) -> None:
        """See Settable."""
        self.edit(Lamp, name, **{"on" if order == 1 else "off": milliseconds})


def openwrt_leds(given: Mechanisms, surface: Surface) -> Part | None:
    """The lamps, where the kernel has any."""
    leds = Leds(given.system.root / "sys")
    if not leds.are_there():
        return None
    if SYSTEM not in surface.uci.packages():
        return Part("leds", {"leds": leds}, forget=[leds.forget], follows=frozenset())
    mapping = LampMapping(lambda: [one.name for one in leds.leds()], given.may_change_system)
    lamps = UciLamps(Configured(surface.uci, mapping, lambda _: surface.reloads.note({LED})))
    return Part(
        name="leds",
        provides={"leds": leds, "lamps": lamps},
        backend=lamps,
        forget=[leds.forget, lamps.forget],
        follows=frozenset(),
        settle=surface.reloads.settle,
    )
