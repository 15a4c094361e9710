"""What procd says of services over the bus."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.modules.procd import Procd as Services
from backends.ubus import Bus
from tests.backends.openwrt.procd import Procd


@pytest.fixture
def procd(tmp_path: Path) -> Iterator[Procd]:
    made = Procd(tmp_path / "ubus.sock")
    yield made
    made.close()


def test_what_runs_of_a_service_is_its_instances_that_do(procd: Procd) -> None:
    instances = {"one": {"running": True, "pid": os.getpid()}, "two": {"running": False}}
    procd.services["greeter"] = {"instances": instances}
    services = Services(Bus(procd.path))
    found = services.running("greeter")
    assert found is not None
    assert found.processes == (os.getpid(),)
    assert found.memory > 1000
    procd.services["greeter"] = {"instances": {}}
    assert services.running("greeter") is None


def test_without_a_bus_nothing_is_known_to_run(tmp_path: Path) -> None:
    assert Services(Bus(tmp_path / "none")).running("greeter") is None
