"""Wi-Fi on a simulated air with real daemons, in the throw-away machine."""

import shutil
import sys

import pytest

from tests.vm.machine import MachineUnavailable, machine

SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
PACKAGES = {"hostapd": "hostapd", "wpa_supplicant": "wpasupplicant", "iw": "iw"}


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize(
    ("suites", "passed"),
    [
        (("tests/backend_contract/test_nl80211.py", "tests/vm/wifi/surroundings.py"), 18 + 7),
        (("tests/vm/wifi/access_points.py",), 11),
        (("tests/vm/wifi/crossing.py",), 1),
    ],
)
def test_wifi_is_what_the_data_model_says_and_does_what_it_is_told(suites: tuple[str, ...], passed: int) -> None:
    missing = [package for program, package in PACKAGES.items() if shutil.which(program, path=SBIN) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (apt-get install)")
    try:
        debian = machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *suites]
    status, output = debian.run(command, {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    assert status == 0, output
    assert f"{passed} passed" in output, output
