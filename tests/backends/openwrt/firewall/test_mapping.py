"""The whole of /etc/config/firewall: what nobody asks for is not touched, whatever there is."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from backends.desired_state import Pointer, Wanted
from backends.firewall.leases import Now
from backends.firewall.records import FilterRule, InterfaceNat, LocalService, PortMapping
from backends.firewall.surroundings import Surroundings
from backends.openwrt.firewall.mapping import FirewallMapping, Ground, document
from backends.uci import BrokenPackage, FileUci, Places
from backends.uci.reading import parsed
from tests.backends.openwrt.firewall.conftest import Make
from tests.backends.openwrt.firewall.gateway import FIREWALL, NOTHING, UciGateway
from tests.backends.openwrt.firewall.test_firewall_sections import IP, sections
from tests.backends.openwrt.firewall.written import lines_changed
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
            dict, lambda _: (), tuple, lambda: around, lambda: "wan",
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
    assert one.cuts(now, Wanted()), "nothing would be let in on the way"
    assert not one.cuts(now, now)
    assert one.key_for(FilterRule(), ()).startswith("cpe_")


def test_zones_stay_whatever_is_wanted() -> None:
    told = document(sections(), Wanted(), ())
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


def test_what_the_way_to_the_acs_hears_by_is_not_shut_at_once(gateway: UciGateway) -> None:
    """Neighbours on the WAN answer by ICMPv6, which fw4 lets in by a rule."""
    ping = "Device.Firewall.Service.1."
    gateway.way = "wan"
    assert gateway.set({"Device.Firewall.Chain.1.Rule.1.Enable": "0", "Device.NAT.InterfaceSetting.1.Enable": "0"}) == 0
    assert gateway.set({f"{ping}Enable": "0"}) == 1
    assert gateway.get(f"{ping}Enable") == "false"
    assert gateway.text.count("option enabled '0'") == 1


def test_only_what_lets_in_less_on_the_way_may_cut_it() -> None:
    one = mapping()
    now = one.read(lambda name: parsed(name, FIREWALL if name == "firewall" else NETWORK, Path(name)))
    services = now.of(LocalService)
    [ping, _, wan] = services
    lan = Pointer(IP, ("br-lan",))

    def cuts(**changes: LocalService | None) -> bool:
        kept = {key: record for key, record in {**services, **changes}.items() if record is not None}
        return one.cuts(now, Wanted(1, {**now.by_kind, LocalService: kept}))

    assert cuts(**{ping: None})
    assert cuts(**{ping: replace(services[ping], protocol=(6,))})
    assert cuts(**{wan: replace(services[wan], action="Drop")})
    assert not cuts(**{wan: replace(services[wan], action="Accept")})
    assert cuts(new=LocalService(enable=True, interface=services[wan].interface, action="Reject"))
    assert not cuts(new=LocalService(enable=False, interface=services[wan].interface, action="Reject"))
    assert not cuts(new=LocalService(enable=True, interface=services[wan].interface))
    assert not cuts(new=LocalService(enable=True, interface=lan, action="Drop"))


def test_what_was_kept_of_a_row_goes_when_a_person_has_taken_that_away(gateway: UciGateway) -> None:
    gateway.add("Device.NAT.PortMapping.", LeaseDuration="60")
    kept = "\n\n".join(one for one in gateway.text.split("\n\n") if "config redirect 'cpe_" not in one)
    gateway.write("firewall", kept)
    gateway.set({"Device.NAT.PortMapping.1.Enable": "0"})
    assert "cpe_row_cpe_" not in gateway.text


def test_what_is_kept_under_another_name_stays_kept(gateway: UciGateway) -> None:
    row = gateway.add("Device.NAT.PortMapping.", LeaseDuration="60")
    gateway.write("firewall", gateway.text.replace("config cpe_row 'cpe_row_cpe_", "config cpe_row 'renamed_"))
    gateway.set({f"{row}Description": "still for a minute"})
    assert gateway.get(f"{row}LeaseDuration") == "60"
    assert "renamed_" not in gateway.text


def test_a_zone_without_a_link_keeps_what_is_told_of_it(make_gateway: Make) -> None:
    """PPPoE that is down: the link is not there, and a change of something else says nothing of the zone."""
    hole = "\nconfig rule\n\toption src wan\n\toption dest lan\n\toption dest_ip fd00::5\n\toption target ACCEPT\n"
    gateway = make_gateway(
        firewall_=FIREWALL + hole, network=NETWORK.replace("option device 'wan'", "option device 'x'")
    )
    before = gateway.text
    assert gateway.get("Device.NAT.PortMapping.1.Interface") == ""
    for path in ("Device.NAT.PortMapping.1.", "Device.NAT.PortMapping.2.", "Device.Firewall.Chain.1.Rule.2.",
                 "Device.Firewall.Pinhole.1."):  # fmt: skip
        gateway.set({f"{path}Description": "while it is down"})
    gateway.set({"Device.Firewall.Policy.1.IPVersion": "4", "Device.Firewall.Service.1.ICMPType": "0"})
    gone = [line for line in lines_changed(before, gateway.text) if line[0] == "-"]
    assert not [line for line in gone if "option src" in line or "option dest " in line]
    assert gateway.text.count("option enabled") == 0
    assert gateway.text.count("config forwarding") == 1
