"""The confined agent with a radio and a dialled connection, for inside the machine: this one's kernel has neither.

The Debian boots inside the machine, with the radio of mac80211_hwsim and one end of a cable to a PPPoE server.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.debian.booted import Booted
from tests.debian.release import release
from tests.debian.test_drop_ins import add, change, link, servers
from tests.debian.test_package import install
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace
from tests.vm.provider import Provider, give_terminals
from tests.waiting import until

__all__ = ["make_namespace"]


@pytest.fixture
def gateway() -> Iterator[Booted]:
    """The gateway, as README has it installed."""
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)
    give_terminals()
    with Booted(release(os.environ["CPE_AGENT_RELEASE"]), Path(os.environ["CPE_AGENT_GIVEN"])) as booted:
        yield booted


def got(gateway: Booted, path: str) -> str:
    """What is there, asked until it answers in time: where processors are imitated a kernel takes longer."""
    said = [""]

    def is_told() -> bool:
        ended = gateway.run("cpe-agent", "get", path)
        said[0] = ended.stdout
        return ended.returncode == 0

    until(is_told, f"{path} is not told")
    return said[0]


def test_radio_and_dialled_connection_work_confined(
    gateway: Booted, make_namespace: Callable[[], Namespace], tmp_path: Path
) -> None:
    isp = make_namespace()
    subprocess.run(["iw", "phy", "phy0", "set", "netns", str(gateway.process)], check=True)
    cable = f"ip link add wan0 type veth peer name s0 netns {isp.pid}"
    subprocess.run(["nsenter", f"--target={gateway.process}", "--net", *cable.split()], check=True)
    isp.ip("link set s0 up")
    provider = Provider(isp, "s0", tmp_path / "server", {"u": "a secret"})
    provider.serve()
    try:
        install(gateway)
        gateway.says("cpe-agent", "setup", "--manage", "wlan*", "wan0", "ppp*")
        link(gateway, "gateway.conf")

        change(gateway, "Device.WiFi.", Radio__1__RegulatoryDomain="DE ", SSID__1__SSID="home", SSID__1__Enable="1")
        passphrase = {"SSIDReference": "Device.WiFi.SSID.1", "Security__KeyPassphrase": "a long passphrase"}
        point = add(gateway, "Device.WiFi.AccessPoint.", Enable="1", **passphrase)
        until(lambda: "Enabled" in got(gateway, f"{point}Status"), "no access point")
        assert "hostapd" in servers(gateway)

        ports = got(gateway, "Device.Ethernet.*.*.Name").splitlines()
        port, below = (line.split()[0].removesuffix("Name") for line in ports if line.split()[1:] == ["wan0"])
        change(gateway, port, Enable="1")
        way = {"LowerLayers": below.rstrip("."), "Username": "u", "Password": "a secret"}
        dialled = add(gateway, "Device.PPP.Interface.", Enable="1", **way)
        until(lambda: "10.64.1." in got(gateway, f"{dialled}IPCP.LocalIPAddress"), "no connection to the provider")
        gateway.says("dpkg", "--remove", "cpe-agent")
        assert gateway.run("pgrep", "pppd").returncode == 1
        assert gateway.run("pgrep", "hostapd").returncode == 1
    finally:
        provider.fall_silent()
