"""Per cent and dBm are each other's."""

from backends.wifi.power import power_of, share_of


def test_a_share_is_whole_dbm_less_and_never_below_a_milliwatt() -> None:
    shares = {100: 20, 75: 18, 50: 17, 25: 14, 10: 10, 5: 7, 1: 6}
    assert {share: power_of(share, 20.0) for share in shares} == shares
    assert power_of(1, 3.0) == 0


def test_dbm_are_a_share_of_what_is_allowed() -> None:
    assert [share_of(power, 20.0) for power in (23, 20, 17, 10, -10)] == [100, 100, 50, 10, 1]
