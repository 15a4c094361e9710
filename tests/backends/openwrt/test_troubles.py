"""What the doctor is told of a router's files and its bus."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.openwrt.troubles import troubles
from tests.fakes.ubusd import FakeUbusd


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    config, bus = tmp_path / "etc/config", tmp_path / "var/run/ubus"
    config.mkdir(parents=True)
    bus.mkdir(parents=True)
    (config / "network").write_text("config interface 'lan'\n\toption proto 'static'\n")
    ubusd = FakeUbusd(bus / "ubus.sock")
    ubusd.start()
    yield tmp_path
    ubusd.stop()


def test_where_all_can_be_read_and_the_bus_answers_there_is_none(root: Path) -> None:
    assert list(troubles(root)) == []


def test_each_package_that_cannot_be_read_is_named_with_its_line(root: Path) -> None:
    for name in ("network", "firewall", "cpe-agent", "somebodys"):
        (root / "etc/config" / name).write_text("config defaults\n\toption input 'ACCEPT\n")
    ours, firewall, network = troubles(root)
    assert "etc/config/firewall" in firewall.what
    assert "line 2" in firewall.what
    assert "uci show firewall" in firewall.next_step
    assert "settings of before" in ours.what
    assert "etc/config/network" in network.what


def test_a_bus_that_is_gone_is_told(root: Path) -> None:
    (root / "var/run/ubus/ubus.sock").unlink()
    (gone,) = troubles(root)
    assert "ubus.sock" in gone.what
    assert "ubus list" in gone.next_step
