"""Where UCI's files are, and what others have staged."""

from pathlib import Path

import pytest

from backends.uci.places import Places
from backends.uci.types import NotUci, Staged

DELTA = """network.lan.ipaddr='192.168.2.1'
|network.cfg020f15.ports='lan3'
~network.cfg020f15.ports='lan1'
network.lan.descr='it'\\''s a
"q" é'
+network.cfg03fe63='host'
@network.newsec='renamed'
^network.renamed='0'
-network.wan
-network.lan.mtu
other.lan.x='not of this file'
network.too.many.dots='1'
network.open='quote
"""


def test_what_people_and_pages_have_staged_is_told_with_its_place(tmp_path: Path) -> None:
    places = Places.under(tmp_path)
    page = places.sessions / "uci-0123456789abcdef"
    for directory in (places.staged, page):
        directory.mkdir(parents=True)
    (places.staged / "network").write_text(DELTA)
    (places.staged / "empty").touch()
    (page / "dhcp").write_text("dhcp.lan.start='10'\n")
    (places.sessions / "other").mkdir()
    told = places.staged_by_others()
    assert [(edit.operation, edit.section, edit.option, edit.value) for edit in told[:-1]] == [
        ("set", "lan", "ipaddr", "192.168.2.1"),
        ("add_list", "cfg020f15", "ports", "lan3"),
        ("del_list", "cfg020f15", "ports", "lan1"),
        ("set", "lan", "descr", 'it\'s a\n"q" é'),
        ("add", "cfg03fe63", "", "host"),
        ("rename", "newsec", "", "renamed"),
        ("reorder", "renamed", "", "0"),
        ("delete", "wan", "", ""),
        ("delete", "lan", "mtu", ""),
    ]
    assert told[-1] == Staged("dhcp", "lan", "start", "set", "10", page)


def test_a_system_can_be_a_directory(tmp_path: Path) -> None:
    assert Places.under(tmp_path).config == tmp_path / "etc/config"
    assert Places.under(tmp_path).packages() == ()
    assert Places.under(tmp_path).staged_by_others() == ()


def test_an_override_counts(tmp_path: Path) -> None:
    places = Places.under(tmp_path)
    assert places.path("network") == tmp_path / "etc/config/network"
    places.override.mkdir(parents=True)
    (places.override / "network").touch()
    assert places.path("network") == tmp_path / "var/run/uci/network"
    with pytest.raises(NotUci):
        places.path("../network")
