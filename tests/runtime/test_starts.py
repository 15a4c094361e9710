"""Repeated crashes are counted per boot, within ten minutes, until a clean end."""

from agent.runtime.starts import LIMIT, WINDOW, Starts


def crashed(times: int, start: Starts, at: float = 100.0) -> Starts:
    for number in range(times):
        start = Starts.read(start.document(), start.boot).started(at + number)
    return start


def test_the_sixth_start_after_crashes_is_one_too_many() -> None:
    assert not crashed(LIMIT, Starts("boot")).are_too_many
    assert crashed(LIMIT + 1, Starts("boot")).are_too_many


def test_crashes_long_ago_do_not_count() -> None:
    assert not crashed(1, crashed(LIMIT, Starts("boot")), 100.0 + WINDOW + LIMIT).are_too_many


def test_a_clean_end_or_another_boot_begins_anew() -> None:
    many = crashed(LIMIT, Starts("boot"))

    assert not crashed(1, many.ended()).are_too_many
    assert Starts.read(many.document(), "other").unclean == ()


def test_a_document_of_another_shape_counts_nothing() -> None:
    assert Starts.read(["nonsense"], "boot").unclean == ()
