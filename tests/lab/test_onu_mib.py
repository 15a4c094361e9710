"""What the lab ONU knows: what the OLT may do with it, and what happens by itself."""

import pytest

from agent.lab.onu_mib import ANI, ANI_G, INTERVAL, SERVER, VEIP_INSTANCE, Mib, Refused


@pytest.fixture
def mib() -> Mib:
    return Mib(0.0)


def synchronised(mib: Mib) -> int:
    return mib.values[2, 0][1][0]


def test_it_leaves_the_factory_locked_and_pointing_nowhere(mib: Mib) -> None:
    assert mib.entity(SERVER, VEIP_INSTANCE) == {1: b"\x01", 2: b"\xff\xff", 3: b"\xff\xff"}


def test_each_thing_the_olt_does_counts_the_synchronisation_which_skips_zero(mib: Mib) -> None:
    for _ in range(256):
        mib.set(SERVER, VEIP_INSTANCE, 0x8000, b"\0")
    assert synchronised(mib) == 1
    mib.reset()
    assert synchronised(mib) == 0


def test_a_reset_takes_what_the_olt_made_and_locks_the_server(mib: Mib) -> None:
    mib.create(137, 0x8000, bytes(4))
    mib.set(SERVER, VEIP_INSTANCE, 0xC000, b"\0\x80\0")
    mib.reset()
    assert (137, 0x8000) not in mib.values
    assert mib.entity(SERVER, VEIP_INSTANCE)[1] == b"\x01"


@pytest.mark.parametrize(
    ("number", "instance", "result"), [(340, 1, 2), (9999, 0, 4), (137, 0x8000, 7)]
)  # fmt: skip
def test_what_cannot_be_made_is_refused(mib: Mib, number: int, instance: int, result: int) -> None:
    mib.create(137, 0x8000, bytes(4))
    with pytest.raises(Refused) as refused:
        mib.create(number, instance, b"")
    assert refused.value.result == result


@pytest.mark.parametrize(("number", "mask", "result"), [(263, 0x8000, 3), (340, 0x1000, 9), (137, 0x8000, 5)])
def test_what_cannot_be_set_is_refused(mib: Mib, number: int, mask: int, result: int) -> None:
    with pytest.raises(Refused) as refused:
        mib.set(number, {263: ANI}.get(number, VEIP_INSTANCE), mask, bytes(30))
    assert refused.value.result == result


def test_a_set_says_what_it_changed(mib: Mib) -> None:
    assert mib.set(SERVER, VEIP_INSTANCE, 0xE000, b"\0\x80\0\xff\xff") == 0xC000


def test_light_drifts_around_its_level(mib: Mib) -> None:
    seen = set()
    for second in range(120):
        mib.tick(float(second))
        seen.add(int.from_bytes(mib.values[ANI_G, ANI][10], signed=True) * 0.002)
    assert len(seen) > 50
    assert max(abs(level - mib.receive) for level in seen) <= 0.31


def test_counters_count_and_begin_anew_each_quarter_of_an_hour(mib: Mib) -> None:
    mib.create(312, ANI, b"\xff\xff")
    mib.tick(1.0)
    assert mib.counts[312, ANI][4] == 40
    mib.tick(INTERVAL)
    assert mib.values[312, ANI][4] == (80).to_bytes(4)
    assert mib.values[312, ANI][1] == b"\x01"
    assert mib.counts[312, ANI][4] == 0


def test_alarms_are_bits_from_the_first_octet_s_greatest_on(mib: Mib) -> None:
    assert mib.alarm(ANI_G, ANI, [0, 9], is_on=True)[:2] == b"\x80\x40"
    assert mib.alarm(ANI_G, ANI, [0, 9], is_on=False) == bytes(28)
    assert mib.alarms == {}


def test_an_upload_tells_every_uploaded_attribute_in_pieces_that_fit(mib: Mib) -> None:
    pieces = mib.uploaded(26)
    assert all(len(values) <= 26 for *_, values in pieces)
    masks = [mask for number, instance, mask, _ in pieces if (number, instance) == (256, 0)]
    assert sum(masks) == 0xFFF0
    assert len(masks) > 1
    assert 287 not in {number for number, *_ in pieces}


def test_without_light_the_activation_begins_anew_and_with_it_it_is_what_it_was(mib: Mib) -> None:
    mib.receive = -31.0
    mib.shine()
    assert (mib.is_dark, mib.activation) == (True, 1)
    mib.receive = -20.0
    mib.shine()
    assert (mib.is_dark, mib.activation) == (False, 5)
