"""PPPoE by a real pppd against a real pppoe-server; run in the throw-away machine by test_ppp_in_machine.py."""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.netlink import RouteTo
from backends.pppd import Place, Pppd
from backends.private_folders import with_folders
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.interface_stack import interface_stack
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.ppp import ppp
from backends.tr181.ppp_connections import PppConnections, PppLayers
from backends.tr181.routing import routing
from backends.tr181.staging import LinuxNetwork
from tests.backends.device import NamespaceSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.vm.provider import Provider, give_terminals
from tests.waiting import until

__all__ = ["make_namespace"]

PPP = "Device.PPP.Interface."
HOSTILE = ("pa ss", "'\"\\", "$(id)`x`", "a\nb\tc", "#", "\u00e9\u4e16\U0001f5a7", "%s%n", "x" * 64)


class Dsl:
    """A gateway whose port w0 leads to a provider with a PPPoE server, each in a namespace of its own."""

    def __init__(self, home: Namespace, isp: Namespace, folder: Path) -> None:
        self.home, self.isp, self.folder = home, isp, folder
        veth(isp, "s0", home, "w0")
        for one in (home, isp):
            one.ip("link set lo up")
        self.secrets = {"user": "pa ss"}
        self.procfs = NamespaceSettings(home)
        self.netlink = home.netlink()
        self.path: RouteTo | None = None
        self.pppd: list[Pppd] = []
        self.provider = Provider(isp, "s0", folder / "server", self.secrets)

    def serve(self) -> None:
        """Let the provider answer."""
        self.provider.secrets = self.secrets
        self.provider.serve()

    def fall_silent(self) -> None:
        """Let the provider's end go away without a word."""
        self.provider.fall_silent()

    def device(self, store: Documents | None = None) -> SmallDevice:
        """The agent's model over the gateway; with the store of another, the agent after a restart."""
        network = LinuxNetwork(self.netlink, self.procfs, ("w0",), lambda: self.path)
        links = Links(network)
        sessions = Path(f"/proc/{self.home.pid}/net/pppoe")
        place = Place(links.link_of, links.may_change, lambda: self.path, sessions, self.home.command())
        pppd = Pppd(self.netlink, place, self.folder / "ppp")
        self.pppd.append(pppd)
        connections = PppConnections(pppd, links)
        network.other_layers = (PppLayers(connections),)
        nothing: Any = None
        mechanisms = Mechanisms(
            self.netlink, nothing, self.procfs, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}),
            links=links, ppp=connections,
        )  # fmt: skip
        declare: Sequence[Callable[[Mechanisms], list[Any]]] = (ethernet, ip, routing, ppp)
        objects = [one for each in declare for one in each(mechanisms)]
        device = SmallDevice(
            [*objects, interface_stack(objects)],
            backends=(network, connections),
            store=store,
            forget=(self.netlink.forget, pppd.forget),
        )
        connections.apply_at_start()
        return device

    def connection(self, device: SmallDevice, **values: str) -> str:
        """An added connection over w0, enabled; its path."""
        lower = device.find("Device.Ethernet.Link.", Name="w0").removesuffix(".")
        given = {"Username": "user", "Password": "pa ss", "LCPEcho": "1", "LCPEchoRetry": "2", **values}
        return device.add(PPP, LowerLayers=lower, Enable="1", **given)

    def told(self, name: str, family: str) -> dict[str, Any]:
        """The address of a link as ``ip`` tells it."""
        [link] = json.loads(self.home.ip(f"-j addr show dev {name}"))
        [found] = [one for one in link["addr_info"] if one["family"] == family]
        return found

    def close(self) -> None:
        """End what runs."""
        for pppd in self.pppd:
            pppd.stop_all()
        self.provider.fall_silent()
        self.procfs.close()


@pytest.fixture
def dsl(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[Dsl]:
    """The bench."""
    give_terminals()
    made = Dsl(make_namespace(), make_namespace(), tmp_path)
    yield made
    made.close()


def is_connected(device: SmallDevice, row: str) -> bool:
    return device.get(f"{row}ConnectionStatus") == "Connected"


def comes_up(device: SmallDevice, row: str, what: str = "a connection") -> None:
    until(lambda: is_connected(device, row) and device.get(f"{row}IPCP.LocalIPAddress"), what)


def test_a_connection_is_what_ip_and_the_kernel_tell(dsl: Dsl) -> None:
    dsl.serve()
    machine = {path.name: path.stat().st_mtime_ns for path in Path("/etc/ppp").iterdir()}
    device = dsl.device()
    row = dsl.connection(device, **{"PPPoE.ACName": "ac-1"})
    name = device.get(f"{row}Name")
    comes_up(device, row)
    until(lambda: device.get(f"{row}IPv6CP.LocalInterfaceIdentifier"), "IPv6")

    ipv4, ipv6 = dsl.told(name, "inet"), dsl.told(name, "inet6")
    told = device.tree(row)
    assert (told["IPCP.LocalIPAddress"], told["IPCP.RemoteIPAddress"]) == (ipv4["local"], ipv4["address"])
    assert told["IPCP.DNSServers"] == "9.9.9.9,8.8.8.8"
    assert "fe80" + told["IPv6CP.LocalInterfaceIdentifier"] == ipv6["local"]
    assert "fe80" + told["IPv6CP.RemoteInterfaceIdentifier"] == ipv6["address"]
    assert (told["Status"], told["LastConnectionError"], told["PPPoE.ACName"]) == ("Up", "ERROR_NONE", "ac-1")
    number, _, port = dsl.home.run("cat", "/proc/net/pppoe").splitlines()[1].split()
    assert port == "w0"
    assert int(told["PPPoE.SessionID"]) == int.from_bytes(bytes.fromhex(number)[2:], "little")
    [link] = json.loads(dsl.home.ip(f"-j -s link show dev {name}"))
    assert int(told["Stats.PacketsReceived"]) <= link["stats64"]["rx"]["packets"]
    assert int(told["Stats.UnicastPacketsSent"]) > 0

    above = device.find("Device.IP.Interface.", Name=name)
    assert device.get(f"{above}LowerLayers") == row.removesuffix(".")
    address = device.find(f"{above}IPv4Address.", IPAddress=ipv4["local"])
    assert device.get(f"{address}AddressingType") == "IPCP"
    dsl.home.run("busybox", "ping", "-c", "1", "-W", "5", "10.64.0.1")

    process = dsl.pppd[0].process(name)
    again = dsl.device(store=device.store)
    assert is_connected(again, row)
    assert dsl.pppd[1].process(name) == process is not None

    told_anywhere = [file.read_bytes() for file in (dsl.folder / "ppp").glob("*.log")]
    told_anywhere += [Path(f"/proc/{process}/{what}").read_bytes() for what in ("cmdline", "environ")]
    assert not any(b"pa ss" in one for one in told_anywhere)
    assert {path.name: path.stat().st_mtime_ns for path in Path("/etc/ppp").iterdir()} == machine

    device.set({f"{row}Reset": "1"})
    assert dsl.pppd[0].process(name) != process
    comes_up(device, row)
    device.set({f"{row}Enable": "0"})
    assert (device.get(f"{row}Status"), device.get(f"{row}ConnectionStatus")) == ("Down", "Disconnected")
    assert name not in dsl.home.ip("-j link")
    device.set({f"{row}Enable": "1"})
    comes_up(device, row)
    dsl.path = RouteTo(name, "10.64.1.1")
    assert device.set({f"{row}Reset": "1"}) == 1  # it would cut the session off: made after it


def test_a_wrong_password_is_told_and_the_right_one_connects(dsl: Dsl) -> None:
    dsl.serve()
    device = dsl.device()
    topics: list[frozenset[str]] = []
    stop = threading.Event()
    watch = threading.Thread(target=dsl.pppd[0].watch, args=(topics.append, stop))
    watch.start()
    try:
        row = dsl.connection(device, Password="wrong")
        failure = "ERROR_AUTHENTICATION_FAILURE"
        until(lambda: device.get(f"{row}LastConnectionError") == failure, "the reason")
        assert topics
        assert set(topics) == {frozenset({"ppp"})}
        assert device.get(f"{row}Status") == "Down"
        device.set({f"{row}Password": "pa ss"})
        comes_up(device, row)
        assert device.get(f"{row}LastConnectionError") == "ERROR_NONE"
    finally:
        stop.set()
        watch.join()


def test_a_server_that_is_gone_is_seen_and_connected_to_again(dsl: Dsl) -> None:
    dsl.serve()
    device = dsl.device()
    row = dsl.connection(device)
    comes_up(device, row)
    dsl.fall_silent()
    until(lambda: not is_connected(device, row), "the end")
    assert device.get(f"{row}Status") == "Down"
    assert device.get(f"{row}LastConnectionError") in ("ERROR_ISP_TIME_OUT", "ERROR_ISP_DISCONNECT")
    assert device.get(f"{row}IPCP.LocalIPAddress") == ""
    dsl.serve()
    comes_up(device, row)
    assert device.get(f"{row}Status") == "Up"
    dsl.home.ip("link set w0 down")
    until(lambda: device.get(f"{row}Status") == "LowerLayerDown", "the cable's end")


def test_any_name_and_password_are_sent_as_they_are(dsl: Dsl) -> None:
    # The server looks up names as it would print them, so that only printable ones are found; secrets are octets.
    names = [text if text.isascii() and text.isprintable() else f"user {number}" for number, text in enumerate(HOSTILE)]
    dsl.secrets = {name: text[::-1] for name, text in zip(names, HOSTILE, strict=True)}
    dsl.serve()
    device = dsl.device()
    row = dsl.connection(device, Username=names[0], Password=HOSTILE[0][::-1])
    for name, text in zip(names, HOSTILE, strict=True):
        device.set({f"{row}Enable": "0", f"{row}Username": name, f"{row}Password": text[::-1]})
        device.set({f"{row}Enable": "1"})
        comes_up(device, row, f"a connection with {text!r}")
        assert device.get(f"{row}Username") == name


def test_a_ppp_link_of_the_machine_s_own_is_read_and_not_changed(dsl: Dsl) -> None:
    pppd = shutil.which("pppd", path="/usr/sbin")
    far = f"{pppd} nodetach noauth notty 10.9.9.2:10.9.9.1"
    etc = {dsl.folder / "machine": "/etc/ppp"}
    command = with_folders(etc, [str(pppd), "nodetach", "noauth", "noipv6", "pty", far, "10.9.9.1:10.9.9.2"])
    (dsl.folder / "machine/options").write_text("")
    running = subprocess.Popen(dsl.home.command(*command))
    try:
        device = dsl.device()
        until(lambda: dsl.home.ip("-4 -j addr").count("10.9.9.2") > 1, "both ends")
        row = device.find(PPP, **{"IPCP.LocalIPAddress": "10.9.9.1"})
        name = device.get(f"{row}Name")
        assert dsl.told(name, "inet")["local"] == "10.9.9.1"
        assert device.get(f"{row}IPCP.RemoteIPAddress") == "10.9.9.2"
        assert device.get(f"{row}Status") == "Up"
        assert device.get(f"{row}ConnectionStatus") == "Connected"
        above = device.find("Device.IP.Interface.", Name=name)
        assert device.get(f"{above}LowerLayers") == row.removesuffix(".")
        assert device.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "Denied"}
        assert device.refused({f"{row}Reset": "1"}) == {f"{row}Reset": "Denied"}
    finally:
        running.terminate()
        running.wait()
        time.sleep(0.1)
