"""The log with its fields: the journal's own protocol, RFC 5424, and an other end that comes and goes."""

import json
import logging
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.log_targets import JournalHandler, SyslogHandler, is_shown_by_journal, message_id, priority_of
from agent.runtime.logs import is_line, log_to
from agent.runtime.redactor import Redactor

EVENT: dict[str, Any] = {
    "n": 1,
    "kind": "transfer",
    "severity": "Minor",
    "about": "1 Firmware Upgrade Image",
    "fields": {"code": 9016, "command_key": 'k"]\\1', "resumed": True},
}


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "log"))
        made.settimeout(10)
        yield made


def record(text: str, event: dict[str, Any] | None = None, level: int = logging.WARNING) -> logging.LogRecord:
    made = logging.LogRecord("agent.test", level, __file__, 1, text, (), None)
    if event:
        made.event = event
    return made


def fields(datagram: bytes) -> dict[str, str]:
    """As systemd-journald reads it."""
    found, rest = {}, datagram
    while rest:
        name, mark, rest = rest[: (end := re.search(rb"[=\n]", rest).start())], rest[end : end + 1], rest[end + 1 :]  # type: ignore[union-attr]
        if mark == b"=":
            value, _, rest = rest.partition(b"\n")
        else:
            (size,) = struct.unpack("<Q", rest[:8])
            value, rest = rest[8 : 8 + size], rest[9 + size :]
        found[name.decode()] = value.decode()
    return found


def test_the_journal_gets_an_event_with_its_fields(ear: socket.socket, tmp_path: Path) -> None:
    handler = JournalHandler(tmp_path / "log")
    handler.emit(record("the file could not be had", EVENT))
    told = fields(ear.recv(65_536))
    assert told["MESSAGE"] == "the file could not be had"
    assert (told["PRIORITY"], told["SYSLOG_IDENTIFIER"], told["LOGGER"]) == ("4", "cpe-agent", "agent.test")
    assert told["MESSAGE_ID"] == message_id("transfer")
    assert (told["CPE_EVENT"], told["CPE_CODE"], told["CPE_RESUMED"]) == ("transfer", "9016", "true")
    assert told["CPE_COMMAND_KEY"] == 'k"]\\1'
    handler.close()


def test_a_text_of_several_lines_cannot_make_up_fields_of_the_journal(ear: socket.socket, tmp_path: Path) -> None:
    handler = JournalHandler(tmp_path / "log")
    handler.emit(record("first\nPRIORITY=0\nCPE_EVENT=made up"))
    told = fields(ear.recv(65_536))
    assert (told["MESSAGE"], told["PRIORITY"]) == ("first\nPRIORITY=0\nCPE_EVENT=made up", "4")
    assert "CPE_EVENT" not in told
    handler.close()


def test_syslog_gets_structured_data_in_which_marks_are_escaped(ear: socket.socket, tmp_path: Path) -> None:
    handler = SyslogHandler(tmp_path / "log")
    handler.emit(record("the file\ncould not be had", EVENT))
    line = ear.recv(65_536).decode()
    head = r"<28>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ cpe-agent (\d+) transfer "
    assert (found := re.match(head, line)), line
    assert int(found[1]) == os.getpid()
    assert r'command_key="k\"\]\\1"' in line
    assert '[cpe@32473 logger="agent.test" event="transfer" severity="Minor" about="1 Firmware Upgrade Image"' in line
    assert line.endswith("] the file | could not be had")
    handler.emit(record("plain", level=logging.DEBUG))
    assert re.search(r'^<31>1 .* - \[cpe@32473 logger="agent\.test"\] plain$', ear.recv(65_536).decode())
    handler.close()


def test_without_the_other_end_lines_go_to_standard_error_and_it_is_found_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = JournalHandler(tmp_path / "log")
    handler.emit(record("first"))
    handler.emit(record("second"))
    handler.emit(record("an event", EVENT))
    told = capsys.readouterr().err
    assert told.count("takes no log") == 1
    assert "WARNING first\nWARNING second\n" in told
    assert "WARNING an event\n" in told, "a transfer has no other line"
    for _ in range(2):  # the journal is restarted under the agent
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(str(tmp_path / "log"))
            handler.emit(record("third"))
            ear.settimeout(10)
            assert fields(ear.recv(65_536))["MESSAGE"] == "third"
        (tmp_path / "log").unlink()
    assert capsys.readouterr().err == ""
    handler.close()


def test_an_end_that_does_not_read_keeps_nobody(ear: socket.socket, tmp_path: Path) -> None:
    handler = JournalHandler(tmp_path / "log")
    for _ in range(2_000):
        handler.emit(record("x" * 4_000))
    handler.close()
    assert fields(ear.recv(65_536))["MESSAGE"] == "x" * 4_000


def test_secrets_are_masked_before_the_log_leaves(
    ear: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.runtime.log_targets.SyslogHandler.__init__.__defaults__", (tmp_path / "log",))
    ring = log_to("syslog", "info", Redactor(known=lambda: ["correct horse"]))
    logging.getLogger("agent.test").warning("the password is correct horse")
    logging.basicConfig(force=True)
    assert "correct horse" not in ear.recv(65_536).decode()
    assert len(ring.lines()) == 1


def test_an_event_is_a_line_where_nobody_else_says_it() -> None:
    assert is_line(record("a line"))
    assert is_line(record("a transfer has no other line", EVENT))
    assert not is_line(record("a change has one", {**EVENT, "kind": "configured"}))


def test_standard_error_is_the_journals_only_where_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "1:1")
    assert not is_shown_by_journal()
    monkeypatch.delenv("JOURNAL_STREAM")
    assert not is_shown_by_journal()


def test_each_level_has_its_priority() -> None:
    assert [priority_of(level) for level in (10, 20, 30, 40, 50)] == [7, 6, 4, 3, 2]


JOURNALD = Path("/lib/systemd/systemd-journald")
REAL = """
mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/journal /run/log/journal
{journald} & J=$!
for try in $(seq 100); do [ -S /run/systemd/journal/socket ] && break; sleep 0.1; done
{python} -c '
import logging
from agent.runtime.log_targets import JournalHandler
made = logging.LogRecord("cpe-agent.event", logging.WARNING, "", 1, "two\\nlines", (), None)
made.event = {{"kind": "transfer", "severity": "Minor", "about": "x", "fields": {{"code": 9018}}}}
JournalHandler().emit(made)
'
sleep 0.5; kill $J; wait $J
journalctl -D /run/log/journal -o json --no-pager CPE_EVENT=transfer
"""


@pytest.mark.slow
@pytest.mark.skipif(not JOURNALD.exists() or not shutil.which("journalctl"), reason="not installed: journald")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may have a journal of its own")
def test_systemds_own_journal_finds_an_event_by_its_fields() -> None:
    script = REAL.format(journald=JOURNALD, python=sys.executable)
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert (told["MESSAGE"], told["PRIORITY"], told["CPE_CODE"]) == ("two\nlines", "4", "9018")
    assert told["MESSAGE_ID"] == message_id("transfer")
