"""Wi-Fi on a simulated air with real daemons, in the throw-away machine."""

import pytest

from tests.vm.in_machine import run_tests

PACKAGES = {"hostapd": "hostapd", "wpa_supplicant": "wpasupplicant", "iw": "iw"}


@pytest.mark.vm
@pytest.mark.slow
@pytest.mark.parametrize(
    ("suites", "passed"),
    [
        (("tests/backend_contract/test_nl80211.py", "tests/vm/wifi/surroundings.py"), 18 + 9),
        (("tests/vm/wifi/access_points.py", "tests/vm/wifi/crossing.py", "tests/vm/wifi/openwrt.py"), 11 + 1 + 1),
    ],
)
def test_wifi_is_what_the_data_model_says_and_does_what_it_is_told(suites: tuple[str, ...], passed: int) -> None:
    run_tests(passed, "-x", *suites, packages=PACKAGES)
