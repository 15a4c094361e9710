"""Leases and claims of the machine's own DHCP clients, from the files that those keep."""

import os
from pathlib import Path

import pytest

from backends.dhcp_client.held import MachinesOwn
from backends.dhcp_client.packets import CLIENT_ID, DNS, LEASE_TIME, MASK, ROUTERS, SERVER
from tests.backends.dhcp_client.test_packets import HEAD

NETWORK_MANAGER = """[device]
managed=true
connection-uuid=11111111-2222-3333-4444-555555555555
nm-owned=false
[dhcp4]
dhcp4.domain_name_servers=192.0.2.8 192.0.2.9
dhcp4.dhcp_lease_time=120
dhcp4.dhcp_server_identifier=192.0.2.1
dhcp4.ip_address=192.0.2.67
dhcp4.routers=192.0.2.1
dhcp4.subnet_mask=255.255.255.0
"""
NETWORKD = """# private
ADDRESS=192.0.2.67
NETMASK=255.255.255.0
ROUTER=192.0.2.1
SERVER_ADDRESS=192.0.2.1
LIFETIME=120
DNS=192.0.2.8 192.0.2.9
VENDOR_SPECIFIC=0101ff
"""
DHCLIENT = """lease {
  interface "eth9";
  fixed-address 192.0.2.99;
}
lease {
  interface "eth0";
  fixed-address 192.0.2.66;
}
lease {
  interface "eth0";
  fixed-address 192.0.2.67;
  option subnet-mask 255.255.255.0;
  option routers 192.0.2.1;
  option dhcp-lease-time 120;
  option domain-name-servers 192.0.2.8,192.0.2.9;
  option dhcp-server-identifier 192.0.2.1;
}
"""
DHCLIENT6 = """lease6 {
  interface "eth0";
  ia-na 5e:10:00:01 {
    starts 1;
    iaaddr 2001:db8:1::101 {
      starts 1;
    }
  }
  option dhcp6.client-id 0:1:0:1:32:94;
  option dhcp6.server-id 0:3:0:1;
}
"""


def put(root: Path, path: str, content: str | bytes) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("run/NetworkManager/devices/2", NETWORK_MANAGER),
        ("run/systemd/netif/leases/2", NETWORKD),
        ("var/lib/dhcp/dhclient.eth0.leases", DHCLIENT),
        ("var/lib/dhcp/dhclient.leases", DHCLIENT),
    ],
)
def test_a_lease_says_the_same_whoever_keeps_it(tmp_path: Path, path: str, content: str) -> None:
    put(tmp_path, path, content)
    lease = MachinesOwn(tmp_path).lease4("eth0", 2)
    assert lease is not None
    assert lease.address == "192.0.2.67"
    assert lease.address_in(MASK) == "255.255.255.0"
    assert lease.addresses(ROUTERS) == ["192.0.2.1"]
    assert lease.addresses(DNS) == ["192.0.2.8", "192.0.2.9"]
    assert lease.address_in(SERVER) == "192.0.2.1"
    assert lease.seconds(LEASE_TIME) == 120
    assert MachinesOwn(tmp_path).lease4("eth1", 3) is None


def test_dhcpcd_keeps_the_packet(tmp_path: Path) -> None:
    put(tmp_path, "var/lib/dhcpcd/eth0.lease", HEAD + bytes.fromhex("63825363ff"))
    lease = MachinesOwn(tmp_path).lease4("eth0", 2)
    assert lease is not None
    assert lease.address == "192.0.2.56"
    put(tmp_path, "var/lib/dhcpcd/eth0.lease6", bytes.fromhex("07000000"))
    assert MachinesOwn(tmp_path).lease6("eth0") is not None


def test_dhclient_keeps_what_it_was_told_by_ipv6(tmp_path: Path) -> None:
    put(tmp_path, "var/lib/dhcp/dhclient6.eth0.leases", DHCLIENT6)
    lease = MachinesOwn(tmp_path).lease6("eth0")
    assert lease is not None
    assert lease.addresses == ["2001:db8:1::101"]
    assert lease.first(CLIENT_ID) == bytes.fromhex("000100013294")


def test_nonsense_in_the_files_is_no_lease(tmp_path: Path) -> None:
    put(tmp_path, "run/NetworkManager/devices/2", "[dhcp4]\ndhcp4.ip_address=nowhere\n")
    put(tmp_path, "run/systemd/netif/leases/2", b"\xff\0ADDRESS\nADDRESS=1.2.3\n")
    put(tmp_path, "var/lib/dhcp/dhclient.leases", "lease {\n")
    put(tmp_path, "var/lib/dhcpcd/eth0.lease", b"\0")
    put(tmp_path, "var/lib/dhcpcd/eth0.lease6", b"")
    assert MachinesOwn(tmp_path).lease4("eth0", 2) is None
    assert MachinesOwn(tmp_path).lease6("eth0") is None


@pytest.mark.parametrize(
    ("files", "name", "step"),
    [
        ({"run/NetworkManager/devices/2": NETWORK_MANAGER}, "NetworkManager", "setup --manage eth0"),
        ({"run/systemd/netif/links/2": "ADMIN_STATE=configured\n"}, "systemd-networkd", "setup --manage eth0"),
        ({"run/dhcpcd/eth0.pid": "77\n"}, "dhcpcd", "eth0"),
        ({"run/dhcpcd/pid": "77\n", "var/lib/dhcpcd/eth0.lease": "x"}, "dhcpcd", "denyinterfaces eth0"),
        ({"run/dhclient.eth0.pid": "77\n"}, "dhclient", "/etc/network/interfaces"),
    ],
)
def test_who_holds_a_link_is_named_with_the_next_step(
    tmp_path: Path, files: dict[str, str], name: str, step: str
) -> None:
    os.makedirs(tmp_path / "proc/77")
    for path, content in files.items():
        put(tmp_path, path, content)
    holder = MachinesOwn(tmp_path).holder("eth0", 2)
    assert holder is not None
    assert holder.name == name
    assert step in holder.next_step
    assert MachinesOwn(tmp_path).holder("eth1", 3) is None


def test_one_who_has_let_a_link_go_does_not_hold_it(tmp_path: Path) -> None:
    put(tmp_path, "run/NetworkManager/devices/2", NETWORK_MANAGER.replace("managed=true", "managed=false"))
    put(tmp_path, "run/systemd/netif/links/2", "ADMIN_STATE=unmanaged\n")
    put(tmp_path, "run/dhcpcd/eth0.pid", "78\n")  # a process that ended
    assert MachinesOwn(tmp_path).holder("eth0", 2) is None
