"""What backends.uci promises, tried on files, on python3-uci, on the device's own uci, and on what stands in for it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.errors import MechanismError, Missing
from backends.uci import BrokenPackage, ChangedMeanwhile, FileUci, NotUci, Package, Places, Section, identities
from tests.backend_contract.uci_machines import WAYS, Machine

pytestmark = pytest.mark.slow

HOME = """
config interface 'lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	list dns '192.0.2.1'
	list dns '192.0.2.2'

config device
	option name 'br-lan'
	list ports 'lan1'

config device
	option name 'eth1'

config route-rule 'r1'
	option name 'it'\\''s'
"""
HOSTILE = [
    "it's", "'", "''", "\\", "\\'", '"', 'say "hi"', "a\nb", "\n", "\n\n# no comment\nconfig x 'y'\n",
    "a\r\nb", "\r", "\ttab\t", " ", "  two  ", "a;b", ";", "#", "# x", "$(reboot)", "`reboot`", "${IFS}", "a=b=c", "=",
    "%s%n", "-q", "é", "東京 🛜", "e\u0301", "\x7f", "\x80\x9f", "\u2028", "\udcff", "a\udcfe'b",
    "x" * 10_000, "'" * 500, "option a 'b'",
    "exit", "\\\n", "'\\''", "commit",
]  # fmt: skip
REFUSED = ["\0", "a\0b", "\x01", "\x0b", "\x0c", "\x1b[31m", "\ud800", "\udcc3\udca9", "x" * 65_537]


@pytest.fixture(params=WAYS)
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Machine]:
    made = Machine(request.param, tmp_path)
    made.put(HOME)
    yield made
    made.close()


def now(machine: Machine) -> Package:
    """As another process would read it."""
    return machine.another().read(machine.name)


def the(package: Package, section: str) -> Section:
    found = package.get(section)
    assert found is not None
    return found


def test_a_package_is_its_sections_in_their_order(machine: Machine) -> None:
    package = machine.uci.read(machine.name)
    assert [(each.type, each.name, each.id, each.anonymous) for each in package.sections] == [
        ("interface", "lan", "lan", False),
        ("device", "", "cfg020f15", True),
        ("device", "", "cfg030f15", True),
        ("route-rule", "r1", "r1", False),
    ]
    assert the(package, "lan").options == {
        "proto": "static", "ipaddr": "192.168.1.1", "dns": ("192.0.2.1", "192.0.2.2"),
    }  # fmt: skip
    assert the(package, "cfg020f15").options == {"name": "br-lan", "ports": ("lan1",)}
    assert the(package, "r1").text("name") == "it's"


def test_packages_are_named_and_copies_of_them_are_none(machine: Machine) -> None:
    for name in ("dhcp", "network~", "network.bak", ".network.uci-a1b2c3", "network-opkg"):
        machine.put(HOME, name)
    (machine.places.config / "directory").mkdir()
    assert machine.uci.packages() == tuple(sorted((machine.name, "dhcp", "network-opkg")))


def test_a_package_that_is_not_there_is_missing(machine: Machine) -> None:
    with pytest.raises(Missing, match="nopackage"):
        machine.uci.read("nopackage")
    with pytest.raises(Missing):
        machine.uci.edit().set("nopackage", "a", "b", "c")
    for name in ("../passwd", "/etc/passwd", "a.b", "", "a b", "-c\n"):
        with pytest.raises(NotUci):
            machine.uci.read(name)


def test_one_broken_package_fails_alone_and_names_file_and_line(machine: Machine) -> None:
    path = machine.put("config a 'b'\n\toption x '1'\n\n\toption c-d 'e'\n", "broken")
    for _ in range(2):
        with pytest.raises(BrokenPackage) as told:
            machine.uci.read("broken")
        assert (told.value.path, told.value.line) == (path, 4)
        assert str(path) in told.value.reason
        assert "line 4" in told.value.reason
    assert the(machine.uci.read(machine.name), "lan").text("proto") == "static"
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    with pytest.raises(BrokenPackage):
        edits.set("broken", "b", "x", "2")
    assert edits.commit() == {machine.name}
    assert machine.text("broken").startswith("config a 'b'\n")


def test_a_package_is_read_once_until_forgotten(machine: Machine) -> None:
    first = machine.uci.read(machine.name)
    machine.put(HOME.replace("static", "dhcp"))
    assert machine.uci.read(machine.name) is first
    machine.uci.forget()
    assert the(machine.uci.read(machine.name), "lan").text("proto") == "dhcp"


def test_what_is_staged_is_seen_by_nobody_before_the_commit(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    assert the(edits.read(machine.name), "lan").text("proto") == "dhcp"
    assert edits.changed() == {machine.name}
    assert machine.text() == HOME
    edits.prepare()
    assert machine.text() == HOME
    assert now(machine).says() == FileUci(machine.places).read(machine.name).says()
    assert edits.commit() == {machine.name}
    assert the(now(machine), "lan").text("proto") == "dhcp"
    assert the(machine.uci.read(machine.name), "lan").text("proto") == "dhcp"


def test_what_is_reverted_is_never_written(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.delete(machine.name, "lan")
    edits.prepare()
    edits.revert()
    assert edits.commit() == frozenset()
    assert machine.text() == HOME
    assert not [path for path in machine.places.own.glob("*") if path.stat().st_size]


def test_every_edit_is_made(machine: Machine) -> None:
    name, edits = machine.name, machine.uci.edit()
    device = machine.uci.read(name).of_type("device")
    edits.set(name, "lan", "ipaddr", "10.0.0.1")
    edits.set(name, "lan", "dns", ("192.0.2.3", "192.0.2.1"))
    edits.set(name, "lan", "mtu", "1400")
    edits.delete(name, "lan", "proto")
    edits.add_to_list(name, device[0].id, "ports", "lan2")
    edits.add_to_list(name, device[0].id, "ports", "lan3")
    edits.remove_from_list(name, device[0].id, "ports", "lan1")
    edits.add_to_list(name, "lan", "ipaddr", "10.0.0.2")
    edits.rename(name, "r1", "rule_one")
    edits.rename(name, "rule_one", "title", option="name")
    edits.delete(name, device[1].id)
    first, second = edits.add(name, "rule"), edits.add(name, "rule")
    edits.set(name, second, "b", "2")
    edits.set(name, first, "a", "1")
    assert edits.add(name, "interface", "guest") == "guest"
    edits.set(name, "guest", "proto", "none")
    edits.reorder(name, "guest", 0)
    assert edits.commit() == {name}
    assert now(machine).says() == [
        ("interface", "guest", {"proto": "none"}),
        ("interface", "lan", {"ipaddr": ("10.0.0.1", "10.0.0.2"), "dns": ("192.0.2.3", "192.0.2.1"), "mtu": "1400"}),
        ("device", "", {"name": "br-lan", "ports": ("lan2", "lan3")}),
        ("route-rule", "rule_one", {"title": "it's"}),
        ("rule", "", {"a": "1"}),
        ("rule", "", {"b": "2"}),
    ]


def test_what_is_emptied_is_gone(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "")
    edits.set(machine.name, "lan", "dns", ())
    edits.set(machine.name, "lan", "nothing", "")
    edits.commit()
    assert the(now(machine), "lan").options == {"ipaddr": "192.168.1.1"}


def test_edits_that_change_nothing_write_nothing(machine: Machine) -> None:
    before = (machine.places.config / machine.name).stat()
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "static")
    edits.set(machine.name, "lan", "dns", ("192.0.2.1", "192.0.2.2"))
    edits.set(machine.name, "lan", "mtu", "1400")
    edits.delete(machine.name, "lan", "mtu")
    edits.delete(machine.name, "lan", "nothing")
    assert edits.commit() == frozenset()
    assert (machine.places.config / machine.name).stat().st_ino == before.st_ino


def test_every_text_that_uci_can_hold_comes_back_equal(machine: Machine) -> None:
    edits = machine.uci.edit()
    for number, value in enumerate(HOSTILE):
        edits.set(machine.name, "lan", f"o{number}", value)
        edits.add_to_list(machine.name, "r1", f"l{number}", value)
        edits.add_to_list(machine.name, "r1", f"l{number}", f"{value}{value}")
    edits.add_to_list(machine.name, "r1", "empty", "")
    edits.commit()
    lan, rule = the(now(machine), "lan"), the(now(machine), "r1")
    assert [lan.options[f"o{number}"] for number in range(len(HOSTILE))] == HOSTILE
    assert [rule.options[f"l{number}"] for number in range(len(HOSTILE))] == [(each, each * 2) for each in HOSTILE]
    assert rule.options["empty"] == ("",)
    assert len(now(machine).sections) == 4


@pytest.mark.parametrize("value", REFUSED, ids=lambda value: ascii(value[:8]))
def test_what_uci_cannot_hold_is_refused_and_nothing_is_staged(value: str, tmp_path: Path) -> None:
    machine = Machine("files", tmp_path)
    machine.put(HOME)
    edits = machine.uci.edit()
    with pytest.raises(NotUci) as told:
        edits.set(machine.name, "lan", "descr", value)
    assert value not in told.value.reason
    with pytest.raises(NotUci):
        edits.set(machine.name, "lan", "descr", ("a", value))
    with pytest.raises(NotUci):
        edits.add_to_list(machine.name, "lan", "descr", value)
    assert edits.changed() == frozenset()


@pytest.mark.parametrize("name", ["", "a-b", "a b", "a.b", "é", "a'", "a\n", "@a[0]", "a=b"])
def test_names_that_uci_refuses_are_refused(name: str, tmp_path: Path) -> None:
    machine = Machine("files", tmp_path)
    machine.put(HOME)
    edits = machine.uci.edit()
    for attempt in (
        lambda: edits.set(machine.name, "lan", name, "1"),
        lambda: edits.rename(machine.name, "r1", name),
        lambda: edits.rename(machine.name, "r1", name, option="name"),
        lambda: edits.add(machine.name, name.replace("-", " ")),
        lambda: edits.add(machine.name, "rule", name or " "),
        lambda: edits.rename(machine.name, "r1", "lan"),
        lambda: edits.add(machine.name, "rule", "lan"),
    ):
        with pytest.raises(NotUci):
            attempt()
    with pytest.raises(Missing):
        edits.set(machine.name, name, "a", "1")
    assert edits.changed() == frozenset()


def test_what_a_person_has_staged_is_reported_and_neither_committed_nor_lost(machine: Machine) -> None:
    machine.person_stages("lan.ipaddr", "10.9.9.9")
    machine.person_stages("r1.name", "two\nlines")
    staged = [edit for edit in machine.uci.staged_by_others() if edit.package == machine.name]
    assert [(edit.section, edit.option, edit.operation, edit.value) for edit in staged] == [
        ("lan", "ipaddr", "set", "10.9.9.9"), ("r1", "name", "set", "two\nlines"),
    ]  # fmt: skip
    delta = machine.staged()
    assert the(machine.uci.read(machine.name), "lan").text("ipaddr") == "192.168.1.1"
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    edits.prepare()
    assert edits.commit() == {machine.name}
    assert the(now(machine), "lan").text("ipaddr") == "192.168.1.1"
    assert the(now(machine), "lan").text("proto") == "dhcp"
    assert machine.staged() == delta


def test_what_a_person_stages_between_prepare_and_commit_is_left_alone_too(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    edits.prepare()
    machine.person_stages("lan.ipaddr", "10.9.9.9")
    delta = machine.staged()
    edits.commit()
    assert the(now(machine), "lan").text("ipaddr") == "192.168.1.1"
    assert the(now(machine), "lan").text("proto") == "dhcp"
    assert machine.staged() == delta


def test_what_somebody_has_written_meanwhile_is_not_overwritten(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    theirs = HOME.replace("192.168.1.1", "192.168.7.7")
    machine.put(theirs)
    with pytest.raises(ChangedMeanwhile):
        edits.commit()
    assert machine.text() == theirs
    edits.set(machine.name, "lan", "proto", "dhcp")
    edits.commit()
    assert the(now(machine), "lan").options["ipaddr"] == "192.168.7.7"


def test_several_packages_are_written_together_or_not_at_all(machine: Machine) -> None:
    machine.put(HOME, machine.other)
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    edits.set(machine.other, "lan", "proto", "dhcp")
    edits.prepare()
    machine.put(HOME.replace("static", "none"), machine.other)
    with pytest.raises(ChangedMeanwhile):
        edits.commit()
    assert machine.text() == HOME
    assert edits.changed() == frozenset()


def test_a_commit_that_fails_late_puts_back_what_was_written(machine: Machine) -> None:
    """The second file is changed by the commit of the first: by a link that makes them one."""
    (machine.places.config / machine.other).symlink_to(machine.name)
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    edits.set(machine.other, "lan", "proto", "none")
    with pytest.raises(ChangedMeanwhile):
        edits.commit()
    assert machine.text() == HOME


def test_a_commit_is_undone_to_the_byte(machine: Machine) -> None:
    text = "# mine\n\n" + HOME + "# end\n"
    machine.put(text)
    edits = machine.uci.edit()
    edits.delete(machine.name, "lan")
    edits.commit()
    assert now(machine).get("lan") is None
    assert edits.undo() == {machine.name}
    assert machine.text() == text
    assert edits.undo() == frozenset()


def test_an_undo_leaves_what_somebody_has_written_since(machine: Machine) -> None:
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    edits.commit()
    machine.put("config theirs 'x'\n")
    with pytest.raises(ChangedMeanwhile):
        edits.undo()
    assert machine.text() == "config theirs 'x'\n"


def test_the_mode_of_a_file_stays(machine: Machine) -> None:
    path = machine.places.config / machine.name
    path.chmod(0o640)
    edits = machine.uci.edit()
    edits.set(machine.name, "lan", "proto", "dhcp")
    edits.commit()
    assert path.stat().st_mode & 0o7777 == 0o640
    assert sorted(os.listdir(machine.places.config)) == [machine.name]


def test_an_identity_is_the_name_that_an_anonymous_section_gets(machine: Machine) -> None:
    package = machine.uci.read(machine.name)
    device = package.of_type("device")[1]
    identity = identities(package)[device.id]
    edits = machine.uci.edit()
    assert edits.identify(machine.name, device.id) == identity
    assert edits.identify(machine.name, "lan") == "lan"
    edits.set(machine.name, identity, "name", "eth2")
    edits.add(machine.name, "device", "first")
    edits.reorder(machine.name, "first", 0)
    edits.commit()
    assert the(now(machine), identity).options == {"name": "eth2"}
    assert identities(now(machine))[identity] == identity


def test_an_override_is_read_and_written_in_its_place(tmp_path: Path) -> None:
    """A ``uci`` that knows overrides has their directory compiled in: this is for those that read files."""
    for way in [way for way in WAYS if way in ("files", "library")]:
        machine = Machine(way, tmp_path / way)
        machine.put(HOME)
        machine.places.override.mkdir(parents=True)
        (machine.places.override / machine.name).write_text("config x 'over'\n")
        assert [section.id for section in machine.uci.read(machine.name).sections] == ["over"]
        edits = machine.uci.edit()
        edits.set(machine.name, "over", "a", "1")
        edits.commit()
        assert machine.text() == HOME
        assert (machine.places.override / machine.name).read_text() == "config x 'over'\n\toption a '1'\n"


def test_a_directory_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    machine = Machine("files", tmp_path)
    edits = FileUci(Places(config=Path("/proc/sys/kernel"))).edit()
    with pytest.raises(MechanismError):
        edits.set("hostname", "a", "b", "c")
    assert machine.uci.packages() == ()
