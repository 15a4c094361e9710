"""What waits between the thread that hears and the one that notes."""

from backends.omci.notices import MOST, MOST_OF_ONE, AlarmsTold, AllAlarms, Changed, LineIs, Notices, PonAlarms

ANI = (263, 1)


def alarm(number: int) -> AlarmsTold:
    return AlarmsTold(ANI, bytes([number]))


def test_they_come_out_in_the_order_in_which_they_came_and_once() -> None:
    notices = Notices()
    put = [LineIs(is_there=True), alarm(1), Changed(ANI, {10: b"\0"}), PonAlarms(frozenset({"LOS"})), alarm(0)]
    for one in put:
        notices.put(one)
    assert [notices.take(2), notices.take()] == [put[:2], put[2:]]
    assert notices.take() == []


def test_of_many_about_one_entity_the_newest_counts_and_no_changed_attribute_is_lost() -> None:
    notices = Notices()
    for number in range(200):
        notices.put(alarm(number))
        notices.put(Changed(ANI, {number % 3: bytes([number])}))
    found = notices.take()
    assert len(found) == 2 * MOST_OF_ONE
    assert [one for one in found if isinstance(one, AlarmsTold)][-1] == alarm(199)
    assert found[-1] == Changed(ANI, {0: b"\xc6", 1: b"\xc7", 2: b"\xc5"})


def test_there_are_never_too_many_and_what_is_about_all_of_the_ont_stays() -> None:
    notices = Notices()
    notices.put(LineIs(is_there=True))
    for number in range(2 * MOST):
        notices.put(AlarmsTold((263, number), b"\1"))
    found = notices.take()
    assert len(found) == MOST
    assert (found[0], found[-1]) == (LineIs(is_there=True), AlarmsTold((263, 2 * MOST - 1), b"\1"))


def test_all_alarms_stand_for_those_that_were_told_before() -> None:
    notices = Notices()
    put = [alarm(1), Changed(ANI, {}), AllAlarms({ANI: b"\1"}), alarm(2), AllAlarms({}), alarm(3)]
    for one in put:
        notices.put(one)
    assert notices.take() == [put[1], put[4], put[5]]
