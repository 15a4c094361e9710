"""Which kinds of tunnel there are, by the modules that are installed and by what the kernel has built in."""

from pathlib import Path

from backends.tunnels.kinds import kinds
from backends.tunnels.links import TunnelLinks
from tests.backends.tunnels.bench import Bench


class Asked(TunnelLinks):
    """What the kernel is asked for, which loads a module."""

    def __init__(self, bench: Bench, *, may_make: bool = True) -> None:
        super().__init__(bench.home.open_socket)
        self.may = may_make
        self.asked: list[str] = []

    def may_make(self) -> bool:
        return self.may and super().may_make()

    def has(self, kind: str) -> bool:
        self.asked.append(kind)
        return super().has(kind)


def test_a_kind_whose_module_is_installed_is_there_and_not_loaded(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "modules.alias").write_text("alias rtnl-link-gre ip_gre\nalias pci:v00 x\n")
    (tmp_path / "modules.builtin.modinfo").write_bytes(b"sit.license=GPL\0sit.alias=rtnl-link-sit\0")
    links = Asked(bench)
    assert kinds(links, ("gre", "sit", "vxlan", "no-such"), tmp_path) == {"gre", "sit", "vxlan"}
    assert links.asked == ["vxlan", "no-such"]


def test_an_agent_that_may_make_no_links_has_none(bench: Bench, tmp_path: Path) -> None:
    assert kinds(Asked(bench, may_make=False), ("vxlan",), tmp_path) == frozenset()
    assert kinds(Asked(bench), ("vxlan",), tmp_path / "absent") == {"vxlan"}
