"""The relay asks whom it is told to ask, and the LAN gets real answers from a real server through it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.model.errors import Refusals
from tests.backends.lan_device import Gateway
from tests.backends.openwrt.router import Router
from tests.netlab.namespace import Namespace, veth
from tests.waiting import until

RELAY = "Device.DNS.Relay."
ASK = """
import json, socket, struct, sys
name = b"".join(bytes([len(one)]) + one.encode() for one in sys.argv[2].split(".")) + b"\\0"
ask = socket.socket(type=socket.SOCK_DGRAM)
ask.settimeout(2)
ask.connect((sys.argv[1], 53))
try:
    ask.send(struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + name + struct.pack("!HH", 1, 1))
    answer = ask.recv(512)
    print(json.dumps({"code": answer[3] & 15, "address": ".".join(map(str, answer[-4:]))}))
except OSError:
    print(json.dumps({}))
"""


def ask(house: Namespace, name: str) -> str:
    """The address of a name by the gateway; "" for none."""
    answer = house.python(ASK, "192.0.2.1", name)
    return str(answer.get("address", "")) if answer.get("code") == 0 else ""


@pytest.fixture
def upstream(gateway: Gateway, house: Namespace, make_namespace: Callable[[], Namespace]) -> Iterator[None]:
    """A name server outside, at 198.51.100.53, which knows www.example; the house has an address."""
    outside = make_namespace()
    veth(gateway.namespace, "wan", outside, "eth0")
    gateway.namespace.ip("addr add 198.51.100.1/24 dev wan")
    gateway.namespace.ip("route add default via 198.51.100.53")
    outside.ip("addr add 198.51.100.53/24 dev eth0")
    house.ip("addr add 192.0.2.9/24 dev eth0")
    arguments = ("-C", "/dev/null", "-R", "-h", "--address=/www.example/203.0.113.7", "--pid-file")
    server = subprocess.Popen(outside.command("dnsmasq", "-k", *arguments), stderr=subprocess.DEVNULL)
    assert until(lambda: ":53" in outside.run("ss", "-lunH"))
    yield
    server.terminate()
    server.wait()


@pytest.mark.usefixtures("upstream")
def test_the_lan_gets_answers_from_a_server_that_was_configured(gateway: Gateway, house: Namespace) -> None:
    gateway.set_row(RELAY, Enable="1")
    assert gateway.get(f"{RELAY}Status") == "Enabled"
    assert ask(house, "www.example") == ""
    server = gateway.server
    row = gateway.add(f"{RELAY}Forwarding.", Enable="1", DNSServer="198.51.100.53", Interface=gateway.interface("wan"))
    assert until(lambda: ask(house, "www.example") == "203.0.113.7")
    assert gateway.server == server, "a name server is taken up without a restart"
    assert {name: gateway.get(row + name) for name in ("Status", "Type")} == {"Status": "Enabled", "Type": "Static"}
    gateway.set_row(row, Enable="0")
    assert until(lambda: ask(house, "www.example") == "")
    gateway.set_row(RELAY, Enable="0")
    assert gateway.server is None
    assert gateway.get(f"{row}Status") == "Disabled"


@pytest.mark.usefixtures("upstream")
def test_the_lan_gets_answers_from_a_server_that_the_system_was_told_of(gateway: Gateway, house: Namespace) -> None:
    (gateway.directory / "etc").mkdir()
    (gateway.directory / "etc" / "resolv.conf").write_text("nameserver 198.51.100.53\n")
    gateway.tables.forget()
    gateway.set_row(RELAY, Enable="1")
    assert until(lambda: ask(house, "www.example") == "203.0.113.7")
    row = f"{RELAY}Forwarding.1."
    assert (gateway.get(f"{row}DNSServer"), gateway.get(f"{row}Enable")) == ("198.51.100.53", "true")
    assert gateway.get("Device.DNS.Client.Server.1.DNSServer") == "198.51.100.53"
    assert gateway.get("Device.DNS.Client.Status") == "Enabled"
    assert gateway.get("Device.DNS.SupportedRecordTypes") == "A,AAAA,SRV,PTR"
    assert gateway.refused_in(row, DNSServer="198.51.100.54") == {"DNSServer": "NotWritable"}
    assert gateway.refused_in(row, Interface=gateway.interface()) == {"Interface": "NotWritable"}
    with pytest.raises(Exception, match="switched off"):
        gateway.delete(row)
    gateway.set_row(row, Enable="0")
    assert until(lambda: ask(house, "www.example") == "")


def test_nobody_outside_is_answered(gateway: Gateway) -> None:
    gateway.namespace.ip("link add wan type veth peer name far")
    gateway.namespace.ip("addr add 198.51.100.1/24 dev wan")
    gateway.set_row(RELAY, Enable="1")
    bound = gateway.namespace.run("ss", "-lunH", "sport", "=", ":53")
    assert "192.0.2.1:53" in bound
    assert "198.51.100.1" not in bound
    assert "127.0.0.1" not in bound


def test_another_name_server_in_the_way_is_named(
    gateway: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    command = ("dnsmasq", "-k", "-C", "/dev/null", "-R", "-h", "--pid-file")
    other = subprocess.Popen(gateway.namespace.command(*command), stderr=subprocess.DEVNULL)
    try:
        assert until(lambda: ":53" in gateway.namespace.run("ss", "-lunH"))
        with pytest.raises(Refusals):
            gateway.set_row(RELAY, Enable="1")
        assert f"dnsmasq (process {other.pid}) has port 53 on br0" in caplog.text
    finally:
        other.terminate()
        other.wait()


def test_looking_names_up_is_not_switched_off(home: Gateway | Router) -> None:
    assert home.refused_in("Device.DNS.Client.", Enable="0") == {"Enable": "NotWritable"}
    home.set_row("Device.DNS.Client.", Enable="1")
    assert home.get("Device.DNS.Client.Status") == "Error", "there is nobody to ask"
