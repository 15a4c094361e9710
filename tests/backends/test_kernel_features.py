"""What the kernel has not is known from what it shows and from the list of its modules."""

import os
import subprocess
from pathlib import Path

import pytest

from backends.kernel_features import PPPOE, VLANS, lacking
from backends.tunnels.links import TunnelLinks
from tests.netlab.namespace import Namespace

ALIASES = """alias pci:v00008086d* e1000
alias rtnl-link-vlan 8021q
alias char-major-108-0 ppp_generic
alias net-pf-24-proto-0 pppoe
"""


def machine(root: Path, *shown: str, modules: str | None = None) -> Path:
    """Files of a machine that shows these."""
    for place in shown:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).touch()
    if modules is not None:
        folder = root / "lib/modules" / os.uname().release
        folder.mkdir(parents=True)
        (folder / "modules.alias").write_text(modules)
    return root


def unasked(kind: str) -> bool:
    raise AssertionError(f"the kernel was asked for {kind}, which loads a module")


def test_what_shows_is_there(tmp_path: Path) -> None:
    assert lacking(unasked, machine(tmp_path, "proc/net/vlan", "dev/ppp", "proc/net/pppoe")) == frozenset()


def test_what_can_be_loaded_is_there_and_is_not_loaded(tmp_path: Path) -> None:
    assert lacking(unasked, machine(tmp_path, modules=ALIASES)) == frozenset()


def test_a_part_may_show_and_the_rest_be_loaded(tmp_path: Path) -> None:
    root = machine(tmp_path, "proc/net/vlan", "dev/ppp", modules="alias net-pf-24-proto-0 pppoe\n")
    assert lacking(unasked, root) == frozenset()


@pytest.mark.parametrize("gone", ["char-major-108-0", "net-pf-24-proto-0"])
def test_half_of_pppoe_is_none(tmp_path: Path, gone: str) -> None:
    text = "".join(line for line in ALIASES.splitlines(keepends=True) if gone not in line)
    assert lacking(unasked, machine(tmp_path, modules=text)) == {PPPOE}


def test_a_kernel_without_them_lacks_them_and_one_that_knows_the_kind_of_link_does_not(tmp_path: Path) -> None:
    assert lacking(lambda kind: kind != "vlan", tmp_path) == {VLANS, PPPOE}
    assert lacking(lambda kind: kind == "vlan", machine(tmp_path, modules="alias x y\n")) == {PPPOE}


def test_of_this_kernel_it_says_what_ip_says_and_leaves_nothing(lab: Namespace) -> None:
    lab.ip("link add name d0 type bridge")
    before = lab.run("ip", "-j", "link")
    links = TunnelLinks(lab.open_socket)
    lacks = lacking(lambda kind: links.may_make() and links.has(kind))
    assert lab.run("ip", "-j", "link") == before
    made = subprocess.run([*lab.command("ip", "link", "add", "link", "d0", "name", "v5", "type", "vlan", "id", "5")],
                          check=False, capture_output=True)  # fmt: skip
    assert (VLANS in lacks) == (made.returncode != 0)
    if "CPE_AGENT_IN_MACHINE" in os.environ:
        assert lacks == frozenset(), "Debian's kernel has both"
