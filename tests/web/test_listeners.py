"""The page listens on the interfaces that it is told, and on no other."""

import socket

import pytest

from agent.web.listeners import Listeners, listening


def test_it_listens_on_loopback_for_both_families() -> None:
    one = Listeners(0)
    (new,), closed = one.follow(["lo"])
    assert not closed
    assert one.port == new.getsockname()[1] != 0
    with socket.create_connection(("127.0.0.1", one.port), timeout=10):
        pass
    if new.family == socket.AF_INET6:
        with socket.create_connection(("::1", one.port), timeout=10):
            pass
    assert one.follow(["lo"]) == ([], [])
    assert one.follow([])[1] == [new]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", one.port), timeout=10)


def test_a_taken_port_is_told_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    taken = socket.socket()
    taken.bind(("", 0))
    taken.listen()
    port = taken.getsockname()[1]
    one = Listeners(port)
    for _ in range(3):
        assert one.follow(["lo"]) == ([], [])
    assert caplog.text.count(f"port {port} on lo is taken; set [web] port") == 1
    assert "lo" in one.problems
    taken.close()
    assert len(one.follow(["lo"])[0]) == 1
    assert not one.problems
    one.close()


def test_an_interface_that_is_not_there_is_told(caplog: pytest.LogCaptureFixture) -> None:
    one = Listeners(0)
    assert one.follow(["nothing0"]) == ([], [])
    assert "there is no interface nothing0" in caplog.text
    with pytest.raises(OSError, match="No such device"):
        listening("nothing0", 0)
