"""The memories of modules, over ethtool's netlink family: the kernel's own, and one in memory that has cages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing
from backends.generic_netlink import GenericNetlink, attribute, number, text
from backends.omci.module_memory import (
    A0,
    A2,
    ADDRESS,
    BANK,
    HEADER,
    HEADER_NAME,
    LENGTH,
    MODULE_EEPROM_GET,
    NUMBER,
    OFFSET,
    Memory,
    ModuleMemories,
    read_page,
)
from tests.backends.omci.caged import CagedFamily
from tests.backends.omci.module_pages import page_a0, page_a2

STICK = {A0: page_a0() + bytes(128), A2: page_a2() + bytes(128)}


@pytest.fixture(params=["the kernel", "the fake"])
def family(request: pytest.FixtureRequest) -> Iterator[GenericNetlink]:
    made = GenericNetlink("ethtool", deadline=5.0) if request.param == "the kernel" else CagedFamily({"lo": None})
    yield made
    made.close()


def machine(tmp_path: Path, *links: str, without_hardware: tuple[str, ...] = ()) -> Path:
    for link in links:
        (tmp_path / "class/net" / link / "device").mkdir(parents=True)
    for link in without_hardware:
        (tmp_path / "class/net" / link).mkdir(parents=True)
    return tmp_path


def test_a_port_without_a_cage_says_so(family: GenericNetlink) -> None:
    with pytest.raises(MechanismError) as refused:
        read_page(family, "lo", A0)
    assert refused.value.code == "EOPNOTSUPP"


def test_a_port_that_is_not_there_is_missing(family: GenericNetlink) -> None:
    with pytest.raises(Missing) as missing:
        read_page(family, "none0", A2)
    assert missing.value.code == "ENODEV"


def test_more_than_half_a_page_at_once_is_refused(family: GenericNetlink) -> None:
    octets = b"".join(attribute(kind, bytes([value])) for kind, value in ((NUMBER, 0), (BANK, 0), (ADDRESS, A0)))
    asked = attribute(HEADER, text(HEADER_NAME, "lo"), nested=True) + number(OFFSET, 0) + number(LENGTH, 129) + octets
    with pytest.raises(MechanismError) as refused:
        family.ask(MODULE_EEPROM_GET, asked, "a module")
    assert refused.value.code == "ERANGE"


def test_both_pages_of_each_module_are_read_and_only_of_ports_with_hardware(tmp_path: Path) -> None:
    root = machine(tmp_path, "eth0", "eth1", without_hardware=("br0",))
    family = CagedFamily({"eth0": None, "eth1": STICK, "br0": STICK})
    found = ModuleMemories(lambda: family, root).all()
    assert found == [Memory("eth1", page_a0(), page_a2())]


def test_a_module_that_measures_nothing_has_its_first_page(tmp_path: Path) -> None:
    family = CagedFamily({"eth1": {A0: STICK[A0]}})
    assert ModuleMemories(lambda: family, machine(tmp_path, "eth1")).all() == [Memory("eth1", page_a0(), b"")]


def test_one_port_alone_is_asked_where_it_is_named(tmp_path: Path) -> None:
    family = CagedFamily({"eth0": STICK, "eth1": STICK})
    assert [each.link for each in ModuleMemories(lambda: family, machine(tmp_path)).all("eth1")] == ["eth1"]
    assert len(family.asked) == 2


def test_linux_here_has_modules_or_none_but_never_an_error() -> None:
    assert isinstance(ModuleMemories().all(), list)
