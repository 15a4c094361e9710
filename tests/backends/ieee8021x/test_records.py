"""What of 802.1X is kept over a restart."""

from backends.desired_state import Pointer, Wanted
from backends.ieee8021x.records import KINDS, Supplicant


def test_a_supplicant_is_the_same_after_a_restart() -> None:
    record = Supplicant(
        enable=True, interface=Pointer("Device.Ethernet.Link.{i}.", ("c0",)), identity="\n\"'", resets=2
    )
    wanted = Wanted().with_record("+1", record)
    assert Wanted.from_json(wanted.to_json(), KINDS).get(Supplicant, "+1") == record


def test_the_periods_are_the_standard_s_where_nobody_says_otherwise() -> None:
    record = Supplicant()
    assert (record.max_start, record.start_period, record.held_period, record.auth_period) == (3, 30, 60, 30)
