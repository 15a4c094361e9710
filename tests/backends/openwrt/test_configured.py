"""UCI is what is in force, whoever writes it; edits of ours are made beside a person's, or refused by a sentence."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.desired_state import NotOurs, Refused, Wanted
from backends.errors import MechanismError
from backends.openwrt.configured import Made
from backends.openwrt.differences import Difference
from backends.uci import ChangedMeanwhile
from tests.backends.openwrt.small import TEXT, Row, Small

pytestmark = pytest.mark.slow


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def change(small: Small, key: str, **values: Any) -> Difference:
    small.configured.forget()
    now = small.configured.now()
    rows = {**now.of(Row), key: Row(**{"text": now.get(Row, key).text, **values})}
    return Difference.between(now, Wanted(1, {Row: rows}))


def test_what_a_person_writes_is_what_is_so(small: Small) -> None:
    first = small.configured.now()
    assert [row.text for row in first.of(Row).values()] == ["one", "two"]
    small.path.write_text(TEXT.replace("'one'", "'three'"))
    assert small.configured.now() is first, "one request sees one state"
    small.configured.forget()
    assert small.configured.now().get(Row, "a").text == "three"
    unchanged = small.configured.now()
    small.configured.forget()
    small.uci.forget()
    assert small.configured.now().get(Row, "a") == unchanged.get(Row, "a")


def test_only_what_is_asked_is_written_and_taken_back_to_the_byte(small: Small) -> None:
    made = small.configured.make(change(small, "a", text="uno"))
    assert made is not None
    assert small.path.read_text() == TEXT.replace("'one'", "'uno'")
    small.configured.take_back(made)
    assert small.path.read_text() == TEXT
    assert small.committed == ["small", "small"]


def test_nothing_to_do_is_nothing_done(small: Small) -> None:
    assert small.configured.make(Difference()) is None
    assert small.configured.make(change(small, "a")) is None
    assert not small.configured.try_out(Difference())
    assert (small.committed, small.path.read_text()) == ([], TEXT)


def test_to_try_it_out_writes_nothing(small: Small) -> None:
    assert not small.configured.try_out(change(small, "a", text="uno"))
    assert small.configured.try_out(change(small, "a", port="7")), "this one cuts the way to the management server"
    assert (small.committed, small.path.read_text()) == ([], TEXT)


def test_what_cannot_be_read_again_is_refused_by_name(small: Small) -> None:
    now = small.configured.now()
    wanted = Wanted(1, {Row: {**now.of(Row), "a": Row(text="one", number=7)}})
    with pytest.raises(Refused, match="cannot say this") as refused:
        small.configured.check(wanted)
    assert (refused.value.kind, refused.value.key, [*refused.value.fields]) == (Row, "a", ["number"])


@pytest.mark.parametrize("text", ["a\0b", "\x01", "x" * 70_000, "\ud800"])
def test_a_text_that_uci_cannot_hold_is_refused_by_name(small: Small, text: str) -> None:
    with pytest.raises(Refused) as refused:
        small.configured.make(change(small, "a", text=text))
    assert (refused.value.key, [*refused.value.fields]) == ("a", ["text"])
    assert small.path.read_text() == TEXT


@pytest.mark.parametrize("text", ["it's", "two\nlines", '"q" \\ $(x) `y`', "#;", "日本語", "option x 'y'"])
def test_hostile_texts_come_back_equal(small: Small, text: str) -> None:
    small.configured.make(change(small, "a", text=text))
    assert small.texts()["a"] == text
    assert "'kept'" in small.path.read_text()


def test_a_person_who_commits_at_the_same_time_loses_nothing(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    difference = change(small, "a", text="uno")
    between(small, monkeypatch, lambda: small.path.write_text(TEXT.replace("'two'", "'zwei'")))
    assert small.configured.make(difference) is not None
    assert sorted(small.texts().values()) == ["uno", "zwei"]


def test_a_person_who_never_ends_is_given_way_to(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    difference, numbers = change(small, "a", text="uno"), iter(range(100))
    between(small, monkeypatch, lambda: small.path.write_text(f"{TEXT}# {next(numbers)}\n"), always=True)
    with pytest.raises(ChangedMeanwhile):
        small.configured.make(difference)
    assert small.texts()["a"] == "one"


def test_the_same_changed_by_somebody_else_is_no_ones_to_overwrite(small: Small) -> None:
    difference = change(small, "a", text="uno")
    small.path.write_text(TEXT.replace("'one'", "'eins'"))
    with pytest.raises(MechanismError, match=re.escape("text of Row a was changed by somebody else meanwhile")):
        small.configured.make(difference)
    assert small.texts()["a"] == "eins"


def test_a_change_is_taken_back_around_what_a_person_did_since(small: Small, caplog: pytest.LogCaptureFixture) -> None:
    made = small.configured.make(change(small, "a", text="uno"))
    assert isinstance(made, Made)
    small.path.write_text(small.path.read_text().replace("'two'", "'zwei'"))
    small.configured.take_back(made)
    assert sorted(small.texts().values()) == ["one", "zwei"]
    made = small.configured.make(change(small, "a", text="uno"))
    assert made is not None
    small.path.write_text(small.path.read_text().replace("'uno'", "'eins'"))
    small.configured.take_back(made)
    assert small.texts()["a"] == "eins"
    assert "stays as somebody else has set it" in caplog.text


def test_what_is_staged_by_a_person_is_neither_committed_nor_lost(
    small: Small, caplog: pytest.LogCaptureFixture
) -> None:
    small.staged("small", "small.a.secret='theirs'\n")
    small.configured.make(change(small, "a", text="uno"))
    assert "theirs" not in small.path.read_text()
    assert [one.value for one in small.uci.staged_by_others()] == ["theirs"]
    assert caplog.text.count("is staged in") == 1
    assert "theirs" not in caplog.text
    small.configured.make(change(small, "a", text="due"))
    assert caplog.text.count("is staged in") == 1


def test_an_edit_in_a_staged_one_s_way_is_refused_by_what_to_do(small: Small) -> None:
    small.staged("small", "small.a.text='theirs'\n")
    with pytest.raises(NotOurs, match="uci commit small, or uci revert small"):
        small.configured.make(change(small, "a", text="uno"))
    assert small.path.read_text() == TEXT
    small.staged("small", "other.a.text='theirs'\n")
    assert small.configured.make(change(small, "a", text="uno")) is not None


def test_what_the_agent_may_not_write_is_denied(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everywhere
    with pytest.raises(NotOurs, match="may not be written"):
        small.configured.try_out(change(small, "a", text="uno"))
    monkeypatch.undo()
    assert small.configured.make(change(small, "a", text="uno")) is not None


def test_a_broken_package_says_what_it_said_last_and_is_not_written(
    small: Small, caplog: pytest.LogCaptureFixture
) -> None:
    small.configured.now()
    difference = change(small, "a", text="uno")
    small.path.write_text("config row 'a\n")
    for _ in range(2):
        small.configured.forget()
        assert small.configured.now().get(Row, "a").text == "one"
    assert caplog.text.count("what it said last is taken until it is mended") == 1
    with pytest.raises(MechanismError, match="line 1"):
        small.configured.make(difference)
    small.path.write_text(TEXT.replace("'one'", "'mended'"))
    assert small.texts()["a"] == "mended"


def test_a_package_that_was_broken_from_the_beginning_has_said_nothing(
    small: Small, caplog: pytest.LogCaptureFixture
) -> None:
    small.path.write_text("config row 'a\n")
    assert small.configured.now().get(Row, "a") == Row()
    assert "nothing of it is known until it is mended" in caplog.text
    assert "said last" not in caplog.text


def between(small: Small, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], *, always: bool = False) -> None:
    """Somebody acts after our edits were looked at and before they are written: once, or each time."""
    commit, waiting = small.uci.commit, [act]

    def committing(*given: object) -> bytes:
        if waiting:
            waiting[0]()
            if not always:
                waiting.clear()
        return commit(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(small.uci, "commit", committing)
    logging.getLogger("backends.openwrt").setLevel(logging.INFO)


def test_it_is_a_service_as_others_are(small: Small) -> None:
    wanted = Wanted(1, {Row: {**small.configured.now().of(Row), "a": Row(text="uno", port="7")}})
    small.configured.check(wanted)
    assert small.configured.cuts(wanted)
    assert small.configured.apply(wanted)
    assert not small.configured.apply(wanted)
    assert small.texts()["a"] == "uno"
