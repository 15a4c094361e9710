"""One request's view: rows are read once, paths find their places, and a silent mechanism is left alone for a while."""

from collections.abc import Callable

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Unavailable, UnknownPath
from agent.model.object import Target
from agent.model.path import ParameterPath
from agent.model.view import BUDGET, STALL, LeafAt, Place, Stalled, Table, UnknownAlias
from backends.errors import TimedOut
from tests.model.device import IP, PORTS, Device


@pytest.fixture
def device() -> Device:
    return Device()


def kinds(device: Device, path: str) -> list[str]:
    return [type(found).__name__ for found in device.model.view().match(ParameterPath.parse(path))]


def test_a_path_names_a_place_a_table_or_a_parameter(device: Device) -> None:
    assert kinds(device, "Device.") == [Place.__name__]
    assert kinds(device, IP) == [Table.__name__]
    assert kinds(device, f"{IP}1.") == [Place.__name__]
    assert kinds(device, f"{IP}1.Enable") == [LeafAt.__name__]


@pytest.mark.parametrize(
    "path",
    [
        "Device",
        "Device.Nothing.",
        "Device.DeviceInfo",
        "Device.DeviceInfo.Nothing",
        "InternetGatewayDevice.",
        "*.DeviceInfo.",
        f"{IP}2.",
        f"{IP}1",
        f"{IP}Enable",
        f"{IP}[nobody].",
        f"{IP}1.Enable.",
        f"{IP}1.Nothing",
        f"{IP}*.Nothing",
        f"{IP}*.Nothing.",
        "Device.Nothing.*.",
        "Device.DeviceInfo.1.SoftwareVersion",
        "Device.DeviceInfo.*.",
        "Device.DeviceInfo.*.SoftwareVersion",
        f"{IP}*.*.",
        f"{IP}*.IPv4Address.Enable",
    ],
)
def test_a_path_that_names_nothing_is_unknown(device: Device, path: str) -> None:
    with pytest.raises(UnknownPath):
        device.model.get([path], Caller.ACS)


def test_a_wildcard_without_rows_names_nothing_without_being_wrong(device: Device) -> None:
    device.hosts = []

    assert device.tree("Device.Hosts.Host.*.PhysAddress") == {}
    assert device.tree("Device.Hosts.Host.*.") == {}


def test_wildcards_stand_for_every_row_at_each_level(device: Device) -> None:
    device.add(f"{IP}1.IPv4Address.")
    device.add(IP)

    assert list(device.tree(f"{IP}*.IPv4Address.*.Enable")) == [
        f"{IP}1.IPv4Address.1.Enable",
        f"{IP}1.IPv4Address.2.Enable",
    ]
    assert list(device.tree(f"{PORTS}*.Name")) == [f"{PORTS}1.Name", f"{PORTS}2.Name"]


def test_an_alias_names_a_row_and_an_unknown_one_says_where_a_row_can_be_made(device: Device) -> None:
    device.change({f"{PORTS}2.Alias": "lan"})

    assert device.tree(f"{PORTS}[lan].Name") == {f"{PORTS}[lan].Name": "eth1"}
    assert device.get(f"{PORTS}[cpe-1].Name") == "eth0"
    with pytest.raises(UnknownAlias) as unknown:
        device.model.view().match(ParameterPath.parse(f"{IP}[new].IPv4Address.1.Enable"))
    assert (unknown.value.table.concrete, unknown.value.alias) == (IP, "new")


def test_a_table_is_read_once_in_a_request_however_many_parameters_are_asked_for(device: Device) -> None:
    reads: list[None] = []
    device.read_hosts = lambda: reads.append(None)

    device.model.get(
        ["Device.Hosts.", "Device.Hosts.Host.*.PhysAddress", "Device.Hosts.HostNumberOfEntries"], Caller.ACS
    )

    assert len(reads) == 1


def test_a_reference_follows_its_row(device: Device) -> None:
    view = device.model.view()
    target = Target(f"{IP}{{i}}.", ("wan0",))

    assert view.path_of(target) == f"{IP}1"
    assert view.path_of(Target(f"{IP}{{i}}.", ("gone",))) == ""
    assert view.path_of(Target("Device.NoTable.{i}.", ("wan0",))) == ""
    place = view.place_of(target)
    assert place is not None
    assert view.target_at(place) == target
    address = view.place_of(Target(f"{IP}{{i}}.IPv4Address.{{i}}.", ("wan0", "1")))
    assert address is not None
    assert address.concrete == f"{IP}1.IPv4Address.1."


# -- mechanisms that do not answer ------------------------------------------------------------------------------------


def silent(seen: list[None]) -> Callable[[], None]:
    def read() -> None:
        seen.append(None)
        raise TimedOut("the kernel has not answered for 0.3 s")

    return read


def test_a_mechanism_that_misses_its_deadline_is_asked_again_only_after_some_seconds(device: Device) -> None:
    asked: list[None] = []
    device.read_hosts = silent(asked)

    for _ in range(3):
        with pytest.raises(Stalled):
            device.get("Device.Hosts.Host.1.PhysAddress")
    assert len(asked) == 1
    device.now += STALL - 0.1
    with pytest.raises(Unavailable):
        device.get("Device.Hosts.Host.1.PhysAddress")
    assert len(asked) == 1

    device.read_hosts = lambda: None
    with pytest.raises(Unavailable):
        device.get("Device.Hosts.Host.1.PhysAddress")
    device.now += 0.2
    assert device.get("Device.Hosts.Host.1.PhysAddress") == device.hosts[0]


def test_the_other_tables_answer_meanwhile(device: Device) -> None:
    device.read_hosts = silent([])
    with pytest.raises(Unavailable):
        device.tree("Device.Hosts.")

    assert device.get(f"{PORTS}1.Name") == "eth0"
    assert device.model.peek(["Device.Hosts.Host.1.PhysAddress", f"{PORTS}1.Name"]) == {f"{PORTS}1.Name": "eth0"}


def test_a_request_has_a_budget_as_a_whole(device: Device) -> None:
    def slow() -> None:
        device.now += BUDGET + 1

    device.read_hosts = slow
    with pytest.raises(Stalled, match="used up"):
        device.model.get(["Device.Hosts.", PORTS], Caller.ACS)

    device.read_hosts = lambda: None
    assert device.get(f"{PORTS}1.Name") == "eth0"


def test_a_broken_mechanism_is_unavailable_without_its_details(device: Device) -> None:
    def broken() -> None:
        raise RuntimeError("/dev/secret: no such file")

    device.read_hosts = broken
    with pytest.raises(Unavailable) as refusal:
        device.get("Device.Hosts.Host.1.PhysAddress")
    assert "secret" not in str(refusal.value)


def test_what_vanished_while_it_was_read_is_read_once_more(device: Device) -> None:
    failures = [RuntimeError("no such device")]

    def vanishes_once() -> None:
        if failures:
            raise failures.pop()

    device.read_hosts = vanishes_once

    assert device.get("Device.Hosts.Host.1.PhysAddress") == device.hosts[0]
