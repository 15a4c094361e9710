"""/etc/config/network as protocols are read from it."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from backends.desired_state import NotOurs, Pointer, Wanted
from backends.dhcp_client.records import Client4, SentOption4
from backends.openwrt.protocols.sections import (
    Ground,
    NetworkSections,
    bring,
    changed_rows,
    in_form,
    is_on,
    placed,
    short,
    standing,
    switch,
)
from backends.openwrt.sections import Told
from backends.uci import FileUci, Package, Places, Section
from backends.uci.reading import parsed
from tests.backends.openwrt.protocols.gateway import NETWORK

pytestmark = pytest.mark.slow
IP = "Device.IP.Interface.{i}."
OLD = """
config interface 'wan'
	option ifname 'eth0.2'
	option proto 'pppoe'

config interface 'wan6'
	option ifname '@wan'
	option proto 'dhcpv6'
"""


def ground(present: dict[str, str] | None = None, way: Iterable[str] = (), given: Iterable[str] = ("wan",)) -> Ground:
    def link_of(pointer: Pointer | None) -> str | None:
        return pointer.keys[-1] if pointer else None

    return Ground(
        row_of=lambda link, table: Pointer(table, (link,)) if link in given else None,
        link_of=link_of,
        may_change=lambda link: link in given,
        present=lambda: present or {},
        on_the_way=lambda: set(way),
        around=lambda: ("links", *given),
    )


def package(text: str = NETWORK) -> Package:
    return parsed("network", text, Path("network"))


def test_interfaces_are_known_by_name_and_protocol() -> None:
    here = NetworkSections(package(), ground({"wan": "pppoe-wan"}))
    assert list(here.speaking("dhcp", "dhcpv6")) == ["wan", "wan6"]
    assert (here.link("wan"), here.device("wan"), here.device("wan6")) == ("pppoe-wan", "wan", "pppoe-wan")
    assert (here.link("nobody"), here.device("nobody"), here.section("nobody").options) == ("", "", {})
    assert here.row("wan", IP) == Pointer(IP, ("wan",))
    assert here.row("", IP) is None
    assert here.named(Pointer(IP, ("br-lan",))) == "lan"
    assert here.named(None) == ""


def test_old_releases_have_their_own_words() -> None:
    here = NetworkSections(package(OLD), ground())
    assert (here.device("wan"), here.device("wan6")) == ("eth0.2", "eth0.2")
    assert placed(here.section("wan"), "eth1") == {"ifname": "eth1"}
    assert placed(here.section("new"), "eth1") == {"device": "eth1"}


def test_what_lies_on_the_way_is_known_by_links() -> None:
    there = ground(way=("wan",))
    assert there.crosses(["eth2", None, "wan"])
    assert not there.crosses(["eth2", None, ""])
    with pytest.raises(NotOurs, match="not given"):
        there.check("eth2", Client4, "wan", ("enable",))
    there.check(None, Client4, "wan", ("enable",))
    assert ground({"a": "b"}).surroundings() == ((("a", "b"),), ("links", "wan"))


def test_whether_an_interface_is_on_is_said_as_it_stands() -> None:
    def section(**options: str) -> Section:
        return Section("interface", "x", "x", options)

    assert is_on(section())
    assert not is_on(section(disabled="1"))
    assert not is_on(section(disabled="true"))
    assert not is_on(section(auto="0"))
    assert switch(section(auto="0"), False) == {"disabled": "", "auto": "0"}
    assert switch(section(auto="0"), True) == {"disabled": "", "auto": ""}
    assert switch(section(disabled="0"), True) == {"disabled": "0", "auto": ""}
    assert switch(Section("", "y", "y"), False) == {"disabled": "1", "auto": ""}
    assert standing(section(reqaddress="force"), "reqaddress", True, "") == "force"
    assert standing(section(reqaddress="force"), "reqaddress", False, "none") == "none"
    assert standing(Section("", "y", "y"), "reqprefix", True, "no") == "no"


def test_a_list_keeps_its_form() -> None:
    assert in_form(Section("interface", "x", "x", {"a": ("1",)}), "a", ["1", "2"]) == ("1", "2")
    assert in_form(Section("interface", "x", "x", {"a": "1"}), "a", ["1", "2"]) == "1 2"


def test_names_leave_room_for_the_longest_prefix_of_a_link() -> None:
    names = {short(()) for _ in range(50)}
    assert all(len(f"gre6t-{name}") <= 15 for name in names)
    assert len(names) > 40


def test_an_interface_of_a_person_stays_and_one_of_ours_goes(tmp_path: Path) -> None:
    places = Places.under(tmp_path)
    places.config.mkdir(parents=True)
    (places.config / "network").write_text(NETWORK + "\nconfig interface 'cpe_12345'\n\toption proto 'dhcp'\n")
    edits = FileUci(places).edit()
    told = {
        "wan": Told("interface", {"proto": "dhcp", "device": "wan", "reqopts": "43 125"}),
        "cpe_12345": Told("interface", {"proto": "dhcp"}),
    }
    bring(edits, told, {})
    after = edits.read("network")
    wan = after.get("wan")
    assert wan is not None
    assert dict(wan.options) == {"proto": "none", "device": "wan", "vendorid": "dslforum.org", "unknown": "kept"}
    assert after.get("cpe_12345") is None


def test_rows_that_changed_are_those_of_the_parent() -> None:
    before = Wanted(1, {Client4: {"wan": Client4()}, SentOption4: {"a": SentOption4(parent="wan")}})
    after = Wanted(1, {Client4: {"wan": Client4()}, SentOption4: {"a": SentOption4(parent="wan", tag=12)}})
    assert changed_rows(before, after) == {"wan": {"tag"}}
    assert changed_rows(before, before) == {}
    assert set(changed_rows(before, Wanted())) == {"wan"}
