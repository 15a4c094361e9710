"""The ports that are listened on and the connections, as the system shows them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.tr181.ip_ports import MOST, active_ports
from tests.backends.whole_device import WholeDevice, device_in_memory, device_on_linux
from tests.fakes.machine import TCP_HEADER

TABLE = "Device.IP.ActivePort."


def told(device: WholeDevice) -> list[tuple[str, ...]]:
    names = ("LocalIPAddress", "LocalPort", "RemoteIPAddress", "RemotePort", "Status")
    tree = device.tree(TABLE)
    rows = dict.fromkeys(path.partition(".")[0] for path in tree)
    return [tuple(tree[f"{row}.{name}"] for name in names) for row in rows]


def test_a_listening_port_has_no_remote_side_and_a_connection_has(tmp_path: Path) -> None:
    device, _ = device_in_memory(tmp_path)
    assert told(device) == [
        ("127.0.0.1", "7547", "", "0", "LISTEN"),
        ("127.0.0.1", "7547", "192.168.0.2", "8080", "ESTABLISHED"),
    ]
    assert device.get("Device.IP.ActivePortNumberOfEntries") == "2"


def test_udp_and_what_is_being_closed_is_not_told(tmp_path: Path) -> None:
    device, machine = device_in_memory(tmp_path)
    rest = "00000000:00000000 00:00000000 00000000\n"
    machine.put("proc/net/tcp", f"{TCP_HEADER}   0: 0100007F:1D7B 0200A8C0:1F90 06 {rest}")
    machine.put("proc/net/udp", f"{TCP_HEADER}   0: 0100007F:0035 00000000:0000 07 {rest}")
    assert told(device) == []


def test_with_more_connections_than_fit_the_listening_ports_are_still_told(tmp_path: Path) -> None:
    device, machine = device_in_memory(tmp_path)
    lines = [f"   {n}: 0100007F:1D7B 0200A8C0:{n:04X} 01 0:0 0:0 0\n" for n in range(1, MOST + 10)]
    machine.put("proc/net/tcp", f"{TCP_HEADER}{''.join(lines)}   0: 0100007F:0050 00000000:0000 0A 0:0 0:0 0\n")
    rows = list(active_ports(machine.procfs()).rows())
    assert (len(rows), rows[0].local_port) == (MOST, 80)
    assert device.get("Device.IP.ActivePortNumberOfEntries") == str(MOST)


@pytest.fixture
def listening() -> Iterator[tuple[str, int]]:
    """A socket of this process that listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_a_socket_of_this_machine_is_told_while_it_listens(listening: tuple[str, int]) -> None:
    address, port = listening
    assert (address, str(port), "", "0", "LISTEN") in told(device_on_linux())
