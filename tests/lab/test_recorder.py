"""The record of a run is exact, and bounded."""

import pytest

from agent.lab import recorder as recorder_module
from agent.lab.http import Reply
from agent.lab.recorder import Recorder, wire_size
from agent.lab.records import Exchange, Line


def exchange(number: int, envelope: bytes = b"<a/>", reply: bytes = b"<b/>") -> Exchange:
    return Exchange(number, 1, 1, "d", "Inform", "InformResponse", b"head", envelope, 200, b"", reply, 0.0, 0.0, 10, 20)


def line(number: int, direction: str = "cpe") -> Line:
    return Line(0.0, direction, "Inform", exchange=number)  # type: ignore[arg-type]


def test_all_exchanges_are_counted_though_only_the_latest_are_kept() -> None:
    recorder = Recorder(2)
    for number in (1, 2, 3):
        recorder.add(exchange(number))
    assert (recorder.posts, recorder.bytes_in, recorder.bytes_out) == (3, 30, 60)
    assert [kept.number for kept in recorder.exchanges] == [2, 3]


def test_large_exchanges_push_old_ones_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "BYTES_KEPT", 1000)
    recorder = Recorder(100)
    for number in (1, 2, 3):
        recorder.add(exchange(number, b"x" * 600))
    assert [kept.number for kept in recorder.exchanges] == [3]


def test_a_line_leads_to_its_envelope_without_the_secrets() -> None:
    recorder = Recorder(2)
    assert recorder.envelope_of(line(1)) is None
    for number in (1, 2, 3):
        recorder.add(exchange(number, b"<Password>hunter2</Password>", b""))
    assert recorder.envelope_of(line(3)) == "<Password>******</Password>"
    assert recorder.envelope_of(line(3, "acs")) is None
    assert recorder.envelope_of(line(3, "note")) is None
    assert recorder.envelope_of(line(1)) is None
    assert recorder.envelope_of(line(4)) is None


def test_the_wire_has_the_head_and_the_framing() -> None:
    assert wire_size(None) == 0
    reply = Reply(200, body=b"abc")
    assert wire_size(reply) == len(reply.head()) + 3
    assert wire_size(Reply(200, body=b"abc", chunked=True)) > wire_size(reply)
