"""What a section is known by."""

from pathlib import Path

from backends.uci.identity import identified, identities
from backends.uci.reading import parsed
from backends.uci.types import Package


def package(text: str) -> Package:
    return parsed("p", text, Path("p"))


HOSTS = package("""
config host
	option ip '1'
	list mac 'a'

config host
	option ip '2'

config wifi-iface 'x'

config wifi-iface
""")


def test_a_name_is_an_identity_and_an_anonymous_section_has_one_too() -> None:
    known = identified(HOSTS)
    assert [known[name].options.get("ip") for name in known] == ["1", "2", None, None]
    assert list(known)[2] == "x"
    assert all(name.replace("_", "").isalnum() for name in known)
    assert next(iter(known)).startswith("host_")
    assert list(known)[3].startswith("wifi_iface_")


def test_it_does_not_depend_on_the_place_nor_on_the_order_of_options() -> None:
    moved = package("config new\n\nconfig host\n\toption ip '2'\n\nconfig host\n\tlist mac 'a'\n\toption ip '1'\n")
    before, after = identified(HOSTS), identified(moved)
    assert {name for name in before if name.startswith("host_")} == {name for name in after if name.startswith("host_")}
    assert [section.id for section in moved.sections][1:] != [section.id for section in HOSTS.sections][:2]


def test_what_says_something_else_is_another() -> None:
    texts = ["option ip '1'", "list ip '1'", "option ip '11'", "option i 'p1'", "option ip '1'\n\toption a ' '"]
    assert len({name for text in texts for name in identified(package(f"config host\n\t{text}\n"))}) == len(texts)


def test_equal_ones_are_counted_and_a_name_that_is_taken_is_passed_over() -> None:
    twins = package("config host\n\nconfig host\n\nconfig host\n")
    first, second, third = identities(twins).values()
    assert (second, third) == (f"{first}_2", f"{first}_3")
    named = package(f"config host '{second}'\n\nconfig host\n\nconfig host\n")
    assert list(identities(named).values()) == [second, first, third]
