"""Which version is the older one."""

import itertools

import pytest

from backends.versions import is_older

ORDERED = [
    "0.9", "1.0~beta2", "1.0~rc1", "1.0-alpha2", "1.0-beta1", "1.0-rc2", "1.0", "1.0-r1", "1.0-r2", "1.0.1", "1.2",
    "1.10", "2.0 r28000", "2.0 r28001-abc", "24.10.2", "2026.01.9", "2026.01.10",
]  # fmt: skip


@pytest.mark.parametrize(("one", "than"), list(itertools.pairwise(ORDERED)))
def test_each_is_older_than_the_next(one: str, than: str) -> None:
    assert is_older(one, than)
    assert not is_older(than, one)


def test_a_version_is_not_older_than_itself_however_it_is_written() -> None:
    assert not is_older("1.0", "1.0")
    assert not is_older("V1.0", "v1.0")
    assert not is_older("", "")
    assert is_older("", "1")


def test_a_number_of_any_length_is_no_surprise() -> None:
    assert is_older("1." + "9" * 5000, "2")
