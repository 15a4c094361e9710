"""Device.DynamicDNS. is the same to an ACS whether ddclients of ours publish names or OpenWrt's ddns-scripts do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import Refusals
from backends.dynamic_dns.clients import DynamicDns, Place
from backends.dynamic_dns.instance import Folders
from backends.tr181.dynamic_dns import dynamic_dns, part_of
from tests.backends.openwrt.ddns.device import DdnsRouter
from tests.backends.small_device import SmallDevice
from tests.backends.tr181.test_dynamic_dns import Kernel, given

BASE = "Device.DynamicDNS."
EVERYTHING = {
    "": "ClientNumberOfEntries ServerNumberOfEntries SupportedServices",
    "Client.1.": "Enable Status Alias LastError Server Interface Username Password HostnameNumberOfEntries",
    "Client.1.Hostname.1.": "Enable Status Name LastUpdate",
    "Server.1.": "Enable Name Alias ServiceName ServerAddress ServerPort SupportedProtocols Protocol CheckInterval "
    "RetryInterval MaxRetries",
}
HOSTILE = [
    "'\"`$(reboot)",
    "it's",
    "a\\'b",
    "a;b|c",
    "\u4f60\u597d",
    "\x00",
    "a\nb",
    "x" * 256,
    "y" * 10_000,
    "#x",
    "a b",
]


class OnLinux(SmallDevice):
    """``service`` can be asked by HTTP; ``again`` is the same after a restart."""

    service = "dyndns2"

    def __init__(self, directory: Path, store: Any = None) -> None:
        place = Place(lambda _: "eth0", lambda _: True, may_change_system=True)
        clients = DynamicDns(Kernel(), place, Folders(str(directory / "run"), str(directory / "caches")))
        clients.has_tls = False
        tables = part_of(clients).provides["dynamic_dns"]
        self.directory = directory
        super().__init__(dynamic_dns(given(tables)), backends=[tables], store=store)

    def again(self) -> "OnLinux":
        return OnLinux(self.directory, self.store)


def on_openwrt(directory: Path) -> DdnsRouter:
    made = DdnsRouter(directory, "config ddns 'global'\n")
    (directory / "usr/bin/curl").unlink()
    made.service = "dyndns.org"  # type: ignore[attr-defined]
    return made


@pytest.fixture(params=[OnLinux, pytest.param(on_openwrt, marks=pytest.mark.slow)])
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    make: Callable[[Path], Any] = request.param
    return make(tmp_path)


def test_every_parameter_is_there(device: Any) -> None:
    device.add(f"{BASE}Server.")
    device.add(f"{device.add(f'{BASE}Client.')}Hostname.")
    found = set(device.tree(BASE))
    for row, names in EVERYTHING.items():
        assert {f"{row}{name}" for name in names.split()} <= found


def test_a_new_row_is_off_and_lacks_everything(device: Any) -> None:
    server, client = device.add(f"{BASE}Server."), device.add(f"{BASE}Client.")
    assert (device.get(f"{server}Enable"), device.get(f"{server}CheckInterval")) == ("false", "300")
    assert [device.get(client + name) for name in ("Enable", "Status", "Server", "Interface")] == [
        "false", "Disabled", "", "",
    ]  # fmt: skip
    device.set({f"{client}Enable": "1"})
    assert device.get(f"{client}Status") == "Error_Misconfigured"
    assert device.get(f"{client}LastError") == "MISCONFIGURATION_ERROR"


def test_what_is_set_is_read_and_stays_over_a_restart(device: Any) -> None:
    server = device.add(f"{BASE}Server.", Name="mine", ServiceName=device.service, Protocol="HTTP", Enable="1",
                        ServerAddress="dyn.example.org", ServerPort="8080", CheckInterval="900", RetryInterval="45",
                        MaxRetries="7")  # fmt: skip
    client = device.add(f"{BASE}Client.", Server=server.removesuffix("."), Username="me", Password="it's")
    first, second = (device.add(f"{client}Hostname.", Name=f"{name}.example.org") for name in "ab")
    device.set({f"{second}Enable": "1", f"{client}Alias": "ours"})
    before = device.tree(BASE)
    again = device.again()
    assert again.tree(BASE) == before
    assert again.get(f"{BASE}Client.[ours].Username") == "me"
    told = {"Name": "mine", "ServerAddress": "dyn.example.org", "ServerPort": "8080", "CheckInterval": "900",
            "RetryInterval": "45", "MaxRetries": "7", "Protocol": "HTTP"}  # fmt: skip
    assert {name: again.get(server + name) for name in told} == told
    assert (again.get(f"{first}Enable"), again.get(f"{second}Enable")) == ("false", "true")
    assert again.get(f"{client}Password") == ""


def test_the_protocols_are_those_of_the_service(device: Any) -> None:
    server = device.add(f"{BASE}Server.", ServiceName=device.service)
    assert device.get(f"{server}SupportedProtocols") == "HTTP"
    assert device.refused({f"{server}Protocol": "HTTPS"}) == {f"{server}Protocol": "InvalidValue"}
    assert device.service in device.get(f"{BASE}SupportedServices").split(",")


def test_a_refusal_names_the_parameter(device: Any) -> None:
    server, client = device.add(f"{BASE}Server."), device.add(f"{BASE}Client.")
    name = device.add(f"{client}Hostname.")
    before = device.tree(BASE)
    for path, text in (
        (f"{server}ServiceName", "nsupdate"),
        (f"{server}ServerAddress", "nowhere"),
        (f"{server}Protocol", "HTTPS"),
        (f"{client}Password", "a\nb"),
        (f"{name}Name", "x y"),
        (f"{name}Name", "localhost"),
        (f"{client}Interface", "Device.DynamicDNS.Server.1"),
        (f"{client}Server", "Device.DynamicDNS.Client.1"),
    ):
        assert device.refused({path: text}) == {path: "InvalidValue"}, (path, text)
    assert device.tree(BASE) == before


def test_rows_go_with_what_they_belong_to_and_no_others(device: Any) -> None:
    servers = [device.add(f"{BASE}Server.", Name=name, ServiceName=device.service) for name in "ab"]
    clients = [device.add(f"{BASE}Client.", Server=servers[0].removesuffix("."), Username=name) for name in "ab"]
    for client in clients:
        device.add(f"{client}Hostname.", Name="a.example.org")
    device.delete(clients[0])
    assert device.get(f"{BASE}ClientNumberOfEntries") == "1"
    assert device.get(f"{clients[1]}Hostname.1.Name") == "a.example.org"
    device.delete(servers[0])
    assert device.get(f"{clients[1]}Server") == ""
    device.set({f"{clients[1]}Server": servers[1].removesuffix(".")})
    assert device.get(f"{servers[1]}Name") == "b"
    device.delete(f"{clients[1]}Hostname.1.")
    assert device.get(f"{clients[1]}Username") == "b"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_comes_back_equal_or_is_refused(device: Any, text: str) -> None:
    server = device.add(f"{BASE}Server.", ServiceName=device.service)
    client = device.add(f"{BASE}Client.", Server=server.removesuffix("."))
    name = device.add(f"{client}Hostname.")
    for path in (f"{server}Name", f"{server}ServerAddress", f"{client}Username", f"{client}Password", f"{name}Name"):
        before, refused = device.tree(BASE), list[str]()
        try:
            device.set({path: text})
        except Refusals as refusals:
            refused = [type(one).__name__ for one in refusals.refusals]
        assert refused in ([], ["InvalidValue"]), path
        if refused:
            assert device.tree(BASE) == before
        elif not path.endswith("Password"):
            assert device.again().get(path) == text
