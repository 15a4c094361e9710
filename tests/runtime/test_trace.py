"""Session traces: readable while they are written, bounded, and never in a session's way."""

import json
import stat
from pathlib import Path

import pytest

from agent.runtime.endpoint import Turn
from agent.runtime.redactor import Redactor
from agent.runtime.trace import TraceStore

TURN = Turn("http://acs/", 200, 300, 200, 0.01234567, "192.0.2.1:80", True)


def store_of(directory: Path, **bounds: int) -> TraceStore:
    return TraceStore(directory / "sessions", Redactor(), **bounds)


def test_a_session_reads_back_as_it_went(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    trace = store.open(7, "http://acs/", ("2 PERIODIC",))
    trace.message("sent", "Inform 2 PERIODIC", b"<Inform/>")
    trace.exchange(TURN)
    trace.message("received", "-", None)
    assert store.sessions()[0].get("outcome") is None
    trace.end("done")
    lines = store.session(7)
    assert [line["kind"] for line in lines] == ["session", "message", "exchange", "message", "end"]
    assert lines[1] | {"at": 0} == {
        "session": 7, "at": 0, "kind": "message", "direction": "sent", "summary": "Inform 2 PERIODIC", "bytes": 9,
        "xml": "<Inform/>",
    }  # fmt: skip
    assert lines[2]["seconds"] == 0.0123
    summary = store.sessions()[0]
    assert {key: summary[key] for key in ("session", "url", "events", "posts", "bytes", "outcome")} == {
        "session": 7, "url": "http://acs/", "events": ["2 PERIODIC"], "posts": 1, "bytes": 500, "outcome": "done",
    }  # fmt: skip
    assert summary["at"] <= summary["ended"]


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    store.open(1, "", ())
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in store.directory.iterdir()] == [0o600]


def test_a_session_that_is_not_kept_is_not_found(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    assert (store.sessions(), store.last_number()) == ([], 0)
    with pytest.raises(KeyError):
        store.session(1)


def test_the_oldest_sessions_make_room(tmp_path: Path) -> None:
    store = store_of(tmp_path, sessions=3)
    for number in range(1, 8):
        store.open(number, "", ()).end("done")
    assert [summary["session"] for summary in store.sessions()] == [5, 6, 7]
    assert store.last_number() == 7


def test_the_bytes_of_all_and_of_one_are_bounded(tmp_path: Path) -> None:
    store = store_of(tmp_path, session_bytes=10_000, total_bytes=200_000)
    for number in range(1, 8):
        trace = store.open(number, "", ())
        for _ in range(700):
            trace.message("sent", "Inform", b"<x>" * 300)
        trace.end("done")
        sizes = [path.stat().st_size for path in store.directory.iterdir()]
        assert max(sizes) < 10_000 + 65_536 + 1000
        assert sum(sizes) < 200_000 + 65_536
    lines = store.session(7)
    assert lines[1]["xml"]
    assert (lines[30]["xml"], lines[30]["is_cut"]) == (None, True)
    assert lines[-1]["outcome"] == "done"


def test_a_number_used_in_an_earlier_life_starts_anew(tmp_path: Path) -> None:
    store_of(tmp_path).open(3, "old", ()).end("done")
    store = store_of(tmp_path)
    assert store.last_number() == 3
    store.open(3, "new", ())
    assert [line.get("url") for line in store.session(3)] == ["new"]


def test_secrets_are_masked_in_every_kind_of_line(tmp_path: Path) -> None:
    store = TraceStore(tmp_path, Redactor(known=lambda: ["canary"]))
    trace = store.open(1, "http://canary:x@acs/", ("M canary",))
    trace.message("sent", "Set Password=canary", b"<Password>canary</Password>")
    trace.exchange(Turn("http://canary@acs/", 0, 0, 0, 0.0, "", False))
    trace.end("refused canary")
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    assert "canary" not in text.replace("M canary", "")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037", "idna", "hex", "nonsense"])
def test_no_encoding_hides_a_secret(tmp_path: Path, encoding: str) -> None:
    message = f'<?xml version="1.0" encoding="{encoding}"?><s><Name>X.Password</Name><Value>canary</Value></s>'
    try:
        data = message.replace("Pass", "+AFA-ass").encode() if encoding == "utf-7" else message.encode(encoding)
    except (LookupError, ValueError):
        data = message.encode()
    trace = store_of(tmp_path).open(1, "", ())
    trace.message("received", "SetParameterValues", data)
    text = store_of(tmp_path).session(1)[1]["xml"].replace("\0", "")
    assert "canary" not in text
    assert "******" in text or encoding == "cp037"  # in which no letter is readable


@pytest.mark.parametrize("target", ["/dev/full", "/nonexistent/x"])
def test_a_full_disk_or_a_missing_directory_is_logged_once_and_forgotten(
    target: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = store_of(tmp_path)
    trace = store.open(1, "", ())
    trace._path = Path(target)
    for _ in range(5):
        trace.message("sent", "Inform", b"<x/>")
    trace.end("done")
    assert len([record for record in caplog.records if "incomplete" in record.message]) == 1


def test_a_directory_that_cannot_be_made_stops_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "sessions").write_text("a file where the directory should be")
    store = store_of(tmp_path)
    store.open(1, "", ()).end("done")
    assert store.sessions() == []
    assert "no room for session traces" in caplog.text


def test_a_line_cut_by_a_full_disk_spoils_no_other(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    trace = store.open(1, "", ())
    with next(store.directory.iterdir()).open("ab") as file:
        file.write(b'{"kind": "mess\n')
    trace.end("done")
    assert [line["kind"] for line in store.session(1)] == ["session", "end"]


def test_a_line_that_is_being_written_is_not_shown_yet(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    store.open(1, "", ())
    with next(store.directory.iterdir()).open("ab") as file:
        file.write(b'{"kind": "end"}')
    assert [line["kind"] for line in store.session(1)] == ["session"]


def test_any_bytes_can_be_traced(tmp_path: Path) -> None:
    store = store_of(tmp_path)
    trace = store.open(1, "", ())
    trace.message("received", "not a CWMP message \ud800", bytes(range(256)))
    assert json.loads(json.dumps(store.session(1)))[1]["bytes"] == 256


@pytest.mark.parametrize("kind", ["writable by all", "a link"])
def test_a_place_that_others_prepared_is_not_written_to(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory, victim = tmp_path / "traces", tmp_path / "victim"
    victim.mkdir()
    if kind == "a link":
        directory.symlink_to(victim)
    else:
        directory.mkdir()
        directory.chmod(0o777)

    store = TraceStore(directory, Redactor())
    trace = store.open(1, "http://acs/", ())
    trace.message("sent", "Inform", b"<x/>")
    trace.end("complete")

    assert store.problem() in caplog.text
    assert list(victim.iterdir()) == list(directory.iterdir()) == []
    assert "no session traces are kept" in caplog.text


def test_a_place_of_its_own_and_one_that_is_not_there_yet_are_no_problem(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces", Redactor())
    assert store.problem() == ""
    store.open(1, "http://acs/", ()).end("complete")
    assert store.problem() == ""
