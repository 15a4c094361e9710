"""What a parameter comes to in an interval, by each way of sampling it."""

from decimal import Decimal

import pytest

from backends.statistic import LONGEST_TEXT, Sample, Statistic, Way, boundaries


def sampled(way: Way, *texts: str | None, begins: str | None = "10") -> Sample:
    """The sample of an interval that begins with ``begins`` and reads these, one each ten seconds."""
    statistic = Statistic(way, 3)
    statistic.begin(100, begins)
    for number, text in enumerate(texts[:-1], 1):
        statistic.look(100 + 10 * number, text)
    statistic.end(100 + 10 * len(texts), texts[-1])
    return statistic.samples[-1]


@pytest.mark.parametrize(
    ("mode", "calculation", "told"),
    [
        ("Current", "Latest", "12"),
        ("Current", "Minimum", "11"),
        ("Current", "Maximum", "20"),
        ("Current", "Average", "14.333"),
        ("Change", "Latest", "-8"),
        ("Change", "Maximum", "9"),
        ("Change", "Average", "0.667"),
    ],
)
def test_each_calculation_is_made_of_what_was_sampled(mode: str, calculation: str, told: str) -> None:
    assert sampled(Way(mode, calculation), "11", "20", "12").text == told


def test_a_counter_that_goes_back_is_suspect() -> None:
    assert sampled(Way("Change"), "30") == Sample(10, "20", (), is_suspect=False)
    assert sampled(Way("Change"), "3") == Sample(10, "-7", (), is_suspect=True)


def test_a_text_is_only_ever_the_latest() -> None:
    assert sampled(Way("Change", "Average"), "Up", "Down", begins="Up").text == "Down"
    assert sampled(Way("Current", "Average"), "Up", "Down", begins="Up") == Sample(20, "Down", (), is_suspect=False)


def test_a_long_text_is_cut_and_suspect() -> None:
    sample = sampled(Way(), "x" * 10_000)
    assert (len(sample.text), sample.is_suspect) == (LONGEST_TEXT, True)


def test_what_is_not_there_for_a_while_is_collected_for_less_time_and_suspect() -> None:
    assert sampled(Way(), None, "7", "8") == Sample(10, "8", (), is_suspect=True)
    assert sampled(Way(), "8", None) == Sample(0, "", (), is_suspect=True)
    assert sampled(Way(), "8", "9", begins=None).is_suspect


def test_a_histogram_counts_what_lies_within_its_boundaries() -> None:
    way = Way("Current", "Histogram", boundaries=boundaries(["0", "1", "4", ""]))
    assert sampled(way, "0", "0.9", "1", "4", "99", "-1").bins == (2, 1, 2)
    closed = Way("Current", "Histogram", boundaries=boundaries(["0", "4"]))
    assert sampled(closed, "3", "4").bins == (1,)


@pytest.mark.parametrize("texts", [["1", "1"], ["2", "1"], ["", "1"], ["x"], ["0"] * 40])
def test_boundaries_that_do_not_rise_are_refused(texts: list[str]) -> None:
    with pytest.raises(ValueError, match="boundaries"):
        boundaries(texts)


def test_no_boundaries_are_no_histogram() -> None:
    assert boundaries([]) == ()
    assert boundaries(["0", "1.5", ""]) == (Decimal(0), Decimal("1.5"), None)


def test_a_failure_is_counted_where_the_range_is_left() -> None:
    statistic = Statistic(Way(low=10, high=20), 3)
    statistic.begin(0, "15")
    for text, failures in (("15", 0), ("20", 1), ("25", 1), ("10", 2), ("15", 2), ("9", 3), ("x", 3)):
        statistic.look(1, text)
        assert statistic.failures == failures
    equal = Statistic(Way(low=10, high=10), 3)
    equal.look(1, "10")
    assert (equal.failures, equal.way.is_looked_at_between) == (0, False)


def test_a_preview_changes_nothing_and_the_newest_samples_are_kept() -> None:
    statistic = Statistic(Way("Current", "Maximum"), 3)
    statistic.begin(0, "1")
    assert statistic.preview(5, "9") == Sample(5, "9", (), is_suspect=False)
    for number in range(1, 6):
        statistic.end(10 * number, str(number))
    assert [one.text for one in statistic.samples] == ["3", "4", "5"]
    statistic.keep(2)
    assert [one.text for one in statistic.samples] == ["4", "5"]
