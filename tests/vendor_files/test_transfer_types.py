"""Configurations and logs come and go by file type; each failure has its cause."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Denied, InvalidArguments, InvalidValue, ModelError, Refusals, Unavailable
from agent.runtime.redactor import Redactor
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.file_types import FileTypes
from agent.transfers.orders import FileOrder, Readable, Received, Stream
from agent.vendor_files.document import LARGEST as DOCUMENT_LARGEST
from agent.vendor_files.service import summed_up
from agent.vendor_files.transfer_types import LARGEST, LAST_BYTES, Parts, register, register_vendors
from tests.vendor_files.test_service import CODE, PASSWORD, Bench, with_change, with_packages

NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Moved:
    """What a transfer would do with a device's file types."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.bench = Bench(place / "state")
        self.rows = {("Device.DeviceInfo.VendorConfigFile.", 1): "configuration"}
        self.types = FileTypes()
        self.asked = 0
        self.noted: list[str] = []
        register(
            self.types,
            Parts(
                lambda: self.bench.files,
                self.in_turn,
                place / "downloads",
                lambda: b'{"n": 1}\n',
                "/run/history.jsonl",
                lambda text: text.replace("correct horse", "******"),
                lambda table, number: self.rows.get((table, number), ""),
                place / "root",
                self.noted.append,
            ),
        )

    def in_turn(self, work: Callable[[], Any]) -> Any:
        self.asked += 1
        return work()

    def download(self, content: bytes, *, is_of_person: bool = False) -> None:
        destination = self.types.destination("3 Vendor Configuration File")
        path = destination.room(len(content)) / "file"
        path.write_bytes(content)
        wanted = replace(order("3 Vendor Configuration File"), is_of_person=is_of_person)
        destination.take(Received(path, len(content), "", NOW, NOW), wanted)

    def code_of(self, content: bytes) -> tuple[int, str]:
        with pytest.raises(TransferFailed) as failed:
            self.download(content)
        return failed.value.code, failed.value.text

    def upload(self, name: str) -> bytes:
        found: Readable = self.types.source(name).open(order(name))
        assert isinstance(found, Stream)
        content = b"".join(found.pieces())
        assert (len(content), b"".join(found.pieces())) == (found.size, content)
        return content


def order(name: str) -> FileOrder:
    return FileOrder("http://files.example/f", "", "", name, 0, "", name[0] != "3", "k")


@pytest.fixture
def moved(tmp_path: Path) -> Moved:
    return Moved(tmp_path)


@pytest.mark.parametrize("name", ["1 Vendor Configuration File", "3 Vendor Configuration File 1"])
def test_what_was_uploaded_is_restored_by_a_download(moved: Moved, name: str) -> None:
    moved.bench.device.change({CODE: "first", PASSWORD: "correct horse"})
    content = moved.upload(name)
    moved.bench.device.change({CODE: "later", PASSWORD: "other"})
    moved.download(content)
    moved.download(content)  # again after a crash
    assert moved.bench.device.get(CODE) == "first"
    assert moved.bench.device.own.get("ManagementServer.Password") == "correct horse"
    assert moved.asked >= 3


def test_a_file_that_a_person_had_fetched_is_that_persons_change_and_trusted_no_more(moved: Moved) -> None:
    moved.bench, packages = with_packages(moved.place / "other")
    device, authors = moved.bench.device, list[str]()
    device.change({CODE: "first"})
    content = moved.bench.files.content("plain")
    device.model.committed = lambda author, _done: authors.append(author)
    for is_of_person in (True, False):
        device.change({CODE: "later"})
        packages.made["luci"] = []
        moved.download(content, is_of_person=is_of_person)
        assert packages.made["luci"] == []
    assert authors[1::2] == ["local", "acs"]


def test_what_is_not_known_here_is_named_in_log_and_history(moved: Moved, caplog: pytest.LogCaptureFixture) -> None:
    content = moved.bench.files.content()
    moved.download(content)
    assert moved.noted == []
    backends = json.loads(content)["backends"]
    backends["own"] |= {f"Nonsense.Param\n{number}": {"value": "x", "file": None} for number in range(9)}
    moved.download(with_change(content, backends=backends))
    [noted] = moved.noted
    assert "'own Nonsense.Param\\n4', and 4 more" in noted
    assert noted in caplog.text


def test_no_word_of_a_refusal_passes_for_a_secret(moved: Moved) -> None:
    refusal = InvalidValue("own ManagementServer.Password", "its sealed secret is damaged")
    assert Redactor().text(summed_up(refusal)) == summed_up(refusal)


def test_each_reason_has_its_code(moved: Moved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = moved.bench.files.content()
    assert moved.code_of(content[:-9])[0] == 9018
    assert moved.code_of(b"no such file")[0] == 9018
    other = Bench(tmp_path / "other")
    other.device.change({PASSWORD: "x"})
    assert moved.code_of(other.files.content()) == (
        9019,
        "own ManagementServer.Password (its secret is sealed by another device)",
    )
    for refusal, code in (
        (Refusals((Denied("Device.A", "not managed"), Unavailable("", "silent"))), 9001),
        (Unavailable("", "another change is under way"), 9002),
    ):

        def refuse(_content: bytes, _caller: Caller, author: Caller, refusal: ModelError = refusal) -> None:
            raise refusal

        monkeypatch.setattr(moved.bench.files, "restore", refuse)
        assert moved.code_of(content)[0] == code


def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(moved: Moved) -> None:
    assert LARGEST == DOCUMENT_LARGEST
    with pytest.raises(TransferFailed) as failed:
        moved.types.destination("3 Vendor Configuration File").room(LARGEST + 1)
    assert (failed.value.code, failed.value.answer_code) == (9010, 9004)


def test_one_whose_size_nobody_told_is_fetched_as_far_as_there_is_room(
    moved: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = os.statvfs(moved.place)
    monkeypatch.setattr("os.statvfs", lambda _: os.statvfs_result([*there[:3], 1, 1, *there[5:]]))
    destination = moved.types.destination("3 Vendor Configuration File")
    assert destination.room(0).is_dir()
    with pytest.raises(TransferFailed, match="no room"):
        destination.room(LARGEST)


def test_logs_are_sent_without_secrets_and_long_ones_by_their_end(
    moved: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert moved.upload("2 Vendor Log File") == b'{"n": 1}\n'
    table = "Device.DeviceInfo.VendorLogFile."
    moved.rows |= {(table, 1): "/run/history.jsonl", (table, 2): "/var/log/syslog", (table, 3): "/var/log/journal"}
    assert moved.upload("4 Vendor Log File 1") == b'{"n": 1}\n'
    log = moved.place / "root/var/log/syslog"
    log.parent.mkdir(parents=True)
    log.write_text("said correct horse\n")
    assert moved.upload("4 Vendor Log File 2") == b"said ******\n"
    log.write_text("x" * 99 + "\n" + ("y" * 99 + "\n") * (LAST_BYTES // 100))
    sent = moved.upload("4 Vendor Log File 2")
    assert len(sent) <= LAST_BYTES
    assert set(sent.splitlines()) == {b"y" * 99}
    (moved.place / "root/var/log/journal").mkdir()
    monkeypatch.setenv("PATH", str(moved.place / "nowhere"))
    for name in ("4 Vendor Log File 3", "4 Vendor Log File 9", "3 Vendor Configuration File 7"):
        with pytest.raises(TransferFailed) as failed:
            moved.upload(name)
        assert failed.value.cause is Cause.NO_ACCESS


def test_a_journal_is_sent_as_text_without_secrets_and_by_its_end(
    moved: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = moved.place / "journalctl"
    program.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\" 'pass correct horse'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(moved.place))
    place = moved.place / "root/var/log/journal"
    place.mkdir(parents=True)
    moved.rows["Device.DeviceInfo.VendorLogFile.", 2] = "/var/log/journal"
    sent = moved.upload("4 Vendor Log File 2").decode().splitlines()
    assert {"--no-pager", f"--directory={place}"} <= set(sent)
    assert sent[-1] == "pass ******"
    program.write_text("#!/bin/sh\n/usr/bin/yes line | /usr/bin/head -c 3000000\n")
    assert LAST_BYTES - 10 < len(moved.upload("4 Vendor Log File 2")) <= LAST_BYTES


def test_the_settings_file_is_sent_without_its_secrets(moved: Moved) -> None:
    moved.rows["Device.DeviceInfo.VendorConfigFile.", 2] = "etc/cpe-agent/agent.toml"
    file = moved.place / "root/etc/cpe-agent/agent.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[acs]\npassword = "correct horse"\n')
    assert moved.upload("3 Vendor Configuration File 2") == b'[acs]\npassword = "******"\n'


def test_tone_and_ringer_files_are_refused_clearly(moved: Moved) -> None:
    for name in ("4 Tone File", "5 Ringer File"):
        with pytest.raises(Denied, match="no use for files of the type"):
            moved.types.destination(name)
    with pytest.raises(InvalidArguments):
        moved.types.destination("6 Something")


def test_vendors_register_types_of_their_own_and_no_others(moved: Moved) -> None:
    end: Any = object()
    refused = register_vendors(
        moved.types,
        {"a.py": [("X 0019A0 Menu", end, False), ("X 0019A0 Report", end, True)], "b.py": [("9 Mine", end, False)]},
    )
    found: list[Any] = [moved.types.destination("X 0019A0 Menu"), moved.types.source("X 0019A0 Report")]
    assert found == [end, end]
    assert list(refused) == ["b.py"]
    assert register_vendors(moved.types, {"c.py": [("1 Firmware Upgrade Image", end, False)]})
