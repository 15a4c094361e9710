"""What is in force is in dnsmasq's files, what can change without a restart in those that it reads again."""

from dataclasses import replace
from pathlib import Path

import pytest

from backends.desired_state import Pointer, Wanted
from backends.lan.records import Dhcp4, Dhcp6, DnsRelay, Option4, Option6, Pool4, Pool6, Static4
from backends.lan.rendering import Places, Rendered, Surroundings, is_complete, render

PLACES = Places(Path("/run/lan"), Path("/var/leases"))
LAN = Pointer("Device.IP.Interface.{i}.", ("lan",))
POOL = Pool4(
    enable=True, order=1, interface=LAN, min_address="192.0.2.50", max_address="192.0.2.99", subnet_mask="255.255.255.0"
)  # fmt: skip
AROUND = Surroundings(lambda pointer: "br0" if pointer == LAN else None)


def wanted(*records: tuple[str, object]) -> Wanted:
    made = Wanted().with_record("", Dhcp4(enable=True)).with_record("", Dhcp6(enable=True))
    for key, record in records:
        made = made.with_record(key, record)  # type: ignore[arg-type]
    return made


def made_of(*records: tuple[str, object], around: Surroundings = AROUND) -> Rendered:
    return render(wanted(*records), around, PLACES, "nobody")


def lines(rendered: Rendered, beginning: str) -> list[str]:
    return [line for line in rendered.configuration.splitlines() if line.startswith(beginning)]


def test_nothing_in_force_is_no_configuration() -> None:
    assert made_of() == Rendered()
    assert made_of(("+1", replace(POOL, enable=False))) == Rendered()
    assert made_of(("+1", replace(POOL, interface=None))) == Rendered()
    assert render(Wanted().with_record("+1", POOL), AROUND, PLACES, "nobody") == Rendered()


def test_a_pool_is_a_range_on_its_link_alone() -> None:
    made = made_of(("+1", POOL))
    assert lines(made, "interface=") == ["interface=br0"]
    assert {"bind-dynamic", "no-resolv", "no-hosts", "port=0", "user=nobody"} <= set(made.configuration.splitlines())
    assert lines(made, "dhcp-range=") == ["dhcp-range=tag:p1,192.0.2.50,192.0.2.99,255.255.255.0,86400"]
    assert lines(made_of(("+1", replace(POOL, lease_time=-1))), "dhcp-range=")[0].endswith(",infinite")


def test_what_a_pool_does_not_tell_is_not_told_by_dnsmasq_either() -> None:
    assert made_of(("+1", POOL)).options.splitlines() == ["tag:p1,3", "tag:p1,6", "tag:p1,15", "tag:p1,44"]
    told = replace(POOL, ip_routers=("192.0.2.1",), domain_name="lan.example")
    options = made_of(("+1", told), ("+2", Option4(parent="+1", enable=True, tag=6, value="c0000201")))
    assert options.options.splitlines() == ["tag:p1,3,192.0.2.1", 'tag:p1,15,"lan.example"', "tag:p1,44"]
    assert lines(options, "dhcp-option") == ["dhcp-option-force=tag:p1,6,192.0.2.1"]


def test_an_address_is_one_clients_or_nobodys() -> None:
    made = made_of(
        ("+1", replace(POOL, reserved_addresses=("192.0.2.60", "192.0.2.61"))),
        ("+2", Static4(parent="+1", enable=True, chaddr="02:00:5E:00:00:01", yiaddr="192.0.2.60")),
        ("+3", Static4(parent="+1", enable=False, chaddr="02:00:5e:00:00:02", yiaddr="192.0.2.62")),
        ("+4", Static4(parent="+1", enable=True, chaddr="", yiaddr="")),
    )
    assert made.hosts.splitlines() == ["tag:p1,02:00:5e:00:00:01,192.0.2.60", "192.0.2.61", "192.0.2.62"]


def test_ipv6_gives_addresses_of_the_links_own_prefix_or_settings_alone() -> None:
    pool = Pool6(enable=True, order=1, interface=LAN, iana_enable=True, duid="0001ab", duid_exclude=True)
    made = made_of(("+1", pool), ("+2", Option6(parent="+1", enable=True, tag=23, value="fe80" + "00" * 13 + "01")))
    assert lines(made, "dhcp-range=") == ["dhcp-range=tag:p1,::1:0,::ffff:ffff,constructor:br0,64,7200"]
    shorter = made_of(("+1", pool), around=replace(AROUND, lease_times={"br0": 600}))
    assert lines(shorter, "dhcp-range=") == ["dhcp-range=tag:p1,::1:0,::ffff:ffff,constructor:br0,64,600"]
    none = made_of(("+1", pool), around=replace(AROUND, lease_times={"br0": 0}))
    assert ",static," in lines(none, "dhcp-range=")[0]
    assert lines(made, "tag-if=")[-1] == "tag-if=set:p1,tag:br0,tag:!p1dt"
    assert lines(made, "dhcp-option") == ["dhcp-option-force=tag:p1,option6:23,[fe80::1]"]
    assert ",static," in lines(made_of(("+1", replace(pool, iana_enable=False))), "dhcp-range=")[0]


def test_names_are_served_where_the_relay_stands() -> None:
    around = replace(AROUND, name_links=("br0", "br1"), name_servers=(("198.51.100.1", "wan"), ("2001:db8::1", None)))
    made = made_of(("+1", POOL), ("", DnsRelay(enable=True)), around=around)
    assert "port=53" in made.configuration.splitlines()
    assert lines(made, "interface=") == ["interface=br0", "interface=br1"]
    assert lines(made, "no-dhcp-interface=") == ["no-dhcp-interface=br1"]
    assert made.servers == "server=198.51.100.1@wan\nserver=2001:db8::1\n"


@pytest.mark.parametrize(
    ("first", "last", "mask"),
    [("", "192.0.2.9", "255.255.255.0"), ("192.0.2.9", "192.0.2.1", "255.255.255.0"),
     ("192.0.2.1", "192.0.3.1", "255.255.255.0"), ("192.0.2.1", "192.0.2.2", "0.0.0.255"),
     ("192.0.2.1", "192.0.2.2", "255.0.255.0"), ("192.0.2.1", "192.0.2.2", "")],
)  # fmt: skip
def test_a_range_that_is_none_is_not_served(first: str, last: str, mask: str) -> None:
    pool = replace(POOL, min_address=first, max_address=last, subnet_mask=mask)
    assert not is_complete(pool)
    assert made_of(("+1", pool)) == Rendered()
