"""On OpenWrt, services that its own daemons make are made by them; all others are those of any Linux."""

from collections.abc import Sequence
from pathlib import Path

from agent.settings import load
from backends.tr181.openwrt_lan import UciLanTables
from backends.tr181.openwrt_reasons import NEEDS
from backends.tr181.openwrt_services import FIRST, INSTEAD, openwrt_services, surface_of
from backends.tr181.parts import Build, Machine
from backends.tr181.services import SERVICES
from backends.uci import Places
from tests.backends.openwrt.router import DHCP, NETWORK
from tests.backends.whole_device import device_in_memory

PROFILE = Path(__file__).parents[3] / "config" / "profiles" / "openwrt.toml"


def test_what_openwrt_makes_stands_in_the_place_of_what_we_would(tmp_path: Path) -> None:
    config = Places.under(tmp_path).config
    config.mkdir(parents=True)
    (config / "dhcp").write_text(DHCP)
    (config / "network").write_text(NETWORK)
    always, services = split(openwrt_services(SERVICES, tmp_path))
    assert len(always) == len(FIRST)
    assert [one is not other for one, other in zip(services, SERVICES, strict=True)].count(True) == len(
        {*INSTEAD, *NEEDS}
    )
    device, _ = device_in_memory(tmp_path)
    machine = Machine(device.mechanisms, [*always, *services])
    assert isinstance(machine.mechanisms.lan, UciLanTables)
    assert [part.settle for part in machine.parts if part.settle is not None]
    machine.settle()
    changed = [SERVICES[place] for place, one in enumerate(services) if one is not SERVICES[place]]
    assert changed == [one for one in SERVICES if one.name in {*INSTEAD, *NEEDS}], "changes are made in the same order"


def test_the_ways_in_are_openwrt_s_own() -> None:
    surface = surface_of(Path("/"))
    assert surface.root == Path("/")


def test_the_profile_chooses_them(tmp_path: Path) -> None:
    assert load(PROFILE, tmp_path).settings.system.mechanisms == "openwrt"


def split(services: Sequence[Build]) -> tuple[Sequence[Build], Sequence[Build]]:
    """What is OpenWrt's alone, and what stands for services of any Linux."""
    return services[: len(services) - len(SERVICES)], services[len(services) - len(SERVICES) :]
