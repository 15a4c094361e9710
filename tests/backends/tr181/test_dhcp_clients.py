"""The part of the machine behind the DHCPv4 and DHCPv6 Client tables; the tables: tests/backend_contract."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backends.tr181 import dhcp_clients


def test_a_machine_without_dhcpcd_has_no_clients(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dhcp_clients, "find_program", lambda _: None)
    machine: Any = SimpleNamespace()
    assert dhcp_clients.dhcp_clients(machine) is None
