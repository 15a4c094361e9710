"""The retry table of TR-069 §3.2.1.1 and the rules of RetryCount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cwmp.retry import Retries, retry_range, retry_wait


@pytest.mark.parametrize(
    ("attempt", "shortest", "longest"),
    [
        (1, 5, 10),
        (2, 10, 20),
        (3, 20, 40),
        (4, 40, 80),
        (5, 80, 160),
        (6, 160, 320),
        (7, 320, 640),
        (8, 640, 1280),
        (9, 1280, 2560),
        (10, 2560, 5120),
        (11, 2560, 5120),
        (1000, 2560, 5120),
    ],
)
def test_the_defaults_give_the_table_of_the_specification(attempt: int, shortest: int, longest: int) -> None:
    assert retry_range(attempt, 5, 2000) == (shortest, longest)


def test_the_parameters_change_the_table() -> None:
    assert retry_range(3, 60, 1500) == (pytest.approx(135), pytest.approx(202.5))
    assert retry_range(7, 30, 1000) == (30, 30)


@given(st.integers(1, 10**6), st.integers(1, 65535), st.integers(1000, 65535), st.floats(0, 1, exclude_max=True))
def test_every_wait_lies_in_its_range(attempt: int, minimum: int, multiplier: int, chance: float) -> None:
    shortest, longest = retry_range(attempt, minimum, multiplier)
    assert shortest <= retry_wait(attempt, minimum, multiplier, chance) <= longest


def test_retry_count_rises_with_every_failure_and_is_zero_after_a_success() -> None:
    retries = Retries()
    assert not retries.is_retrying
    assert [retries.failed(5, 2000, 0.5) for _ in range(3)] == [7.5, 15, 30]
    assert (retries.count, retries.is_retrying) == (3, True)
    retries.succeeded()
    assert (retries.count, retries.is_retrying) == (0, False)
