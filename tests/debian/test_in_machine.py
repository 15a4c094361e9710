"""What needs another kernel than this machine's, with the package, under a real systemd: in the throw-away machine."""

import sys
from pathlib import Path

import pytest

from tests.debian.release import RELEASES, ReleaseUnavailable, release
from tests.vm.in_machine import INSIDE, debian

SUITE = "tests/debian/wifi_and_ppp.py"
PACKAGES = {"iw": "iw", "pppoe-server": "pppoe"}


@pytest.mark.debian
@pytest.mark.parametrize("name", RELEASES)
def test_radio_and_dialled_connection_work_confined(name: str, given: Path) -> None:
    try:
        release(name)
    except ReleaseUnavailable as reason:
        pytest.skip(f"no Debian {name}: {reason}")
    machine = debian(PACKAGES)
    told = {**INSIDE, "CPE_AGENT_RELEASE": name, "CPE_AGENT_GIVEN": str(given)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SUITE]
    status, output = machine.run(command, told)
    print(output)
    assert status == 0, output
    assert "1 passed" in output
