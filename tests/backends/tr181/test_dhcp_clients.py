"""What the DHCPv4 and DHCPv6 Client tables have in common: their part of the machine, and hostile values."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.tr181 import dhcp_clients
from tests.backends.dhcp_client.conftest import lab, make_namespace, make_wan
from tests.backends.dhcp_client.wan import CLIENT4, CLIENT6, Wan

__all__ = ["lab", "make_namespace", "make_wan"]

HOSTILE = ("", " ", "x", "-1", "0", "255", "65536", "$(id)", "'\"", "a\nb", "00", "ff" * 300, "zz", "Device.", "\u0661",
           "Device.IP.Interface.99", "Device.DHCPv4.Client.1", "1,2", "1,3", "a" * 10_000)  # fmt: skip


def test_a_machine_without_dhcpcd_has_no_clients(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dhcp_clients, "find_program", lambda _: None)
    machine: Any = SimpleNamespace()
    assert dhcp_clients.dhcp_clients(machine) is None


def test_no_text_in_a_writable_parameter_is_an_accident(make_wan: Callable[..., Wan]) -> None:
    wan = make_wan()
    wan.home.ip("link set c0 down")  # so that nothing is started
    device = wan.device()
    for table, below in ((CLIENT4, ("SentOption.", "ReqOption.")), (CLIENT6, ("SentOption.",))):
        client = device.add(table)
        for name in below:
            device.add(client + name)
    names = [
        name.path
        for table in (CLIENT4, CLIENT6)
        for name in device.model.names(table, False, Caller.ACS)
        if name.writable and not name.path.endswith((".", "Alias"))
    ]
    assert len(names) > 20
    accidents: list[tuple[str, str]] = []
    for path in names:
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [(path, text) for one in refusals.refusals if isinstance(one, Unavailable)]
    assert accidents == []
    assert len(device.tree(CLIENT4)) > 15


def test_deleting_a_client_takes_its_options_along(make_wan: Callable[..., Wan]) -> None:
    device = make_wan().device()
    client = device.add(CLIENT4)
    device.add(f"{client}SentOption.")
    device.delete(client)
    assert device.tree(CLIENT4) == {}
