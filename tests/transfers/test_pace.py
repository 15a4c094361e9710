import time

import pytest

from agent.transfers import pace
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.pace import Pace


def test_progress_is_told_at_once_of_every_piece_and_at_the_end() -> None:
    told: list[tuple[int, int | None]] = []
    kept = Pace(lambda size, total: told.append((size, total)), 5, None)
    kept.moved(2000)
    kept.ended(2001)
    assert told == [(5, None), (2000, None), (2001, 2001)]


def test_a_drip_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LOOK_EVERY", 0.1)
    fast = Pace(lambda *_: None, 0, None)
    time.sleep(0.15)
    fast.moved(1000)
    time.sleep(0.15)
    with pytest.raises(TransferFailed, match=r"too slowly: [0-9] bytes a second") as failed:
        fast.moved(1001)
    assert failed.value.cause is Cause.INCOMPLETE
