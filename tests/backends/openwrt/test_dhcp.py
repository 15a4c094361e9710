"""The LAN's tables over /etc/config/dhcp: what OpenWrt's scripts will make of it, and what stays as it was."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Interface
from pathlib import Path

import pytest

from agent.model.configuration import configured
from agent.model.data_model import Caller
from agent.model.errors import Refusals
from backends.desired_state import Pointer, Wanted
from backends.lan.records import Advertised, Forwarding4, Pool4
from backends.openwrt.dhcp import DhcpMapping, Ground, document
from backends.openwrt.dhcp_criteria import criteria, told
from backends.openwrt.dhcp_hosts import hosts
from backends.openwrt.dhcp_ipv6 import ADVERTISED, advertised, pools6
from backends.openwrt.dhcp_names import forwarders, is_answering
from backends.openwrt.dhcp_pools import is_on, options, pools
from backends.openwrt.dhcp_relays import relays
from backends.openwrt.dhcp_sections import DhcpSections
from backends.openwrt.interfaces import interfaces
from backends.uci import BrokenPackage, FileUci, Package, Places
from backends.uci.reading import parsed
from tests.backends.openwrt.router import DHCP, NETWORK, Make, Router
from tests.backends.uci.boards import CORPUS, mutated

pytestmark = pytest.mark.slow

SERVER = "Device.DHCPv4.Server."
POOLS = f"{SERVER}Pool."
FORWARDINGS = "Device.DHCPv4.Relay.Forwarding."
POOLS6 = "Device.DHCPv6.Server.Pool."
ADVERTISEMENTS = "Device.RouterAdvertisement.InterfaceSetting."
SERVERS = "Device.DNS.Relay.Forwarding."


def package(name: str, text: str) -> Package:
    return parsed(name, text, Path("/etc/config") / name)


def row_of(link: str) -> Pointer | None:
    return Pointer("Device.IP.Interface.{i}.", (link,)) if link else None


def link_of(pointer: Pointer | None) -> str | None:
    return pointer.keys[-1] if pointer else None


GROUND = Ground(row_of, link_of, lambda _: True, dict, lambda _: IPv4Interface("192.0.2.1/24"), tuple)


def sections(text: str, network: str = NETWORK) -> DhcpSections:
    found = interfaces(package("network", network), {})
    return DhcpSections(package("dhcp", text), found, row_of, link_of)


# -- reading and writing nothing --------------------------------------------------------------------------------------


def changed_by_nothing(directory: Path, dhcp: str, network: str) -> frozenset[str]:
    """The packages that would be written when nothing is asked for."""
    places = Places.under(directory)
    places.config.mkdir(parents=True, exist_ok=True)
    for name, text in (("dhcp", dhcp), ("network", network)):
        (places.config / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    uci, mapping = FileUci(places), DhcpMapping(GROUND)
    edits = uci.edit()
    now = mapping.read(edits.read)
    mapping.check(now, now)
    mapping.write(edits, now, now)
    assert mapping.read(edits.read) == now
    return edits.changed()


def of_corpus(name: str) -> list[str]:
    return [path.read_text(encoding="utf-8", errors="surrogateescape") for path in sorted(CORPUS.glob(f"*/{name}"))]


def test_what_is_read_and_written_again_is_as_it_was(tmp_path: Path) -> None:
    for dhcp in [*of_corpus("dhcp"), DHCP]:
        for network in [*of_corpus("network"), NETWORK]:
            assert not changed_by_nothing(tmp_path, dhcp, network)


def test_so_is_any_text_that_is_uci(tmp_path: Path) -> None:
    read = 0
    types = ("dhcp", "host", "relay", "dnsmasq")
    for number, text in enumerate(mutated(7, 150)):
        kind = types[number % len(types)]
        other = re.sub(r"config [a-z-]+", f"config {kind}", text)
        for one in (f"{DHCP}\n{other}", DHCP.replace("'", "", number % 5) + other):
            try:
                assert not changed_by_nothing(tmp_path, one, NETWORK)
            except BrokenPackage:
                continue
            read += 1
    assert read > 50


# -- what is kept -----------------------------------------------------------------------------------------------------


def strange(text: str) -> tuple[str, list[str]]:
    """The text with options and remarks in every section that nobody knows, and these lines."""
    lines, added = [], list[str]()
    for number, line in enumerate(text.splitlines()):
        lines.append(line)
        if line.startswith("config"):
            more = [
                f"\toption vendor_{number} 'it'\\''s {number}'",
                f"\tlist vendor_list_{number} 'a b'",
                f"# r{number}",
            ]
            lines += more
            added += more
    return "\n".join(lines) + "\n", added


def test_what_nobody_knows_survives_every_edit(make_router: Make) -> None:
    text, added = strange(DHCP)
    router = make_router(dhcp=text)
    edit_all(router)
    left = router.dhcp.splitlines()
    assert [line for line in added if line not in left] == []
    for kept in ("/corp.example/10.9.9.9", "tag:phones,66,tftp.example", "00:11:22:33:44:56", "free.example"):
        assert kept in router.dhcp
    assert router.text("network") == NETWORK


def edit_all(router: Router) -> None:
    """A change of each kind of row that there is, and rows of each kind that come and go."""
    lan, guest = router.interface(), router.interface("br-guest")
    router.set_row(f"{POOLS}1.", MinAddress="192.168.1.50", DNSServers="192.168.1.3", LeaseTime="900", IPRouters="")
    router.set_row(f"{POOLS}1.StaticAddress.1.", Enable="0", Chaddr="02:00:00:00:00:01")
    router.set_row(f"{POOLS}1.Option.1.", Value="C0A80102")
    router.set_row(f"{POOLS6}1.", IAPDEnable="0")
    router.set_row(f"{ADVERTISEMENTS}1.", AdvManagedFlag="0", RDNSS="fd00::1", MaxRtrAdvInterval="400")
    pool = router.add(POOLS, Interface=guest, MinAddress="10.9.1.1", MaxAddress="10.9.1.9", SubnetMask="255.255.0.0")
    router.set_row(pool, Enable="1", VendorClassID="phone", VendorClassIDMode="Prefix", ReservedAddresses="10.9.1.2")
    router.set_row(pool, Order="1")
    entry = router.add(FORWARDINGS, Enable="1", Interface=guest, DHCPServerIPAddress="198.51.100.3")
    server = router.add(SERVERS, Enable="1", DNSServer="192.0.2.53", Interface=lan)
    for name in ("DHCPv4.Server.", "DHCPv6.Server.", "RouterAdvertisement.", "DNS.Relay.", "DHCPv4.Relay."):
        router.set_row(f"Device.{name}", Enable="0")
        router.set_row(f"Device.{name}", Enable="1")
    for path in (pool, entry, server):
        router.delete(path)


# -- DHCPv4 -----------------------------------------------------------------------------------------------------------


def test_a_range_is_counted_from_the_network(router: Router) -> None:
    pool = f"{POOLS}1."
    assert [router.get(pool + name) for name in ("MinAddress", "MaxAddress", "SubnetMask", "LeaseTime", "Enable")] == [
        "192.168.1.100", "192.168.1.249", "255.255.255.0", "43200", "true",
    ]  # fmt: skip
    router.set_row(pool, MinAddress="192.168.1.10", MaxAddress="192.168.1.19", LeaseTime="-1")
    assert {name: router.says("lan")[name] for name in ("start", "limit", "leasetime")} == {
        "start": "10", "limit": "10", "leasetime": "infinite",
    }  # fmt: skip
    router.write("network", NETWORK.replace("192.168.1.1", "192.168.77.1"))
    assert router.get(f"{pool}MinAddress") == "192.168.77.10", "the range moves with the interface"


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [("", "192.168.1.100", "192.168.1.249"), ("option start '0.0.0.5'", "192.168.1.5", "192.168.1.154"),
     ("option start '200'\n option limit '400'", "192.168.1.200", "192.168.1.254"),
     ("option start 'x'", "", ""), ("option netmask '255.255.0.0'", "192.168.0.100", "192.168.0.249")],
)  # fmt: skip
def test_a_range_is_what_the_init_script_makes_of_it(options: str, first: str, last: str) -> None:
    found = pools(sections(f"config dhcp 'p'\n option interface 'lan'\n {options}\n"))["p"]
    assert (found.enable, found.min_address, found.max_address) == (True, first, last)


def test_a_section_is_a_pool_where_it_serves_or_says_what_it_would() -> None:
    text = "".join(
        f"config dhcp '{name}'\n {options}\n"
        for name, options in {
            "serves": "option interface 'lan'",
            "off": "option interface 'lan'\n option start '5'\n option dhcpv4 'disabled'",
            "ignored": "option interface 'wan'\n option ignore '1'",
            "only6": "option interface 'lan'\n option dhcpv4 'disabled'\n option dhcpv6 'server'",
            "nowhere": "option ra 'server'",
        }.items()
    )
    found = pools(sections(text))
    assert {key: one.enable for key, one in found.items()} == {"serves": True, "off": False}
    assert [*pools6(sections(text))] == ["only6"]
    assert [*advertised(sections(text))] == ["nowhere"]
    assert is_on(sections(f"config dnsmasq\n option cpe_dhcpv4 '0'\n{text}")), "whatever is said, it serves"


def test_a_pool_that_is_not_complete_serves_nobody_until_it_is(router: Router) -> None:
    pool = router.add(POOLS, Enable="1", MinAddress="10.9.0.10", SubnetMask="255.255.0.0")
    key = [section.id for section in router.uci.read("dhcp").of_type("dhcp")][-1]
    assert (router.says(key)["dhcpv4"], router.says(key)["cpe_range"]) == (
        "disabled",
        "10.9.0.10 - 255.255.0.0",
    )
    assert (router.get(f"{pool}Enable"), router.get(f"{pool}MinAddress")) == ("true", "10.9.0.10")
    router.set_row(pool, MaxAddress="10.9.0.29", Interface=router.interface("br-guest"))
    assert {"interface": "guest", "dhcpv4": "server", "start": "10", "limit": "20"}.items() <= router.says(key).items()
    assert not [name for name in router.says(key) if name.startswith("cpe_")]
    assert router.get(f"{pool}Enable") == "true"


def test_the_server_as_a_whole_is_switched_off_and_on(router: Router) -> None:
    before = router.dhcp
    router.set_row(SERVER, Enable="0")
    assert router.says("lan")["dhcpv4"] == "disabled"
    assert (router.get(f"{SERVER}Enable"), router.get(f"{POOLS}1.Enable")) == ("false", "true")
    router.set_row(SERVER, Enable="1")
    assert router.dhcp == re.sub("config dnsmasq$", f"config dnsmasq '{dnsmasq(router)}'", before, flags=re.MULTILINE)


def dnsmasq(router: Router) -> str:
    return router.uci.read("dhcp").of_type("dnsmasq")[0].id


def test_what_is_ignored_is_served_when_it_is_enabled(make_router: Make) -> None:
    router = make_router(dhcp=DHCP.replace("option dhcpv4 'server'", "option ignore '1'"))
    assert router.get(f"{POOLS}1.Enable") == "false"
    router.set_row(f"{POOLS}1.", Enable="1")
    assert "ignore" not in router.says("lan")
    assert router.get(f"{POOLS}1.Enable") == "true"


def test_a_pool_is_switched_also_while_its_interface_has_no_address(make_router: Make) -> None:
    router = make_router(dhcp="config dnsmasq\n\nconfig dhcp 'wan6'\n\toption interface 'wan6'\n\toption start '5'\n")
    router.kernel.addresses.clear()
    assert (router.get(f"{POOLS}1.MinAddress"), router.get(f"{POOLS}1.Enable")) == ("", "true")
    router.set_row(f"{POOLS}1.", Enable="0", LeaseTime="900")
    assert router.says("wan6") == {"interface": "wan6", "start": "5", "dhcpv4": "disabled", "leasetime": "900"}
    router.set_row(f"{POOLS}1.", Enable="1")
    assert router.says("wan6")["dhcpv4"] == "server"


def test_options_are_told_as_dnsmasq_reads_them(router: Router) -> None:
    pool = f"{POOLS}1."
    assert router.get(f"{pool}DNSServers") == "192.168.1.1,192.168.1.2"
    router.set_row(pool, DNSServers="192.168.1.9", IPRouters="192.168.1.254", DomainName="home.example")
    router.add(f"{pool}Option.", Enable="1", Tag="66", Value="612062")
    router.set_row(f"{pool}Option.1.", Enable="0")
    told = router.says("lan")["dhcp_option"]
    assert sorted(told) == ['15,"home.example"', "3,192.168.1.254", "6,192.168.1.9", "tag:phones,66,tftp.example"]
    assert router.says("lan")["dhcp_option_force"] == ('66,"a b"',)
    assert (router.get(f"{pool}Option.1.Enable"), router.get(f"{pool}Option.1.Tag")) == ("false", "42")
    router.set_row(f"{pool}Option.1.", Enable="1")
    assert router.get(f"{pool}Option.2.Value") == "612062"


def test_static_addresses(router: Router) -> None:
    pool = f"{POOLS}1."
    assert router.get(f"{pool}StaticAddress.1.Chaddr") == "00:11:22:33:44:55"
    row = router.add(f"{pool}StaticAddress.", Enable="1", Chaddr="02:00:00:00:00:01", Yiaddr="192.168.1.9")
    router.set_row(f"{pool}StaticAddress.1.", Chaddr="02:00:00:00:00:02", Enable="0")
    printer, added = (dict(one.options) for one in router.uci.read("dhcp").of_type("host"))
    assert printer["mac"] == ("02:00:00:00:00:02", "00:11:22:33:44:56")
    assert printer["enable"] == "0"
    assert (added["mac"], added["ip"], added["cpe_pool"]) == (("02:00:00:00:00:01",), "192.168.1.9", "lan")
    assert router.refused_in(row, Yiaddr="192.168.1.20") == {"Yiaddr": "InvalidValue"}
    router.delete(row)
    assert len(router.uci.read("dhcp").of_type("host")) == 1


def test_hosts_of_ipv6_and_without_a_pool_are_no_rows() -> None:
    host = "config host 'h'\n option duid '00'\n option hostid '7'\n"
    assert hosts(sections(host + "config host 'i'\n option ip 'ignore'\n option mac '02:00:00:00:00:01'\n")) == {}
    assert [
        *hosts(sections(f"config dhcp 'p'\n option interface 'lan'\n{host}config host 'j'\n option ip '1.2.3.4'\n"))
    ] == ["j"]


def test_whom_a_pool_is_for_is_said_by_tags(router: Router) -> None:
    pool = router.add(
        POOLS, Enable="1", Interface=router.interface(), MinAddress="192.168.1.10", MaxAddress="192.168.1.19",
        SubnetMask="255.255.255.0", VendorClassID="phone", ClientID="0102", ClientIDExclude="0",
        Chaddr="02:11:22:00:00:00", ChaddrMask="ff:ff:ff:00:00:00", ChaddrExclude="1",
    )  # fmt: skip
    key = [section.id for section in router.uci.read("dhcp").of_type("dhcp")][-1]
    assert router.says(key)["tag"] == (f"{key}_v", f"!{key}_vx", f"{key}_c", f"!{key}_cx", f"!{key}_m")
    assert router.says(f"{key}_vx") == {"networkid": f"{key}_vx", "match": "60,70:68:6f:6e:65:*"}
    assert router.says(f"{key}_m")["mac"] == "02:11:22:*:*:*"
    router.set_row(pool, VendorClassIDMode="Substring", VendorClassIDExclude="1", ClientID="")
    assert router.says(f"{key}_v") == {"networkid": f"{key}_v", "vendorclass": "phone"}
    assert set(router.says(key)["tag"]) == {f"!{key}_v", f"!{key}_m"}
    assert f"{key}_vx" not in router.dhcp
    assert router.refused_in(pool, VendorClassIDMode="Exact") == {"VendorClassIDMode": "InvalidValue"}
    assert router.refused_in(pool, ChaddrMask="ff:ff:f0:00:00:00") == {"ChaddrMask": "InvalidValue"}
    router.delete(pool)
    assert key not in router.dhcp


def test_what_patterns_and_lists_do_not_show_comes_back_as_it_was_told(router: Router) -> None:
    pool = router.add(POOLS, Chaddr="02:11:22:33:44:55", ChaddrMask="ff:ff:ff:00:00:00")
    router.set_row(pool, ReservedAddresses="192.168.1.7")
    router.set_row(pool, ReservedAddresses="192.168.1.8,192.168.1.7")
    told_back = router.tree(pool)
    assert [told_back[name] for name in ("Chaddr", "ChaddrMask", "ReservedAddresses")] == [
        "02:11:22:33:44:55", "ff:ff:ff:00:00:00", "192.168.1.8,192.168.1.7",
    ]  # fmt: skip
    router.write("dhcp", router.dhcp.replace("02:11:22:*:*:*", "02:99:*:*:*:*"))
    assert router.get(f"{pool}Chaddr") == "02:99:00:00:00:00", "a person's word is newer"
    static = f"{POOLS}1.StaticAddress.1."
    router.set_row(static, Chaddr="", Yiaddr="")
    assert (router.get(f"{static}Chaddr"), "00:11:22" in router.dhcp) == ("", False)


def test_an_order_of_one_table_does_not_hinder_another(router: Router) -> None:
    guest = router.interface("br-guest")
    router.add(POOLS6, Enable="1", Interface=guest)
    router.add(POOLS)
    router.set_row(f"{POOLS}2.", Order="1")
    assert [router.get(f"{POOLS}{number}.Order") for number in (1, 2)] == ["2", "1"]


def test_what_is_said_of_a_question_that_is_not_asked_is_kept() -> None:
    pool = Pool4(vendor_class_id_mode="Prefix", client_id_exclude=True, chaddr_mask="ff:00:00:00:00:00")
    tags, kept, made = told("p", pool)
    assert (tags, made) == ((), {})
    lists = "".join(f" list cpe_criteria '{one}'\n" for one in (*kept, "nonsense=1"))
    assert Pool4(**criteria(sections(f"config dhcp 'p'\n{lists}"), "p")) == pool


def test_one_section_cannot_be_two_interfaces(router: Router) -> None:
    guest = router.interface("br-guest")
    assert router.refused_in(f"{POOLS6}1.", Interface=guest) == {"Interface": "InvalidValue"}
    assert router.refused_in(f"{POOLS}1.", Interface=guest) == {"Interface": "InvalidValue"}


# -- the others -------------------------------------------------------------------------------------------------------


def test_advertisements_and_dhcpv6(router: Router) -> None:
    router.set_row(f"{ADVERTISEMENTS}1.", AdvOtherConfigFlag="0", AdvManagedFlag="0", AdvPreferredRouterFlag="Low")
    assert (router.says("lan")["ra_flags"], router.says("lan")["ra_preference"]) == (("none",), "low")
    assert router.get(f"{ADVERTISEMENTS}1.AdvManagedFlag") == "false"
    router.set_row(f"{POOLS6}1.", Enable="0")
    assert router.says("lan")["dhcpv6"] == "disabled"
    assert router.refused_in(f"{POOLS6}1.", DUID="00010203") == {"DUID": "InvalidValue"}
    assert router.refused_in(f"{ADVERTISEMENTS}1.", AdvNDProxyFlag="1") == {"AdvNDProxyFlag": "InvalidValue"}
    row = router.add(POOLS6, Enable="1", Interface=router.interface("br-guest"), IANAEnable="1")
    added = dict(router.uci.read("dhcp").of_type("dhcp")[-1].options)
    assert added == {"interface": "guest", "dhcpv4": "disabled", "dhcpv6": "server", "dhcpv6_pd": "0"}
    router.set_row(row, Order="1")
    assert [router.get(f"{POOLS6}{number}.Order") for number in (1, 2)] == ["2", "1"]
    router.delete(f"{POOLS6}1.")
    assert "dhcpv6" not in router.says("lan")
    assert router.says("lan")["dhcpv4"] == "server"


def test_a_mode_of_a_person_s_stays_and_old_releases_are_read() -> None:
    text = "config dhcp 'p'\n option interface 'lan'\n option ra 'hybrid'\n option ra_management '1'\n"
    here = sections(text)
    found = advertised(here)["p"]
    assert (found.enable, found.adv_managed_flag, found.adv_other_config_flag) == (True, True, True)
    assert ADVERTISED.values(here, "p", found, is_on=True)["ra"] == "hybrid"
    assert ADVERTISED.values(here, "p", found, is_on=False)["cpe_enable_ra"] == "1"
    order = (
        "config dhcp 'a'\n option dhcpv6 'server'\n option cpe_order6 '2'\nconfig dhcp 'b'\n option dhcpv6 'relay'\n"
    )
    assert {key: one.order for key, one in pools6(sections(order)).items()} == {"a": 1, "b": 2}


def test_names_are_asked_of_whom_it_is_said(router: Router) -> None:
    row = router.add(SERVERS, Enable="1", DNSServer="192.0.2.53")
    other = router.add(SERVERS, DNSServer="192.0.2.54")
    assert router.says(dnsmasq(router))["server"] == ("/corp.example/10.9.9.9", "192.0.2.53")
    router.set_row(row, Interface=router.interface(), Enable="1")
    assert router.says(dnsmasq(router))["server"][1] == "192.0.2.53@br-lan"
    assert router.get(f"{row}Interface") == router.interface()
    assert (router.get(f"{other}DNSServer"), router.get(f"{other}Enable")) == ("192.0.2.54", "false")
    router.set_row("Device.DNS.Relay.", Enable="0")
    assert router.says(dnsmasq(router))["port"] == "0"
    router.set_row("Device.DNS.Relay.", Enable="1")
    assert "port" not in router.says(dnsmasq(router))
    assert router.again().get(f"{row}DNSServer") == "192.0.2.53"


def test_another_port_comes_back() -> None:
    text = "config dnsmasq 'd'\n option port '5353'\n list server '192.0.2.1#54'\n list server '192.0.2.2'\n"
    here = sections(text)
    assert is_answering(here)
    assert [one.dns_server for one in forwarders(here).values()] == ["192.0.2.2"]
    off = document(here, Wanted())["d"].options
    assert (off["port"], off["cpe_port"]) == ("0", "5353")


def test_requests_are_relayed_from_the_address_of_the_interface(router: Router) -> None:
    row = router.add(FORWARDINGS, Enable="1", Interface=router.interface("br-guest"))
    relay = router.uci.read("dhcp").of_type("relay")[0].id
    assert "server_addr" not in router.says(relay)
    router.set_row(row, DHCPServerIPAddress="198.51.100.3")
    assert router.says(relay) == {"local_addr": "10.9.0.1", "server_addr": "198.51.100.3"}
    router.set_row("Device.DHCPv4.Relay.", Enable="0")
    assert "local_addr" not in router.says(relay)
    assert [router.get(row + name) for name in ("Enable", "Interface", "DHCPServerIPAddress")] == [
        "true", router.interface("br-guest"), "198.51.100.3",
    ]  # fmt: skip
    assert router.refused_in(row, VendorClassID="phone") == {"VendorClassID": "InvalidValue"}
    assert relays(sections("config relay\n option local_addr 'fd00::1'\n option server_addr 'fd00::2'\n")) == {}


def test_an_interface_that_openwrt_does_not_know_is_refused(router: Router) -> None:
    router.kernel.add_link("eth9", up=True)
    pool = f"{POOLS}1."
    other = router.interface("lo")
    router.write("network", NETWORK.replace("option device 'lo'", "option device 'nothing'"))
    assert router.refused_in(pool, Interface=other) == {"Interface": "InvalidValue"}


def test_a_link_of_somebody_else_s_is_refused(make_router: Make) -> None:
    router = make_router(manage=("br-guest",))
    assert router.refused_in(f"{POOLS}1.", LeaseTime="900") == {"LeaseTime": "Denied"}
    row = router.add(POOLS, Enable="1", Interface=router.interface("br-guest"))
    assert router.get(f"{row}Enable") == "true"


def test_what_is_on_no_link_is_of_the_address_that_it_has() -> None:
    mapping = DhcpMapping(GROUND)
    dynamic = "config interface 'lan'\n option device 'br-lan'\n option proto 'dhcp'\n"
    texts = {"dhcp": "config dhcp 'p'\n option interface 'lan'\n", "network": dynamic}
    found = mapping.read(lambda name: package(name, texts[name]))
    assert found.get(Pool4, "p").min_address == "192.0.2.100"
    assert mapping.key_for(Pool4(), ()).startswith("cpe_")
    assert not mapping.cuts(found, Wanted())
    assert (found.of(Advertised), found.of(Forwarding4)) == ({}, {})
    assert options(sections("")) == {}


def test_all_parameters_that_are_writable_can_be_told_what_they_are(router: Router) -> None:
    edit_all(router)
    before, refused = router.dhcp, list[str]()
    for path in writable(router):
        try:
            router.set({path: router.get(path)})
        except Refusals as refusals:
            refused.append(str(refusals))
    assert refused == []
    assert router.dhcp == before


def writable(router: Router) -> Iterable[str]:
    for one in router.model.names("Device.", False, Caller.ACS):
        if one.writable and not one.path.endswith((".", "Alias")) and not one.path.startswith("Device.IP."):
            yield one.path


def test_what_has_no_place_is_denied_with_its_row(router: Router, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Refusals, match="no place for such a row"):
        router.add(f"{POOLS6}1.Option.")
    with pytest.raises(Refusals, match="no place for such a row"):
        router.add(f"{ADVERTISEMENTS}1.Option.")
    assert "DHCPv6.Server.Pool.{i}.Option.{i}." in caplog.text
    assert router.dhcp == DHCP


def test_rows_on_links_of_nobody_s_are_refused_by_name(make_router: Make) -> None:
    router = make_router(network=NETWORK.replace("option device 'wan'", "option device 'other'"))
    wan, pool6, entry = router.interface("wan"), router.add(POOLS6), router.add(FORWARDINGS)
    for row in (pool6, entry, f"{ADVERTISEMENTS}1."):
        assert router.refused_in(row, Interface=wan) == {"Interface": "InvalidValue"}
    server = router.add(SERVERS, DNSServer="192.0.2.53")
    router.kernel.links.pop("wan")
    assert router.refused_in(server, Interface=wan) == {"Interface": "InvalidValue"}


def test_hosts_belong_to_the_pool_of_their_network_whatever_else_is_said() -> None:
    pools_ = "".join(
        f"config dhcp '{name}'\n option interface '{name}'\n {more}\n"
        for name, more in {
            "guest": "",
            "lan": "",
            "bad": "list cpe_range 'x'\n list cpe_range 'y'\n list cpe_range 'z'",
        }.items()
    )
    texts = {"a": "192.168.1.7", "b": "10.9.3.3", "c": "198.51.100.9", "d": "nonsense"}
    found = hosts(sections(pools_ + "".join(f"config host '{key}'\n option ip '{ip}'\n" for key, ip in texts.items())))
    assert {key: one.parent for key, one in found.items()} == {"a": "lan", "b": "guest", "c": "bad"}


def test_advertised_name_servers_are_those_of_ipv6(make_router: Make) -> None:
    text = DHCP.replace("option force '1'", "list dns '192.168.1.1'\n\tlist dns 'fd00::53'\n\tlist dns '1:2'")
    router = make_router(dhcp=text)
    assert router.get(f"{ADVERTISEMENTS}1.RDNSS") == "fd00::53"
    router.set_row(f"{ADVERTISEMENTS}1.", RDNSS="fd00::54")
    assert router.says("lan")["dns"] == ("192.168.1.1", "fd00::54", "1:2")


@pytest.mark.parametrize("match", ["60,zz", "61,01:02", "60,ff:fe", "nonsense"])
def test_a_question_of_a_person_s_that_is_none_of_ours_is_left_alone(match: str) -> None:
    text = "config dhcp 'p'\n option interface 'lan'\n list tag 'p_v'\nconfig match 'p_v'\n option networkid 'p_v'\n"
    assert criteria(sections(f"{text} option match '{match}'\n"), "p").get("vendor_class_id", "") == ""


@pytest.mark.parametrize("start", ["0.0.0.x", "-1", "0", "300", "99999999999", "1.2.3.4.5"])
def test_a_range_that_cannot_be_is_no_range(start: str) -> None:
    found = pools(sections(f"config dhcp 'p'\n option interface 'lan'\n option start '{start}'\n"))["p"]
    assert (found.min_address, found.enable) == ("", True)


def test_all_of_it_is_kept_and_brought_back_whoever_wrote_it(router: Router) -> None:
    pool = router.pool()
    kept, before, text = configured(router.model), router.tree("Device.DHCPv4."), router.dhcp
    router.set_row(pool, MinAddress="192.0.2.60", LeaseTime="7200")
    router.write("dhcp", router.dhcp.replace("option leasetime", "option somebody_s '1'\n\toption leasetime"))
    router.model.forget()
    router.delete(pool)
    change = router.model.transaction(Caller.LOCAL)
    change.bring_back(kept)
    change.commit()
    assert router.tree("Device.DHCPv4.") == before
    assert router.dhcp.count("config dhcp") == text.count("config dhcp")
