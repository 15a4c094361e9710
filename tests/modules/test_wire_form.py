"""What is said of modules, held against the published XSDs."""

from pathlib import Path

import pytest

from agent.cwmp.messages import Envelope
from agent.cwmp.soap import parse
from agent.modules.results import Policy
from tests.backends.modules.making import archive, ipk
from tests.cwmp.small_device import checked
from tests.modules.gateway import Gateway, install, uninstall, update
from tests.shorthand import VALIDATOR

ONE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture(autouse=True)
def _there_are_xsds() -> None:
    if not VALIDATOR.exists():
        pytest.skip(f"the messages were not held against the XSDs: {VALIDATOR} is missing")


def test_results_of_every_kind_are_valid(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    unit = {"name": "main", "arguments": ["bin/greet"], "auto_start": False}
    archive(gateway.served / "one", units=[unit])
    archive(gateway.served / "two", units=[unit], version="2.0")
    gateway.order(
        install("one", ONE),
        update("two", ONE),
        install("absent"),
        install("one", "no uuid"),
        uninstall(ONE),
        uninstall(ONE),
    )
    gateway.settle()
    [waiting] = gateway.engine.waiting()
    read = parse(checked(Envelope(waiting.request, id="1", version="1.4"))).message
    assert [one.fault.fault_code for one in read.results] == [0, 0, 9016, 9022, 0, 9028]  # type: ignore[union-attr]
    assert [bool(one.execution_unit_ref_list) for one in read.results] == [True, True, False, False, True, False]  # type: ignore[union-attr]


def test_what_others_did_is_valid(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.settle()
    gateway.policy = Policy(True, frozenset({"Install", "Uninstall"}))
    gateway.packages.install(gateway.packages.inspect(ipk(tmp_path / "p.ipk")))
    gateway.now = type(gateway.now)(gateway.now.monotonic + 61, None)
    gateway.settle()
    [waiting] = gateway.engine.waiting()
    assert checked(Envelope(waiting.request, id="1", version="1.4"))
