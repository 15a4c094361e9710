"""A change of a watched file is told at once, as its topic, and nothing else is."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.lan.file_watch import FileWatch
from tests.waiting import until

Told = list[frozenset[str]]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    watch = FileWatch({tmp_path / "leases": "lease", tmp_path / "names": "resolver", tmp_path / "no" / "x": "none"})
    heard: Told = []
    stop = threading.Event()
    watcher = threading.Thread(target=watch.watch, args=(heard.append, stop))
    watcher.start()
    time.sleep(0.05)
    yield heard
    stop.set()
    watcher.join()


def test_a_file_written_in_place_is_told(tmp_path: Path, told: Told) -> None:
    with (tmp_path / "leases").open("w") as file:
        for _ in range(3):
            file.write("x\n")
            file.flush()
        assert until(lambda: bool(told))
    assert set(told) == {frozenset({"lease"})}


def test_a_file_that_is_replaced_is_told_and_others_are_not(tmp_path: Path, told: Told) -> None:
    (tmp_path / "other").write_text("x")
    (tmp_path / "other").rename(tmp_path / "names")
    assert until(lambda: bool(told))
    assert told == [frozenset({"resolver"})]
