"""The last 24 hours of sessions, small."""

from agent.runtime.strip import DAY, MOST, Strip


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_shows_when_it_has_ended() -> None:
    clock = Clock()
    strip = Strip([], clock)
    strip.begun(7, ["2 PERIODIC", "4 VALUE CHANGE"])
    assert strip.document()["sessions"] == []
    strip.ended(7, "complete")
    strip.begun(8, ["2 PERIODIC"])
    strip.ended(8, "the ACS does not answer")
    first, second = strip.document()["sessions"]
    assert first == {"at": 1_800_000_000, "outcome": "ok", "number": 7, "events": "2 PERIODIC, 4 VALUE CHANGE"}
    assert (second["number"], second["outcome"]) == (8, "failed")
    strip.ended(99, "complete")
    assert len(strip.document()["sessions"]) == 2


def test_what_is_older_than_a_day_goes_and_the_number_is_bounded() -> None:
    clock = Clock()
    strip = Strip([], clock)
    for number in range(MOST + 10):
        strip.begun(number, [])
        strip.ended(number, "complete")
    assert len(strip.document()["sessions"]) == MOST
    clock.now += DAY + 1
    assert strip.document() == {"from": round(clock.now - DAY), "to": round(clock.now), "sessions": []}


def test_sessions_of_an_earlier_run_are_there_as_well() -> None:
    kept = {"session": 3, "at": "2027-01-15T07:59:00.000Z", "events": ["1 BOOT"], "outcome": "complete"}
    strip = Strip([kept, {"session": 4, "at": "2027-01-15T07:59:30.000Z"}], Clock())
    (shown,) = strip.document()["sessions"]
    assert (shown["number"], shown["outcome"], shown["events"]) == (3, "ok", "1 BOOT")
