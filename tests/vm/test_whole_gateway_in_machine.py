"""The whole agent with the lab ACS at its side where there is Wi-Fi and PPP, in the throw-away machine."""

import pytest

from tests.vm.in_machine import run_tests

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
    files = [f"tests/vm/whole/{each}.py" for each in suite.split()]
    run_tests(number, "-s", "-k", chosen, *files, packages=PACKAGES)
