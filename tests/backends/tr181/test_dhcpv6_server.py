"""A DHCPv6 pool serves addresses of the link's own prefix and says who has got one; proven by a real client."""

import json
import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest

from backends.lan.lease_times import LONGEST
from backends.lan.leases import Lease
from backends.tr181.dhcpv6_server import preferred_end
from backends.tr181.moments import end
from tests.backends.lan_device import Gateway
from tests.netlab.namespace import Namespace
from tests.waiting import until

SERVER = "Device.DHCPv6.Server."
PREFIX = "2001:db8:1::/64"


def pool(gateway: Gateway, **values: str) -> str:
    gateway.set_row(SERVER, Enable="1")
    usual = {"Enable": "1", "Interface": gateway.interface(), "IANAEnable": "1"}
    return gateway.add(f"{SERVER}Pool.", **{**usual, **values})


def ask(house: Namespace, directory: Path) -> str:
    """The address that ISC's client was given on eth0; "" for none. It asks for the option 64 as well."""
    if shutil.which("dhclient") is None:
        pytest.skip("dhclient (isc-dhcp-client) is not installed")
    configuration, leases, known = directory / "dhclient.conf", directory / "leases6", directory / "pid6"
    configuration.write_text("option dhcp6.lab code 99 = text;\nalso request dhcp6.lab;\ntimeout 8;\n")
    for of_an_earlier_client in (leases, known):
        of_an_earlier_client.unlink(missing_ok=True)
    files = ("-cf", str(configuration), "-lf", str(leases), "-pf", str(known), "-sf", "/bin/true")
    house.run("dhclient", "-6", "-1", "-N", "-v", *files, "eth0")
    until(lambda: known.exists() and known.read_text().strip() != "")  # by the process that goes on in the background
    house.run("kill", known.read_text().strip())
    return leases.read_text()


def client_ready(house: Namespace) -> None:
    """DHCPv6 speaks from the link-local address, which is tentative for a moment."""
    until(lambda: "tentative" not in house.run("ip", "-6", "addr", "show", "dev", "eth0"))


def test_a_client_gets_an_address_and_options_and_is_told(gateway: Gateway, house: Namespace, tmp_path: Path) -> None:
    client_ready(house)
    row = pool(gateway)
    gateway.add(f"{row}Option.", Enable="1", Tag="23", Value="20010DB8000100000000000000000001")
    gateway.add(f"{row}Option.", Enable="1", Tag="99", Value="4142")
    assert gateway.get(f"{row}Status") == "Enabled"
    assert gateway.get(gateway.get(f"{row}IANAPrefixes") + ".Prefix") == PREFIX
    leased = ask(house, tmp_path)
    address = leased.partition("iaaddr ")[2].partition(" ")[0]
    assert address.startswith("2001:db8:1::")
    assert "dhcp6.name-servers 2001:db8:1::1" in leased
    assert 'dhcp6.lab "AB"' in leased
    told = gateway.tree(f"{row}Client.")
    mac = json.loads(house.run("ip", "-j", "link", "show", "eth0"))[0]["address"]
    assert told["1.IPv6Address.1.IPAddress"] == address
    assert "preferred-life 7200;" in leased
    assert "max-life 7200;" in leased
    assert told["1.IPv6Address.1.ValidLifetime"].startswith("20")
    assert told["1.IPv6Address.1.PreferredLifetime"] == told["1.IPv6Address.1.ValidLifetime"]
    assert told["1.Active"] == "true"
    assert told["1.SourceAddress"].startswith("fe80::")
    assert told["1.Option.1.Tag"] == "1"
    assert told["1.Option.1.Value"].lower().endswith(mac.replace(":", ""))
    assert told["1.IPv6PrefixNumberOfEntries"] == "0"


@pytest.mark.slow
def test_a_client_that_is_excluded_gets_nothing(gateway: Gateway, house: Namespace, tmp_path: Path) -> None:
    client_ready(house)
    pool(gateway, VendorClassID="0102")
    with pytest.raises((AssertionError, TimeoutError)):
        ask(house, tmp_path)


def test_a_pool_says_what_keeps_it_from_serving(gateway: Gateway) -> None:
    row = pool(gateway)
    gateway.namespace.ip("addr del 2001:db8:1::1/64 dev br0")
    assert gateway.get(f"{row}Status") == "Error"
    assert gateway.get(f"{row}IANAPrefixes") == ""
    gateway.set_row(row, Interface="")
    assert gateway.get(f"{row}Status") == "Error_Misconfigured"
    gateway.set_row(SERVER, Enable="0")
    assert gateway.get(f"{row}Status") == "Disabled"


def test_prefixes_are_not_delegated(gateway: Gateway) -> None:
    row = pool(gateway)
    assert gateway.refused_in(row, IAPDEnable="1") == {"IAPDEnable": "InvalidValue"}
    assert gateway.get(f"{row}IAPDEnable") == "false"


def test_no_preferred_end_is_told_where_the_links_own_address_ends_sooner(
    gateway: Gateway, house: Namespace, tmp_path: Path
) -> None:
    client_ready(house)
    row = pool(gateway)
    ask(house, tmp_path)
    assert gateway.get(f"{row}Client.1.IPv6Address.1.PreferredLifetime").startswith("20")
    gateway.namespace.ip("addr change 2001:db8:1::1/64 dev br0 preferred_lft 60 valid_lft 9000")
    assert gateway.get(f"{row}Client.1.IPv6Address.1.PreferredLifetime") == "0001-01-01T00:00:00Z"


def lives(namespace: Namespace) -> tuple[int, int]:
    """What is left to the gateway's own address."""
    [link] = json.loads(namespace.ip("-j -6 addr show dev br0 scope global"))
    [own] = [one for one in link["addr_info"] if one.get("local") == "2001:db8:1::1"]
    return own["preferred_life_time"], own["valid_life_time"]


def given(leased: str) -> tuple[int, int]:
    """Preferred and valid lifetime of what a client was given last."""
    preferred, valid = (leased.rpartition(f"{name}-life ")[2].partition(";")[0] for name in ("preferred", "max"))
    return int(preferred), int(valid)


@pytest.mark.slow
def test_no_lease_is_longer_than_what_is_left_of_the_prefix(gateway: Gateway, house: Namespace, tmp_path: Path) -> None:
    client_ready(house)
    pool(gateway)
    tables, space = gateway.tables, gateway.namespace

    def becomes(preferred: int, valid: int) -> int | None:
        space.ip(f"addr change 2001:db8:1::1/64 dev br0 preferred_lft {preferred} valid_lft {valid}")
        gateway.netlink.forget()
        tables.reapply()
        return gateway.server

    def is_served() -> tuple[int, int]:
        found = given(ask(house, tmp_path))
        preferred, valid = lives(space)
        assert found[0] <= preferred
        assert found[1] <= valid
        return found

    first = becomes(1800, 3600)
    assert is_served() == (600, 600)
    before = time.monotonic()
    assert tables.due(before) == 0.0  # the look for programs that ended
    assert before + 1100 < tables.daemons.shortens_at < before + 1190
    assert becomes(900, 3600) == first, "it grows old"
    assert becomes(1800, 3600) == first, "it is renewed"
    assert gateway.again().server == first, "an agent that starts changes nothing"
    shorter = becomes(614, 3600)
    assert shorter != first
    assert is_served() == (204, 204)
    tables.act(before)
    space.ip("addr change 2001:db8:1::1/64 dev br0 preferred_lft 200 valid_lft 3600")
    tables.daemons.shortens_at = before
    gateway.netlink.forget()
    assert tables.due(before) == before
    assert tables.act(before) == {"lan"}
    assert is_served() == (120, 120)
    becomes(100, 3600)
    with pytest.raises((AssertionError, TimeoutError)):
        ask(house, tmp_path)
    becomes(90000, 90000)
    assert is_served() == (7200, 7200)


def test_the_preferred_end_is_told_where_it_is_known(gateway: Gateway) -> None:
    now = 1_800_000_000

    def told(length: int, given: int = now) -> datetime | None:
        lease = Lease(6, "2001:db8::1", now + length, given=given)
        return preferred_end(lease, gateway.tables.daemons.is_whole)

    assert told(LONGEST, now + 1) == end(now + LONGEST)
    assert told(3000) is None
    assert told(LONGEST, now + 600) is None
