"""PacketCaptureDiagnostics on links of a namespace: what is in the file, when it ends, and where it goes."""

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backends.diagnostics import packet_capture
from backends.diagnostics.capture_words import NoFilter
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.packet_capture import Captured, CaptureRequest, PacketCapture, Target, check_filter
from tests.netlab.namespace import Namespace, veth

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="packet sockets need root")


@contextmanager
def chatter(size: int = 100) -> Iterator[int]:
    """Somebody who speaks to himself over the loopback interface; the port he speaks to."""
    stop = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))

        def speak() -> None:
            while not stop.wait(0.005):
                made.sendto(b"x" * size, made.getsockname())

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        try:
            yield int(made.getsockname()[1])
        finally:
            stop.set()
            thread.join()


def packets_in(path: Path) -> list[bytes]:
    data = path.read_bytes()
    assert data[:4] == b"\xd4\xc3\xb2\xa1"
    found, at = [], 24
    while at < len(data):
        _, _, kept, _ = struct.unpack_from("=IIII", data, at)
        found.append(data[at + 16 : at + 16 + kept])
        at += 16 + kept
    assert at == len(data)
    return found


def captured(request: CaptureRequest, lines: list[Mapping[str, Any]] | None = None) -> Captured:
    found = PacketCapture().run(request, (lines if lines is not None else []).append, lambda: False)
    return found.captures[0]


def test_a_number_of_packets_that_a_filter_lets_through_is_in_the_file(tmp_path: Path) -> None:
    with chatter() as port:
        found = captured(CaptureRequest("lo", tmp_path / "captures", 10, packets=5, filter=f"udp dst port {port}"))
    assert found.count == 5
    assert found.start_time <= found.end_time
    path = Path(found.file_location.removeprefix("file://"))
    packets = packets_in(path)
    assert len(packets) == 5
    assert all(packet.endswith(b"x" * 100) and packet[12:14] == b"\x08\x00" for packet in packets)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_capture_ends_with_its_time_and_says_how_far_it_is(tmp_path: Path) -> None:
    lines: list[Mapping[str, Any]] = []
    began = time.monotonic()
    with chatter() as port:
        found = captured(CaptureRequest("lo", tmp_path, 1, filter=f"port {port}"), lines)
    assert 0.9 < time.monotonic() - began < 10
    assert found.count > 20
    assert lines[-1]["packets"] == found.count


def test_a_capture_ends_before_the_file_is_longer_than_was_asked_and_than_there_may_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chatter(1000) as port:
        wanted = f"port {port}"
        found = captured(CaptureRequest("lo", tmp_path, 30, octets=5000, filter=wanted))
        assert (tmp_path / "capture.pcap").stat().st_size <= 5000
        assert found.count == 4
        monkeypatch.setattr(packet_capture, "MOST_OCTETS", 3000)
        assert captured(CaptureRequest("lo", tmp_path, 30, filter=wanted)).count == 2


def test_the_next_capture_replaces_the_last_and_follows_no_link_of_the_file_system(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("whole")
    (tmp_path / "capture.pcap").symlink_to(victim)
    with chatter() as port:
        captured(CaptureRequest("lo", tmp_path, 5, packets=1, filter=f"port {port}"))
    assert victim.read_text() == "whole"
    assert len(packets_in(tmp_path / "capture.pcap")) == 1


def test_a_file_that_has_a_target_is_sent_there_and_not_kept(tmp_path: Path) -> None:
    sent: list[tuple[bytes, Target]] = []
    target = Target("https://files.example/x", "me", "word")
    request = CaptureRequest(
        "lo", tmp_path, 1, target=target, send=lambda path, where, _: sent.append((path.read_bytes(), where))
    )
    assert captured(request).file_location == "https://files.example/x"
    [(data, where)] = sent
    assert data[:4] == b"\xd4\xc3\xb2\xa1"
    assert where == target
    assert "word" not in repr(request)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("link", "text", "state"),
    [("", "", "Error_Other"), ("lo", "tcp and", "Error_Other"), ("nosuchlink0", "", "Error_Internal")],
)
def test_what_cannot_be_captured_says_why_and_leaves_the_last_capture(
    tmp_path: Path, link: str, text: str, state: str
) -> None:
    (tmp_path / "capture.pcap").write_text("the last one")
    with pytest.raises(DiagnosticFailed) as failed:
        captured(CaptureRequest(link, tmp_path, 1, filter=text))
    assert failed.value.state == state
    assert (tmp_path / "capture.pcap").read_text() == "the last one"


def test_a_cancel_is_heard_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    PacketCapture().run(CaptureRequest("lo", tmp_path, 60), lambda _: None, lambda: time.monotonic() > began + 0.2)
    assert time.monotonic() - began < 10


def test_a_filter_is_checked_before_anything_is_captured() -> None:
    check_filter("tcp port 80")
    with pytest.raises(NoFilter):
        check_filter("tcp port")


GONE = """
import json, os, shutil, socket, subprocess, threading
from pathlib import Path
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.packet_capture import CaptureRequest, PacketCapture
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("gone", 0))
frame = bytes.fromhex("02000000000b02000000000a88b5") + b"hello" * 10
def progress(line):
    if "file" in line:
        sender.send(frame)
    elif line["packets"]:
        subprocess.run(["ip", "link", "delete", "gone"])
folder = Path("/tmp") / f"capture-of-a-test-{os.getpid()}"
asked = CaptureRequest("gone", folder, 10, filter="ether src host 2:0:0:0:0:a")
try:
    PacketCapture().run(asked, progress, lambda: False)
except DiagnosticFailed as failure:
    told = [failure.state, failure.text, failure.result.captures[0].count]
    print(json.dumps([*told, (folder / "capture.pcap").read_bytes()[40:].hex(), frame.hex()]))
shutil.rmtree(folder)
"""


@pytest.mark.slow
def test_what_had_come_before_the_link_went_away_stays(lab: Namespace) -> None:
    veth(lab, "gone", lab, "other")
    state, text, count, kept, sent = lab.python(GONE)
    assert (state, text, count) == ("Error_Internal", "gone went down (Network is down); packets until then: 1", 1)
    assert kept == sent


TAGGED = """
import json, os, socket, threading, time
from pathlib import Path
from backends.diagnostics.packet_capture import CaptureRequest, PacketCapture
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("far", 0))
frame = bytes.fromhex("02000000000b02000000000a8100a00788b5") + b"hello" * 10
stop = threading.Event()
def speak():
    while not stop.wait(0.02):
        sender.send(frame)
threading.Thread(target=speak, daemon=True).start()
folder = Path("/tmp") / f"capture-of-a-test-{os.getpid()}"
asked = CaptureRequest("near", folder, 10, packets=1, filter="ether src host 2:0:0:0:0:a")
PacketCapture().run(asked, lambda _: None, lambda: False)
stop.set()
data = (folder / "capture.pcap").read_bytes()
(folder / "capture.pcap").unlink()
folder.rmdir()
print(json.dumps([data[40:].hex(), frame.hex()]))
"""


def test_the_tag_of_a_vlan_is_where_it_was_on_the_wire(lab: Namespace) -> None:
    veth(lab, "near", lab, "far")
    kept, sent = lab.python(TAGGED)
    assert kept == sent
