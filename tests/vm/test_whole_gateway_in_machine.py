"""The whole agent with the lab ACS at its side where there is Wi-Fi and PPP, in the throw-away machine."""

import shutil
import sys

import pytest

from tests.vm.machine import MachineUnavailable, machine

SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
PACKAGES = {
    "hostapd": "hostapd", "wpa_supplicant": "wpasupplicant", "iw": "iw", "pppd": "ppp", "pppoe-server": "pppoe",
    "strace": "strace", "nft": "nftables",
}  # fmt: skip
SWEEPS = [
    ("crashes", "crash and True", 1),
    ("crashes", "crash and False", 1),
    ("crashes", "fails", 1),
    ("hostile", "points", 1),
    ("hostile", "others", 1),
    ("hostile", "ppp", 1),
]
SUITES = [
    ("events", "station", 1),
    ("events management", "ppp or clock", 3),
    *(pytest.param(*sweep, marks=pytest.mark.sweep) for sweep in SWEEPS),
]
"""Files of tests/vm/whole, which of their tests are run together, and how many they are."""


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize(("suite", "chosen", "number"), SUITES)
def test_the_whole_gateway_with_wifi_and_ppp(suite: str, chosen: str, number: int) -> None:
    missing = [package for program, package in PACKAGES.items() if shutil.which(program, path=SBIN) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} (apt-get install)")
    try:
        debian = machine()
    except MachineUnavailable as reason:
        pytest.skip(f"no throw-away machine: {reason}")
    files = [f"tests/vm/whole/{each}.py" for each in suite.split()]
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", "-k", chosen, *files]
    status, output = debian.run(command, {"CPE_AGENT_IN_MACHINE": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    print(output)
    assert status == 0, output
    assert f"{number} passed" in output
