"""The serial line: a real serial stack on ptys, opened by one alone, lost and found again."""

import os
import socket
import termios
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.omci.codecs import CODECS
from backends.omci.exchange import Exchange
from backends.omci.link import Line, LineLost, _reason
from backends.omci.queries import Queries
from tests.backends.omci.console_server import SET_BAUDRATE, console_server
from tests.backends.omci.pty_onu import onu
from tests.lab.onus import lab_onu
from tests.waiting import PATIENCE


def echo(frame: bytes) -> list[bytes]:
    return [frame]


def read_to_the_end(line: Line) -> None:
    while True:
        line.read(PATIENCE)


def fill(line: Line) -> None:
    for _ in range(100):
        line.write(bytes(4096))


def test_octets_go_both_ways_unchanged() -> None:
    every = bytes(range(256))
    with onu(lambda frame: [frame[::-1]], "hdlc") as far:
        line = Line(far.device)
        line.write(far.framed(every))
        heard = b""
        while len(heard) < 256:
            octets = line.read(PATIENCE)
            assert octets
            heard += octets
        line.close()
    assert far.heard == [every]
    assert heard == every[::-1]


def test_it_is_opened_at_115200_without_flow_control_and_stays_raw() -> None:
    with onu(echo) as far:
        line = Line(far.device)
        line.open()
        iflag, oflag, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(far.master)
        line.close()
    assert ispeed == ospeed == termios.B115200
    assert not cflag & (termios.CRTSCTS | termios.PARENB | termios.CSTOPB | termios.HUPCL)
    assert cflag & termios.CSIZE == termios.CS8
    assert not iflag & (termios.IXON | termios.IXOFF | termios.ICRNL)
    assert not lflag & (termios.ECHO | termios.ICANON)
    assert not oflag & termios.OPOST


def test_another_speed_is_set() -> None:
    with onu(echo) as far:
        line = Line(far.device, 9600)
        line.open()
        assert termios.tcgetattr(far.master)[4] == termios.B9600
        line.close()


def test_modem_lines_are_never_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    import fcntl

    real = fcntl.ioctl

    def note(descriptor: int, request: int, *more: object) -> object:
        asked.append(request)
        return real(descriptor, request, *more)  # type: ignore[call-overload]

    monkeypatch.setattr(fcntl, "ioctl", note)
    with onu(echo) as far:
        line = Line(far.device)
        line.write(b"x")
        line.close()
    assert not {termios.TIOCMBIS, termios.TIOCMBIC, termios.TIOCMSET} & set(asked)


def test_a_second_user_of_the_line_is_refused() -> None:
    with onu(echo) as far:
        line, other = Line(far.device), Line(far.device)
        line.open()
        with pytest.raises(LineLost, match="cannot be opened"):
            other.open()
        line.close()
        other.open()
        other.close()


def test_silence_is_no_error_and_lasts_no_longer_than_was_allowed() -> None:
    with onu(echo) as far:
        line = Line(far.device)
        assert line.read(0.05) == b""
        assert line.read(0) == b""
        line.close()


def test_what_was_not_read_can_be_forgotten() -> None:
    with onu(lambda _: []) as far:
        line = Line(far.device)
        line.open()
        far.write(b"old" * 100)
        while not line.read(PATIENCE):
            pass
        far.write(b"old" * 100)
        line.forget()
        assert line.read(0.05) in (b"", b"old" * 100)  # what was still under way, or nothing
        line.close()


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(LineLost, match="/dev/ttyNONE cannot be opened: No such file or directory"):
        Line("/dev/ttyNONE").read(0)


def test_what_is_no_serial_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(LineLost, match="cannot be opened"):
        Line(str(file)).open()


def test_a_device_unplugged_is_lost_and_back_under_its_name_it_is_opened_again(tmp_path: Path) -> None:
    name = tmp_path / "ttyONT"
    with onu(echo) as far:
        name.symlink_to(far.device)
        line = Line(str(name))
        line.open()
        assert line.is_open
        far.unplug()
        with pytest.raises(LineLost, match=r"the device is gone|Input/output error"):
            read_to_the_end(line)
        assert not line.is_open
        with pytest.raises(LineLost):
            line.write(b"x")
    with onu(lambda _: [b"back"]) as again:
        name.unlink()
        name.symlink_to(again.device)
        line.write(again.framed(b"hello"))
        assert line.read(PATIENCE)
        line.close()


def test_a_line_that_takes_nothing_is_lost_instead_of_blocking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.link.WRITE_WITHIN", 0.1)
    master, slave = os.openpty()
    line = Line(os.ttyname(slave))
    with pytest.raises(LineLost, match=r"[Tt]imeout"):
        fill(line)
    os.close(master)
    os.close(slave)


@pytest.mark.slow
def test_a_console_server_is_spoken_to_by_its_url() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = Line(f"socket://127.0.0.1:{server.getsockname()[1]}")
        line.open()
        peer, _ = server.accept()
        with peer:
            line.write(b"ping")
            assert peer.recv(10) == b"ping"
            peer.sendall(b"pong")
            assert line.read(PATIENCE)[:1] == b"p"
        with pytest.raises(LineLost):
            read_to_the_end(line)
    with pytest.raises(LineLost, match="cannot be opened"):
        line.open()


@pytest.mark.slow
@pytest.mark.parametrize("has_commands", [False, True])
def test_an_ont_behind_a_console_server_is_asked_and_again_after_it_has_hung_up(has_commands: bool) -> None:
    with lab_onu() as ont, console_server(ont.device, has_commands=has_commands) as server:
        line = Line(server.url)
        asked = Queries(Exchange(line, CODECS["hdlc"]()))
        assert asked.get(257, 0, 0x8000).octets[1].rstrip(b"\0 ") == b"Lab ONU 2500"
        assert asked.get(340, 0x0E01).octets == {1: b"\1", 2: b"\xff\xff", 3: b"\xff\xff"}
        server.hang_up()
        with pytest.raises(LineLost):
            read_to_the_end(line)
        assert asked.get(256, 0, 0x8000).octets[1]
        line.close()
    if has_commands:
        assert 115200 in server.speeds


@pytest.mark.parametrize("has_commands", [False, True])
def test_every_octet_goes_through_a_console_server_both_ways(has_commands: bool) -> None:
    every = bytes(range(256)) * 2  # among them 0xff, which is a command's beginning there
    with (
        onu(lambda frame: [far.framed(frame[::-1])]) as far,
        console_server(far.device, has_commands=has_commands) as at,
    ):
        line, codec = Line(at.url), CODECS["hdlc"]()
        line.write(codec.wrapped(every))
        found: list[bytes] = []
        while not found:
            octets = line.read(PATIENCE)
            assert octets
            found += codec.feed(octets)
        line.close()
    assert (far.heard, found) == ([every], [every[::-1]])


@pytest.mark.slow
def test_a_console_server_sets_the_line_once_and_is_not_asked_to_touch_modem_lines() -> None:
    with onu(echo) as far, console_server(far.device, has_commands=True) as server:
        line = Line(server.url)
        line.write(b"x")
        for seconds in (0.01, 0.02, 0.03):
            line.read(seconds)
        line.close()
        assert server.modem_lines == []
        assert server.commands.count(SET_BAUDRATE) == 1


def test_closing_twice_is_closing() -> None:
    with onu(echo) as far:
        line = Line(far.device)
        line.open()
        line.close()
        line.close()
    run: Callable[[], None] = Line("/dev/null").close
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_why_a_port_cannot_be_set_up_is_the_kernel_s_sentence() -> None:
    raised = OSError("Could not configure port: (5, 'Input/output error')")
    raised.__context__ = termios.error(5, "Input/output error")  # as pyserial raises it
    assert _reason(raised) == "Input/output error"
