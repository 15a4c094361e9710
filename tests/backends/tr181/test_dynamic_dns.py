"""Device.DynamicDNS. by ddclients: where there is none, and what one cannot be told; see also backend_contract."""

from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.dynamic_dns.clients import DynamicDns, Place
from backends.dynamic_dns.instance import Folders
from backends.dynamic_dns.records import Client
from backends.netlink_types import Address, Link, Route
from backends.procfs import Procfs
from backends.tr181.absent import without
from backends.tr181.dynamic_dns import DynamicDnsTables, dynamic_dns, dynamic_dns_clients, part_of
from backends.tr181.mechanisms import Mechanisms
from tests.backends.small_device import SmallDevice

BASE = "Device.DynamicDNS."


class Kernel:
    """A link with an address and the default route."""

    def links(self) -> list[Link]:
        return [Link(2, "eth0", up=True)]

    def addresses(self) -> list[Address]:
        return [Address("eth0", 6, "2001:db8::1", 64), Address("eth0", 4, "192.0.2.7", 24)]

    def routes(self) -> list[Route]:
        return [Route(4, "", "192.0.2.9", "eth1", metric=9), Route(4, "", "192.0.2.1", "eth0", metric=1)]


def given(tables: DynamicDnsTables | None = None) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(
        nothing, nothing, Procfs(), nothing, nothing, nothing, OwnValues({}, {}), links=nothing, dynamic_dns=tables
    )


@pytest.fixture
def clients(tmp_path: Path) -> DynamicDns:
    place = Place(lambda _: "eth0", lambda _: True, may_change_system=True)
    return DynamicDns(Kernel(), place, Folders(str(tmp_path / "run"), str(tmp_path / "caches")))


@pytest.fixture
def device(clients: DynamicDns) -> SmallDevice:
    tables = part_of(clients).provides["dynamic_dns"]
    return SmallDevice(dynamic_dns(given(tables)), backends=[tables])


def test_what_ddclient_cannot_be_told_is_refused(device: SmallDevice) -> None:
    client = device.add(f"{BASE}Client.")
    for path, text in ((f"{client}Username", "a b"), (f"{client}Username", "a#b"), (f"{client}Password", "a b")):
        assert device.refused({path: text}) == {path: "InvalidValue"}, (path, text)


def test_a_password_for_a_service_that_puts_it_into_the_address_is_narrower(device: SmallDevice) -> None:
    server = device.add(f"{BASE}Server.", ServiceName="dyndns2")
    client = device.add(f"{BASE}Client.", Server=server.removesuffix("."), Password="a&b")
    assert device.refused({f"{server}ServiceName": "duckdns"})
    assert device.get(f"{client}Server") == server.removesuffix(".")


def test_without_an_interface_the_way_to_everywhere_is_meant(device: SmallDevice, clients: DynamicDns) -> None:
    assert clients.address(Client()) == "192.0.2.7"


def test_without_ddclient_there_is_no_such_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.programs.PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    assert dynamic_dns_clients(given()) is None
    assert dynamic_dns(given()) == []
    assert "ddclient" in without(given())[BASE]
