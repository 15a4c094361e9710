"""Which device an address belongs to, as the kernel's ARP table says."""

from pathlib import Path

import pytest

from agent.web import neighbours
from agent.web.neighbours import crowd_of, mac_of

TABLE = """IP address       HW type     Flags       HW address            Mask     Device
192.168.1.10     0x1         0x2         02:00:00:00:00:aa     *        br-lan
192.168.1.1      0x1         0x2         02:00:00:00:00:bb     *        br-lan
192.168.1.11     0x1         0x0         00:00:00:00:00:00     *        br-lan
cut
"""


def test_a_neighbour_is_known_by_its_mac_address_and_who_is_none_by_his_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "arp"
    table.write_text(TABLE)
    monkeypatch.setattr(neighbours, "TABLE", str(table))
    assert mac_of("192.168.1.1") == "02:00:00:00:00:bb"
    assert crowd_of("192.168.1.10") == "02:00:00:00:00:aa"
    assert [mac_of(one) for one in ("192.168.1.11", "192.168.1.100", "fd77::1", "this machine", "cut")] == [""] * 5
    assert crowd_of("192.168.1.11") == "192.168.1.11"
    assert crowd_of("fd77::1") == "fd77::/64"
    table.unlink()
    assert mac_of("192.168.1.1") == ""
