"""What is said of the machine, from its files."""

import json
from pathlib import Path

from agent.support.support_facts import machine, versions


def test_versions_are_told_of_this_machine() -> None:
    told = json.loads(json.dumps(versions()))
    assert told["libraries"]["requests"]
    assert told["kernel"].startswith("Linux ")


def test_addresses_and_routes_are_readable(tmp_path: Path) -> None:
    net = tmp_path / "proc/net"
    net.mkdir(parents=True)
    (net / "if_inet6").write_text("20010db8000000000000000000000001 02 40 00 80     eth0\n")
    (net / "route").write_text("Iface Destination …\neth0\t000200C0\t00000000\t0001\t0\t0\t5\t00FFFFFF\t0\t0\t0\n")
    (net / "ipv6_route").write_text(f"{'0' * 32} 00 {'0' * 32} 00 20010db8{'0' * 23}1 00000400 1 0 3 eth0\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("search home.example\nnameserver 192.0.2.1\n")
    (tmp_path / "etc/os-release").write_text('ID=openwrt\nPRETTY_NAME="OpenWrt 25"\nHOME_URL="x"\n')
    (tmp_path / "sys/class/net/eth0").mkdir(parents=True)
    (tmp_path / "sys/class/net/eth0/mtu").write_text("1500\n")
    told = machine(str(tmp_path / "nowhere"), str(tmp_path))
    assert told["addresses_ipv6"] == ["2001:db8::1/64 dev eth0"]
    assert told["routes"] == [
        "192.0.2.0/24 via 0.0.0.0 dev eth0 metric 5 mask 255.255.255.0",
        "::/0 via 2001:db8::1 dev eth0 metric 1024",
    ]
    assert told["name_servers"] == ["nameserver 192.0.2.1"]
    assert told["links"] == {"eth0": {"mtu": "1500"}}
    assert told["disk"] == {}
    assert versions(str(tmp_path))["system"] == {"ID": "openwrt", "PRETTY_NAME": "OpenWrt 25"}
    json.dumps(told)
