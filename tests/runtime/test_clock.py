"""Times for people and messages, beyond what 32 bits can count too."""

import pytest

from agent.cwmp.messages import UNKNOWN_TIME
from agent.runtime.clock import iso, local_time
from agent.runtime.events import Moment


@pytest.mark.parametrize(
    ("wall", "text"), [(None, None), (0.0, "1970-01-01T00:00:00Z"), (4_102_444_800.4, "2100-01-01T00:00:00Z")]
)
def test_times_are_told_beyond_2038(wall: float | None, text: str | None) -> None:
    assert iso(wall) == text


@pytest.mark.parametrize("wall", [0.0, 4_102_444_800.0, 2.0**33])
def test_the_time_of_an_inform_has_its_offset_and_survives_far_years(wall: float) -> None:
    moment = local_time(Moment(0.0, wall))

    assert moment.tzinfo is not None
    assert moment.timestamp() == wall


def test_a_clock_that_is_not_set_has_no_time() -> None:
    assert local_time(Moment(0.0, None)) == UNKNOWN_TIME
