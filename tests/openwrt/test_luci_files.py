"""What the package luci-app-cpe-agent installs beside its pages: a menu, the least rights, its Makefile."""

import json
import re
from pathlib import Path

import pytest

from tests.openwrt.luci_site import ACL, APP, HTDOCS, MENU, METHODS, VIEWS, rights

SOURCES = sorted(HTDOCS.rglob("*.js"))
CALL = re.compile(r"rpc\.declare\(\{ object: '([\w-]+)', method: '(\w+)'")


def calls() -> set[tuple[str, str, str]]:
    return {("ubus", *found) for file in SOURCES for found in CALL.findall(file.read_text())}


def test_every_page_of_the_menu_is_there_below_services_and_every_page_is_in_it() -> None:
    menu = json.loads(MENU.read_text())
    assert menu["admin/services/cpe-agent"]["title"] == "Remote management"
    views = {one["action"]["path"] for one in menu.values() if one["action"]["type"] == "view"}
    assert views == {f"cpe-agent/{file.stem}" for file in VIEWS.iterdir()}
    assert all(name.startswith("admin/services/cpe-agent") for name in menu)


def test_the_menu_shows_a_page_to_those_only_who_may_see_what_is_on_it() -> None:
    groups = json.loads(ACL.read_text())
    for name, one in json.loads(MENU.read_text()).items():
        assert one["depends"]["acl"], name
        assert set(one["depends"]["acl"]) <= set(groups)


def test_what_the_pages_call_is_granted_and_nothing_else_is() -> None:
    declared = sum(file.read_text().count("rpc.declare(") for file in SOURCES)
    assert declared == len([each for file in SOURCES for each in CALL.findall(file.read_text())])
    uci = {("uci", "cpe-agent", "read"), ("uci", "cpe-agent", "write")}
    assert rights("write") == calls() | uci


def test_every_method_that_is_granted_is_one_of_the_agents() -> None:
    assert {method for scope, _, method in rights("write") if scope == "ubus"} <= METHODS


def test_who_may_only_read_starts_nothing_and_sees_no_settings_because_secrets_are_in_them() -> None:
    assert rights("read") == calls() - {("ubus", "cpe-agent", "inform")}


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.name)
def test_a_text_becomes_a_node_only_in_a_list_and_never_by_itself(file: Path) -> None:
    """LuCI's E(name, attributes, text) takes the text as HTML."""
    source = file.read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|rawhtml|\beval\b|dom\.(append|content)", source
    )
    made = re.findall(r"\bE\('\w+', (?:\{[^{}]*\}), (\S+)", source)
    assert all(one.startswith(("[", "rows.map(", "row.map(", "headings.map(")) for one in made), made
    assert not re.search(r"\bE\('\w+', [^{\s]", source)
    assert not re.search(r"\bE\('<", source)


def test_the_makefile_is_one_of_luci_and_asks_for_the_agent() -> None:
    text = (APP / "Makefile").read_text()
    variables = dict(re.findall(r"^(\w+):=(.*)$", text, re.MULTILINE))
    assert variables["LUCI_DEPENDS"].split() == ["+luci-base", "+cpe-agent", "+cpe-agent-support"]
    assert variables["LUCI_PKGARCH"] == "all"
    assert "include $(TOPDIR)/feeds/luci/luci.mk" in text
    assert text.endswith("# call BuildPackage - OpenWrt buildroot signature\n")
