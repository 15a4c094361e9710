"""Wired supplicants as a service: what is refused, what cuts, what is told, and what follows the link."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from agent.model.errors import Refusals
from backends.ieee8021x.service import TOPIC
from backends.netlink import RouteTo
from tests.backends.ieee8021x.conftest import lab, make_namespace, port
from tests.backends.ieee8021x.port import SUPPLICANT, Port, entered
from tests.backends.small_device import SmallDevice
from tests.netlab.namespace import Namespace, veth
from tests.waiting import until

__all__ = ["lab", "make_namespace", "port"]

WAY = RouteTo("c0", "192.0.2.2")


def reason(device: SmallDevice, values: dict[str, str]) -> str:
    with pytest.raises(Refusals) as refused:
        device.set(values)
    return str(refused.value.refusals[0])


@contextmanager
def listening(port: Port) -> Iterator[list[frozenset[str]]]:
    """What the watch tells meanwhile."""
    told: list[frozenset[str]] = []
    stop = threading.Event()
    thread = threading.Thread(target=port.supplicants.watch, args=(told.append, stop))
    thread.start()
    yield told
    stop.set()
    thread.join()


def test_a_link_that_is_not_given_to_the_agent_is_left_alone(port: Port) -> None:
    device = port.device(manage=())
    row = port.supplicant(device, Enable="0")
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "Denied"}
    assert port.process() is None


@pytest.mark.parametrize("has_socket", [True, False])
def test_the_machine_s_own_wpa_supplicant_is_named_and_left_alone(port: Port, has_socket: bool) -> None:
    port.foreign(port.elsewhere if has_socket else None)
    device = port.device()
    row = port.supplicant(device, Enable="0")
    assert device.refused({f"{row}Enable": "1"}) == {f"{row}Enable": "Denied"}
    name = f"answers at {port.elsewhere / 'c0'}" if has_socket else "is process "
    assert f"c0 is used by the wpa_supplicant that {name}" in reason(device, {f"{row}Enable": "1"})
    assert port.process() is None


def test_a_wpa_supplicant_in_another_network_is_nobody_s_concern(
    port: Port, make_namespace: Callable[[], Namespace]
) -> None:
    other = make_namespace()
    veth(other, "c0", other, "c1")
    with entered(other):
        port.foreign(None)
    device = port.device()
    row = port.supplicant(device)
    assert device.get(f"{row}Status") == "Enabled"
    assert port.process() is not None


def test_one_that_comes_while_ours_runs_is_given_way(port: Port, caplog: pytest.LogCaptureFixture) -> None:
    device = port.device()
    row = port.supplicant(device)
    port.foreign(None)
    port.reapply()
    assert port.process() is None
    assert device.get(f"{row}Status") == "Error"
    assert any("c0 is used by the wpa_supplicant that is process" in line for line in caplog.messages)


def test_a_link_has_one_supplicant_and_only_a_port_has_one(port: Port) -> None:
    port.home.ip("link add br0 type bridge")
    device = port.device(manage=("c0", "br0"))
    first = port.supplicant(device)
    link = device.find("Device.Ethernet.Link.", Name="c0").removesuffix(".")
    second = device.add(SUPPLICANT)
    assert device.refused({f"{second}Interface": link}) == {f"{second}Interface": "InvalidValue"}
    bridge = device.find("Device.Ethernet.Link.", Name="br0").removesuffix(".")
    assert "br0 is no Ethernet port" in reason(device, {f"{second}Interface": bridge, f"{second}Enable": "1"})
    row = device.find("Device.IP.Interface.", Name="c0").removesuffix(".")
    assert device.refused({f"{second}Interface": row}) == {f"{second}Interface": "InvalidValue"}
    assert device.get(f"{first}Status") == "Enabled"


def test_what_cuts_the_way_to_the_management_server_waits(port: Port) -> None:
    port.path = WAY
    device = port.device()
    row = port.supplicant(device, Enable="0")
    assert device.set({f"{row}HeldPeriod": "5"}) == 0
    assert device.set({f"{row}Enable": "1"}) == 1
    assert port.process() is None


def test_new_periods_cut_nothing_and_another_secret_does(port: Port) -> None:
    device = port.device()
    row = port.supplicant(device)
    process = port.process()
    port.path = WAY
    assert device.set({f"{row}HeldPeriod": "5", f"{row}StartPeriod": "2"}) == 0
    assert [port.told("mib")[f"dot1xSupp{name}"] for name in ("HeldPeriod", "StartPeriod")] == ["5", "2"]
    assert device.set({f"{row}EAPMD5.SharedSecret": "other"}) == 1
    assert port.process() == process


def test_it_runs_while_its_link_is_up_and_never_sets_it_up(port: Port) -> None:
    port.home.ip("link set c0 down")
    device = port.device()
    row = port.supplicant(device)
    assert port.process() is None
    assert "UP" not in port.home.ip("link show dev c0").partition(">")[0].split("<")[1].split(",")
    assert (device.get(f"{row}Status"), device.get(f"{row}PAEState")) == ("Enabled", "Disconnected")
    port.home.ip("link set c0 up")
    port.reapply()
    assert port.process() is not None
    port.home.ip("link set c0 down")
    port.reapply()
    assert port.process() is None


@pytest.mark.slow
def test_its_states_are_told_within_seconds_and_so_is_its_end(port: Port) -> None:
    device = port.device()
    row = port.supplicant(device)
    with listening(port) as told:
        until(lambda: told)
        told.clear()
        port.authenticator.start()
        until(lambda: device.get(f"{row}PAEState") == "Authenticated")
        until(lambda: told)
        told.clear()
        port.kill()
        until(lambda: told)
        assert set(told) == {frozenset({TOPIC})}
    port.reapply()  # as the agent does when it hears that
    assert port.process() is not None


def test_nothing_that_holds_is_touched(port: Port) -> None:
    device = port.device()
    port.supplicant(device)
    process, folder = port.process(), port.folder / "run" / "c0"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert not port.supplicants.apply(port.tables[-1].wanted)
    assert port.process() == process
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
