"""What the drop-ins open is enough for what they are for, and the package takes back what was made with them."""

import json
import re

import pytest

from tests.debian.booted import Booted
from tests.debian.test_package import install
from tests.waiting import until

pytestmark = pytest.mark.debian

ISP = (
    "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=isp0",
    "--dhcp-range=192.0.2.50,192.0.2.99,1h", "--dhcp-option=3,192.0.2.1", "--dhcp-leasefile=/run/isp.leases",
)  # fmt: skip
DROP_INS = "/etc/systemd/system/cpe-agent.service.d"


def link(debian: Booted, *drop_ins: str) -> None:
    """As README says."""
    debian.says("mkdir", "-p", DROP_INS)
    for name in drop_ins:
        debian.says("ln", "-s", f"/usr/share/cpe-agent/systemd/{name}", DROP_INS)
    debian.says("systemctl", "daemon-reload")
    debian.says("systemctl", "restart", "cpe-agent")


def add(debian: Booted, table: str, **values: str) -> str:
    row = debian.says("cpe-agent", "add", table).strip()
    change(debian, row, **values)
    return row


def change(debian: Booted, row: str, **values: str) -> None:
    debian.says("cpe-agent", "set", *(f"{row}{name.replace('__', '.')}={value}" for name, value in values.items()))


def interface(debian: Booted, name: str) -> str:
    found = json.loads(debian.says("cpe-agent", "get", "--json", "Device.IP.Interface.*.Name"))["parameters"]
    return next(one["path"].removesuffix("Name") for one in found if one["value"] == name)


def servers(debian: Booted) -> str:
    """What runs of the agent's own, as user and command."""
    listed = debian.says("systemctl", "show", "--property=ControlGroup", "--value", "cpe-agent").strip()
    return debian.run("sh", "-c", f"ps -o user:16=,args= -p $(paste -sd, /sys/fs/cgroup{listed}/cgroup.procs)").stdout


@pytest.fixture
def gateway(debian: Booted) -> Booted:
    """Between a provider and a home, each in a namespace of its own."""
    for line in (
        "netns add isp", "link add wan0 type veth peer name isp0 netns isp", "-n isp address add 192.0.2.1/24 dev isp0",
        "-n isp link set isp0 up", "netns add home", "link add lan0 type veth peer name host0 netns home",
        "-n home link set host0 up",
    ):  # fmt: skip
        debian.says("ip", *line.split())
    debian.says("systemd-run", "--unit=isp", "ip", "netns", "exec", "isp", *ISP)
    install(debian)
    debian.says("mkdir", "-p", "/etc/systemd/network")
    debian.says("cpe-agent", "setup", "--manage", "wan0", "lan0")
    link(debian, "gateway.conf")
    return debian


def serve(debian: Booted) -> None:
    wan, lan = interface(debian, "wan0"), interface(debian, "lan0")
    change(debian, wan, Enable="1")
    change(debian, lan, Enable="1")
    add(debian, f"{lan}IPv4Address.", IPAddress="192.168.8.1", SubnetMask="255.255.255.0", Enable="1")
    add(debian, "Device.DHCPv4.Client.", Interface=wan, Enable="1")
    pool = {"MinAddress": "192.168.8.50", "MaxAddress": "192.168.8.99", "SubnetMask": "255.255.255.0"}
    add(debian, "Device.DHCPv4.Server.Pool.", Interface=lan, Enable="1", **pool)
    change(debian, "Device.", DHCPv4__Server__Enable="1", DNS__Relay__Enable="1", Routing__Router__1__Enable="1")
    add(debian, "Device.NAT.InterfaceSetting.", Interface=wan, Enable="1")
    change(debian, "Device.Firewall.", Config="High", Enable="1")


def test_a_gateways_servers_work_confined_and_each_as_somebody_else_than_root(gateway: Booted) -> None:
    serve(gateway)
    until(lambda: "192.0.2." in gateway.says("ip", "address", "show", "dev", "wan0"), "no address from the provider")
    asked = ("timeout", "30", "dhcpcd", "-4", "-1", "-B", "--script", "/dev/null", "host0")
    gateway.says("ip", "netns", "exec", "home", *asked)
    assert "192.168.8." in gateway.says("ip", "-n", "home", "address", "show", "dev", "host0")
    assert "table inet cpe_agent" in gateway.says("nft", "list", "tables")
    running = servers(gateway)
    assert re.search(r"^cpe-agent +/usr/sbin/dnsmasq ", running, re.MULTILINE), running
    assert re.search(r"^dhcpcd +dhcpcd: ", running, re.MULTILINE), running
    assert "Client.1.Active" in gateway.says("cpe-agent", "get", "Device.DHCPv4.Server.Pool.1.Client.")
    assert gateway.says("journalctl", "--unit=cpe-agent", "--priority=warning", "--quiet") == ""


def test_an_upgrade_disturbs_no_server_and_a_removal_takes_all_of_them_back(gateway: Booted) -> None:
    serve(gateway)
    unmanaged = "/etc/systemd/network/00-cpe-agent.network"
    process = gateway.says("pgrep", "-u", "cpe-agent", "dnsmasq")
    install(gateway, "new.deb")
    assert gateway.says("pgrep", "-u", "cpe-agent", "dnsmasq") == process
    assert gateway.run("test", "-e", unmanaged).returncode == 0
    gateway.says("dpkg", "--remove", "cpe-agent")
    assert gateway.run("pgrep", "-u", "cpe-agent").returncode == 1
    assert gateway.run("pgrep", "-u", "dhcpcd").returncode == 1
    assert "cpe_agent" not in gateway.says("nft", "list", "tables")
    assert "192.168.8.1" not in gateway.says("ip", "address")
    assert gateway.run("test", "-e", unmanaged).returncode == 1
    install(gateway, "new.deb")  # and the settings and the state that stayed make all of it again
    until(lambda: gateway.run("pgrep", "-u", "cpe-agent", "dnsmasq").returncode == 0, "no server came back")
    assert "192.168.8.1" in gateway.says("ip", "address")
    assert gateway.run("test", "-e", unmanaged).returncode == 0


def test_system_manage_lets_the_acs_set_names_time_and_accounts(debian: Booted) -> None:
    install(debian)
    debian.says("sed", "-i", "/^\\[system\\]/,/^$/s/^manage = false/manage = true/", "/etc/cpe-agent/agent.toml")
    link(debian, "system-manage.conf")
    change(debian, "Device.", DeviceInfo__HostName="box-1", Time__LocalTimeZone="CET-1CEST,M3.5.0,M10.5.0/3")
    assert debian.says("hostname") == debian.says("cat", "/etc/hostname") == "box-1\n"
    assert debian.says("date", "+%Z").strip() in {"CET", "CEST"}
    add(debian, "Device.Users.User.", Username="anna", Password="a long one", Enable="1")
    assert ":/home/anna:" in debian.says("getent", "passwd", "anna")
    assert debian.says("stat", "--format=%U", "/home/anna") == "anna\n"
    assert "$" in debian.says("getent", "shadow", "anna")
    change(debian, "Device.SSH.Server.1.", AllowRootLogin="0")
    assert re.search(r"(?im)^permitrootlogin no$", debian.says("sshd", "-T"))
    assert debian.says("journalctl", "--unit=cpe-agent", "--priority=warning", "--quiet") == ""
    debian.says("dpkg", "--remove", "cpe-agent")
    assert not re.search(r"(?im)^permitrootlogin no$", debian.says("sshd", "-T"))
