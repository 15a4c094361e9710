"""All or nothing over UCI: staged, postponed, undone, recovered; nothing is kept that UCI keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from backends.desired_state import Refused
from backends.uci.types import NAME
from tests.backends.openwrt.small import TEXT, Row, Small

pytestmark = pytest.mark.slow


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def through_json(state: Any) -> Any:
    return json.loads(json.dumps(state))


def test_a_new_row_has_its_key_at_once_and_for_good(small: Small) -> None:
    backend = small.backend
    backend.begin()
    key = backend.add(Row(text="new"))
    assert NAME.fullmatch(key)
    assert small.texts()[key] == "new"
    assert not backend.prepare()
    backend.commit()
    assert list(small.texts()) == [*list(small.texts())[:2], key]
    assert backend.in_force.get(Row, key).text == "new"
    assert small.again().wanted.get(Row, key).text == "new"
    assert backend.state() == {}


def test_staged_is_seen_and_forgotten(small: Small) -> None:
    backend = small.backend
    backend.begin()
    backend.edit(Row, "a", text="uno")
    backend.remove(Row, list(small.texts())[1])
    assert list(small.texts().values()) == ["uno"]
    assert backend.in_force.get(Row, "a").text == "one"
    backend.rollback()
    backend.rollback()
    assert list(small.texts().values()) == ["one", "two"]
    assert (small.path.read_text(), small.committed) == (TEXT, [])


def test_what_was_made_is_taken_back(small: Small) -> None:
    followed: list[str] = []
    small.backend.followers.append(lambda: followed.append(small.texts()["a"]))
    small.backend.begin()
    small.backend.edit(Row, "a", text="uno")
    small.backend.prepare()
    small.backend.commit()
    small.backend.rollback()
    assert (small.path.read_text(), followed) == (TEXT, ["uno", "one"])
    small.backend.begin()
    small.backend.commit()
    small.backend.rollback()
    assert followed == ["uno", "one"], "nothing was to be made"


def test_a_refusal_names_the_row(small: Small) -> None:
    small.backend.begin()
    small.backend.edit(Row, "a", text="forbidden")
    with pytest.raises(Refused, match="forbidden") as refused:
        small.backend.prepare()
    assert refused.value.key == "a"


def test_what_waits_for_the_session_s_end_is_wanted_and_kept_over_a_restart(small: Small) -> None:
    backend = small.backend
    backend.begin()
    backend.edit(Row, "a", port="7")
    assert backend.prepare()
    kept = through_json(backend.state())
    backend.postpone()
    assert through_json(backend.state()) == kept
    assert backend.wanted.get(Row, "a").port == "7"
    assert small.path.read_text() == TEXT
    small.path.write_text(TEXT.replace("'two'", "'zwei'"))
    small.configured.forget()
    assert backend.wanted.get(Row, "a").port == "7", "beside what a person does meanwhile"
    assert "zwei" in small.texts().values()
    again = small.again()
    again.begin()
    again.restore(kept)
    again.prepare()
    record = through_json(again.undo_record())
    again.commit()
    assert "option port '7'" in small.path.read_text()
    again.recover(record, same_boot=False)
    again.recover(record, same_boot=False)
    assert "port" not in small.path.read_text()
    assert "zwei" in small.texts().values()


def test_what_is_no_longer_wanted_is_made_no_more(small: Small) -> None:
    backend = small.backend
    backend.begin()
    backend.edit(Row, "a", port="7")
    backend.postpone()
    backend.begin()
    backend.restore(None)
    assert backend.undo_record() is None
    backend.prepare()
    backend.commit()
    assert (backend.wanted.get(Row, "a").port, small.path.read_text()) == ("", TEXT)
    backend.recover(None, same_boot=True)


def test_a_change_on_top_of_what_waits_waits_with_it(small: Small) -> None:
    backend = small.backend
    backend.begin()
    backend.edit(Row, "a", port="7")
    backend.postpone()
    backend.begin()
    backend.edit(Row, "a", text="uno")
    backend.rollback()
    assert backend.wanted.get(Row, "a").port == "7"
    backend.begin()
    backend.edit(Row, "a", text="uno")
    backend.prepare()
    backend.commit()
    assert (small.texts()["a"], backend.in_force.get(Row, "a").port) == ("uno", "7")


def test_neither_a_start_nor_an_event_writes_anything(small: Small) -> None:
    small.backend.apply_at_start()
    small.backend.reapply()
    assert (small.path.read_text(), small.committed) == (TEXT, [])
