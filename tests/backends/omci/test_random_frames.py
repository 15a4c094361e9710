"""Whatever stands on a line, reading it raises nothing, keeps nothing, and what could be read is what it was."""

import pytest

from tests.backends.omci import random_frames


@pytest.mark.parametrize("count", [4_000, pytest.param(100_000, marks=pytest.mark.sweep)])
def test_random_frames_crash_nothing_and_leave_nothing_behind(count: int) -> None:
    report = random_frames.run(count, seed=7)
    assert report.wrong[:3] == []
    assert report.decoded > count / 10
    assert report.growth < 200_000
