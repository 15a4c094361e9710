"""The line to an ONT as a service: built by its settings, over a pty, with totals that last."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from agent.settings import Omci
from backends.omci.acs_chain import AcsNamed
from backends.omci.onts import ByFrames
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.optical_line import OpticalLine
from backends.tr181.optical_part import FILE, Kept, optical_line
from backends.tr181.parts import Part
from tests.lab.onus import lab_onu
from tests.waiting import PATIENCE, until


def given(state: Path, omci: Omci | None) -> Mechanisms:
    nothing: Any = None
    own = OwnValues({}, {})
    return Mechanisms(
        nothing, nothing, nothing, nothing, nothing, nothing, own, links=nothing, omci=omci, state_directory=state
    )


@contextmanager
def at_work(part: Part | None) -> Iterator[OpticalLine]:
    assert part is not None
    assert part.watch is not None
    stop = threading.Event()
    thread = threading.Thread(target=part.watch, args=(lambda _topics: None, stop), daemon=True)
    thread.start()
    try:
        yield part.provides["optical"]
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_without_a_line_there_is_no_part(tmp_path: Path) -> None:
    assert optical_line(given(tmp_path, None)) is None


@pytest.mark.parametrize(
    ("likeness", "settings"),
    [
        ({}, {}),
        ({"codec": "slip"}, {"codec": "slip"}),
        ({"codec": "raw48"}, {"codec": "raw48", "trailer": "crc32"}),
        ({"codec": "hexline"}, {"codec": "hexline", "upload": True}),
        ({"console": "realtek"}, {"driver": "realtek"}),
        ({"console": "lantiq", "user": "root", "password": "admin"},
         {"driver": "lantiq", "username": "root", "password": "admin"}),
        ({"is_mirror": True}, {"mode": "monitor"}),
    ],
)  # fmt: skip
def test_it_finds_the_acs_in_every_way_that_the_settings_know(
    tmp_path: Path, likeness: dict[str, Any], settings: dict[str, Any]
) -> None:
    with lab_onu(**likeness) as onu:
        if "is_mirror" not in likeness:
            onu.order("acs https://acs.example/ --user u --password not-a-secret")
        with at_work(optical_line(given(tmp_path, Omci(device=onu.device, **settings)))) as line:

            def named_now() -> AcsNamed | None:
                if "is_mirror" in likeness:  # what was said before somebody listened is said to nobody
                    onu.order("acs https://acs.example/ --user u --password not-a-secret")
                    time.sleep(0.5)
                return line.acs if isinstance(line.acs, AcsNamed) else None

            named = until(named_now, lambda: str(line.acs))
            assert (named.url, named.password) == ("https://acs.example/", "not-a-secret")


def test_totals_are_kept_where_the_state_is_and_what_cannot_be_read_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByFrames, "pause", 0.2)
    (tmp_path / FILE).write_text("{")
    with lab_onu() as onu:
        onu.order("service")
        with at_work(optical_line(given(tmp_path, Omci(device=onu.device)))) as line:
            until(lambda: line.picture.total(312, 0x8001, 6))
    assert '"312 32769"' in (tmp_path / FILE).read_text()


@pytest.mark.slow
def test_a_factory_reset_forgets_the_totals_and_what_is_counted_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByFrames, "pause", 0.2)
    with lab_onu() as onu:
        onu.order("service")
        with at_work(optical_line(given(tmp_path, Omci(device=onu.device)))) as line:
            until((tmp_path / FILE).exists)
            line.forget()
            assert not (tmp_path / FILE).exists()
            before = line.picture.total(312, 0x8001, 6)
            onu.order("interval")
            until(lambda: line.picture.total(312, 0x8001, 6) != before)
    assert not (tmp_path / FILE).exists()
    assert Kept(tmp_path / FILE).read() is None


def test_a_cmac_is_made_with_the_key(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    assert optical_line(given(tmp_path, Omci(device="/dev/none", trailer="cmac", key="00" * 16))) is not None


def test_a_line_that_is_not_there_is_tried_again_and_nobody_waits_for_it(tmp_path: Path) -> None:
    with at_work(optical_line(given(tmp_path, Omci(device=str(tmp_path / "none"))))) as line:
        assert (line.picture.is_there, line.acs) == (False, None)
