"""What the times and counts of several connections come to."""

import time
from datetime import UTC, datetime

from backends.diagnostics.link_counters import Traffic
from backends.diagnostics.meter import SECOND, Clock, Meter, moment
from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput_types import TransferRequest

START = 1_000 * SECOND


class Watch:
    """A clock, and a link whose counters follow it: a hundred octets a second in, ten out."""

    def __init__(self) -> None:
        self.now = START

    def traffic(self) -> Traffic:
        passed = (self.now - START) // SECOND
        return Traffic(passed * 100, passed * 10)


def meter(watch: Watch, **asked: int) -> Meter:
    return Meter(TransferRequest("http://h/", Way(), per_connection=True, **asked), watch.traffic, lambda: watch.now)  # type: ignore[arg-type]


def test_full_loading_is_from_the_last_beginning_to_the_first_end() -> None:
    watch = Watch()
    made = meter(watch, connections=2)
    first, second = made.tallies
    made.begun(first)
    first.count = 100
    watch.now += 2 * SECOND
    made.begun(second)
    first.count, second.count = 500, 50
    watch.now += 3 * SECOND
    made.ended(first, watch.now)
    second.count = 90
    watch.now += SECOND
    made.ended(second, watch.now)
    result = made.result()
    assert result.period_of_full_loading == 3_000_000
    assert result.test_bytes_under_full_loading == 550 - 100
    assert (result.total_bytes_received_under_full_loading, result.total_bytes_sent_under_full_loading) == (300, 30)
    assert (result.total_bytes_received, result.total_bytes_sent) == (600, 60)
    assert result.test_bytes == 590
    assert [one.total_bytes_received for one in result.connections] == [500, 400]
    assert result.eom_time == datetime(1970, 1, 1, 0, 16, 46, tzinfo=UTC)


def test_who_waits_for_the_servers_word_is_not_loaded_meanwhile() -> None:
    """TR-181, PeriodOfFullLoading: from the latest BOMTime to the earliest EOMTime; so are the bytes."""
    watch = Watch()
    made = meter(watch, connections=2)
    for tally in made.tallies:
        made.begun(tally)
        watch.now += SECOND
    first, second = made.tallies
    first.count, first.last = 300, watch.now
    watch.now += SECOND
    second.count, second.last = 200, watch.now
    made.note_silence()  # of the first, which has moved nothing for a second
    watch.now += 2 * SECOND
    made.note_silence()
    second.count, second.last = 400, watch.now
    made.ended(first, first.last)
    made.ended(second, second.last)
    result = made.result()
    assert result.period_of_full_loading == 1_000_000
    assert result.test_bytes_under_full_loading == 300 + 200 // 2  # the second's in one of its two seconds by then
    assert result.total_bytes_received_under_full_loading == 200 - 200 // 2
    assert result.eom_time == datetime(1970, 1, 1, 0, 16, 45, tzinfo=UTC)


def test_of_what_comes_between_the_last_data_and_the_end_the_average_is_taken_off() -> None:
    watch = Watch()
    made = meter(watch, connections=2)
    for tally in made.tallies:
        made.begun(tally)
    first, second = made.tallies
    watch.now += 9 * SECOND
    first.count, first.last = 900, watch.now
    watch.now += SECOND
    second.count, second.last = 1000, watch.now
    made.ended(first, first.last)
    made.ended(second, second.last)
    result = made.result()
    assert result.period_of_full_loading == 9_000_000
    assert result.test_bytes_under_full_loading == 900 + 900
    assert result.total_bytes_received_under_full_loading == 1000 - 100


def test_what_waits_to_be_read_when_a_connection_begins_is_of_the_time_when_it_is_read() -> None:
    watch = Watch()
    made = meter(watch, connections=2)
    watch.now += 8 * SECOND
    first, second = made.tallies
    first.unread, second.unread = lambda: 50, lambda: 250
    made.begun(first, 200)
    made.begun(second, 0)
    first.unread = second.unread = lambda: 0
    first.count, second.count = 250, 250
    for tally in made.tallies:
        watch.now += SECOND
        made.ended(tally, watch.now)
    assert made.result().total_bytes_received == 1000 - (800 - 200 - 50 - 250)
    assert made.result().total_bytes_received_under_full_loading == 900 - (800 - 50 - 250)


def test_a_link_that_counts_too_little_has_carried_the_test_all_the_same() -> None:
    request = TransferRequest("http://h/", Way(), per_connection=True, duration=2, interval=1)
    watch = Watch()
    made = Meter(request, lambda: Traffic(1, 1), lambda: watch.now, lambda octets: Traffic(received=octets))
    (tally,) = made.tallies
    made.begun(tally)
    tally.count, tally.last = 70, START + SECOND
    watch.now += SECOND
    made.cut()
    made.ended(tally, watch.now)
    result = made.result()
    assert (result.total_bytes_received, result.total_bytes_sent) == (70, 0)
    assert result.total_bytes_received_under_full_loading == 70
    assert result.connections[0].total_bytes_received == result.intervals[0].total_bytes_received == 70


def test_a_connection_that_stands_still_while_another_begins_has_moved_nothing_under_full_loading() -> None:
    watch = Watch()
    made = meter(watch, connections=2)
    first, second = made.tallies
    made.begun(first)
    first.count, first.last = 1000, START + 9 * SECOND
    watch.now += 9 * SECOND
    made.begun(second)
    second.last = watch.now + SECOND // 10
    first.last = watch.now + SECOND // 5
    watch.now += 9 * SECOND
    for tally in (second, first):
        made.ended(tally, tally.last)
    assert made.result().test_bytes_under_full_loading == 0


def test_connections_that_never_move_at_once_have_no_full_loading() -> None:
    watch = Watch()
    made = meter(watch, connections=2)
    for tally in made.tallies:
        made.begun(tally)
        tally.count = 10
        watch.now += SECOND
        made.ended(tally, watch.now)
    assert made.result().period_of_full_loading == made.result().test_bytes_under_full_loading == 0


def test_intervals_follow_one_another_after_the_offset_and_end_with_the_test() -> None:
    watch = Watch()
    made = meter(watch, duration=10, interval=3, offset=2)
    assert made.next_interval() is None
    (tally,) = made.tallies
    made.begun(tally)
    assert not made.is_enough()
    while not made.is_enough():
        made.cut()
        tally.count += 7
        watch.now += SECOND
    made.cut()
    assert [(one.test_bytes, one.total_bytes_received, one.total_bytes_sent) for one in made.intervals] == [
        (21, 300, 30),
        (21, 300, 30),
    ]
    starts = [(one.start_time.timestamp(), one.end_time.timestamp()) for one in made.intervals]
    assert starts == [(1002, 1005), (1005, 1008)]
    assert made.next_interval() is None


def test_without_an_offset_the_first_interval_begins_with_the_first_data_whenever_somebody_looks() -> None:
    watch = Watch()
    made = meter(watch, duration=2, interval=1)
    (tally,) = made.tallies
    made.begun(tally)
    assert made.next_interval() == START + SECOND
    tally.count = 40
    watch.now += SECOND
    made.cut()
    (only,) = made.intervals
    assert (only.start_time, only.end_time) == (moment(START), moment(START + SECOND))
    assert (only.test_bytes, only.total_bytes_received) == (40, 100)


def test_how_long_nothing_has_come_is_known_of_a_test_by_time_that_receives() -> None:
    watch = Watch()
    assert meter(watch, duration=8).silence() == meter(watch).silence() == 0
    made = meter(watch, duration=8, connections=2)
    first, second = made.tallies
    made.begun(first)
    assert made.silence() == 0
    first.last, second.last = watch.now + 3 * SECOND, watch.now + 2 * SECOND
    watch.now += 9 * SECOND
    assert made.silence() == 5


def test_what_waits_in_our_own_queue_has_not_moved() -> None:
    made = meter(Watch())
    (tally,) = made.tallies
    tally.count, tally.waiting = 100, lambda: 30
    assert made.sample().moved == 70


def test_nothing_moved_is_a_result_too() -> None:
    result = meter(Watch(), connections=3).result()
    assert (result.bom_time, result.eom_time, result.test_bytes) == (None, None, 0)


def test_the_clock_tells_the_systems_time_and_goes_on_by_itself() -> None:
    clock = Clock()
    assert abs(clock.now() - time.time_ns()) < SECOND
    assert clock.now() <= clock.now()
    told = moment(1_234_567_890_123_456_789)
    assert told
    assert told.isoformat() == "2009-02-13T23:31:30.123456+00:00"
