"""What the doctor of a real agent has looked at; the checks themselves are in tests/runtime/test_doctor.py."""

from pathlib import Path

import pytest

from tests.durability.stand import Stand


@pytest.mark.slow
def test_the_doctor_looks_at_everything_that_it_is_told_of(tmp_path: Path) -> None:
    with Stand(tmp_path) as stand:
        settings = stand.settings.read_text()
        stand.settings.write_text(settings.replace("[system]\n", '[system]\nmechanisms = "openwrt"\n'))
        agent = stand.start()
        checks = agent.ask("doctor")["checks"]
    names = {one["name"] for one in checks}
    assert {"link", "address", "route", "clock", "ACS", "connection request", "memory", "disk"} <= names
    assert all(one["what"] for one in checks)
    assert all(one["next"] for one in checks if not one["ok"])
    assert any("ubus.sock" in one["what"] for one in checks if not one["ok"]), "here is no bus"
