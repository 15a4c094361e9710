"""What Wi-Fi says in the words of standards; its objects: tests/backend_contract/tr181/test_wifi_tables.py."""

from backends.tr181.wifi_access_points import FOREIGN_MODES
from backends.tr181.wifi_data_elements import operating_class, received_power
from backends.wifi.configuration import MODES


def test_operating_classes_are_the_standard_s() -> None:
    told = {(2437, 20): 81, (2484, 20): 82, (5180, 20): 115, (5180, 40): 116, (5200, 40): 117, (5260, 20): 118,
            (5500, 20): 121, (5745, 20): 125, (5745, 40): 126, (5210, 80): 128, (5250, 160): 129, (5955, 20): 131,
            (5955, 160): 134}  # fmt: skip
    assert {key: operating_class(*key) for key in told} == told
    assert [received_power(signal) for signal in (-200, -110, -30, 5)] == [0, 0, 160, 220]


def test_the_words_for_another_s_security_are_the_data_model_s() -> None:
    assert set(FOREIGN_MODES.values()) == set(MODES)
