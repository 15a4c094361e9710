"""The whole of /etc/config/firewall: what nobody asks for is not touched, whatever there is."""

import re
from pathlib import Path

import pytest

from backends.desired_state import Pointer, Wanted
from backends.firewall.leases import Now
from backends.firewall.records import FilterRule, InterfaceNat, PortMapping
from backends.firewall.surroundings import Surroundings
from backends.openwrt.firewall.mapping import FirewallMapping, Ground, document
from backends.uci import BrokenPackage, FileUci, Places
from backends.uci.reading import parsed
from tests.backends.openwrt.firewall.gateway import FIREWALL, NOTHING, UciGateway
from tests.backends.openwrt.firewall.test_firewall_sections import IP, sections
from tests.backends.openwrt.router import NETWORK
from tests.backends.uci.boards import CORPUS, mutated

pytestmark = pytest.mark.slow

TYPES = ("rule", "redirect", "forwarding", "zone", "defaults", "cpe_row", "cpe_nat")


def mapping() -> FirewallMapping:
    around = Surroundings(
        Now("boot", 1.0, None), frozenset({"wan"}), frozenset({"wan"}), frozenset(), frozenset(), lambda _: None,
        lambda _: None, lambda _: frozenset(),
    )  # fmt: skip
    return FirewallMapping(
        Ground(
            lambda link: Pointer(IP, (link,)), lambda row: row.keys[-1] if row and row.keys else None, lambda _: True,
            dict, lambda _: (), tuple, lambda: around,
        )
    )  # fmt: skip


def changed_by_nothing(directory: Path, text: str) -> frozenset[str]:
    """The packages that would be written when nothing is asked for."""
    places = Places.under(directory)
    places.config.mkdir(parents=True, exist_ok=True)
    for name, said in (("firewall", text), ("network", NETWORK)):
        (places.config / name).write_bytes(said.encode("utf-8", "surrogateescape"))
    one = mapping()
    edits = FileUci(places).edit()
    now = one.read(edits.read)
    one.check(now, now)
    one.write(edits, now, now)
    assert one.read(edits.read) == now
    return edits.changed()


def test_what_is_read_and_written_again_is_as_it_was(tmp_path: Path) -> None:
    found = [path.read_text(encoding="utf-8", errors="surrogateescape") for path in CORPUS.glob("*/firewall")]
    assert found
    for text in [*found, FIREWALL, NOTHING, ""]:
        assert not changed_by_nothing(tmp_path, text)


def test_so_is_any_text_that_is_uci(tmp_path: Path) -> None:
    read = 0
    for number, text in enumerate(mutated(7, 120)):
        other = re.sub(r"config [a-z-]+", f"config {TYPES[number % len(TYPES)]}", text)
        for one in (f"{FIREWALL}\n{other}", FIREWALL.replace("'", "", number % 5) + other):
            try:
                assert not changed_by_nothing(tmp_path, one)
            except BrokenPackage:
                continue
            read += 1
    assert read > 40


def test_the_records_are_those_of_the_sections() -> None:
    one = mapping()
    now = one.read(lambda name: parsed(name, FIREWALL if name == "firewall" else NETWORK, Path(name)))
    assert len(now.of(PortMapping)) == 2
    assert [rule.order for rule in now.of(FilterRule).values()] == [1, 2]
    assert len(now.of(InterfaceNat)) == 1
    assert not one.cuts(now, Wanted())
    assert one.key_for(FilterRule(), ()).startswith("cpe_")


def test_zones_stay_whatever_is_wanted() -> None:
    told = document(sections(), Wanted())
    assert [one.type for one in told.values()].count("zone") == 2


def test_a_person_s_comments_order_and_options_survive_every_change(gateway: UciGateway) -> None:
    rows = {
        "Device.NAT.PortMapping.1.": "InternalPort", "Device.NAT.PortMapping.2.": "InternalPort",
        "Device.Firewall.Chain.1.Rule.1.": "Order", "Device.Firewall.Chain.1.Rule.2.": "Order",
    }  # fmt: skip
    for path, name in rows.items():
        gateway.set({f"{path}Enable": "0", f"{path}{name}": "2"})
    for word in ("# as it is delivered", "# Allow IPv4 ping", "# the web server", "syn_flood", "mtu_fix", "limit",
                 "reflection", "list icmp_type		echo-reply"):  # fmt: skip
        assert word in gateway.text
