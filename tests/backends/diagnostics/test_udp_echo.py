"""UDPEchoDiagnostics against our own server, a plain one, one that loses packets, and none."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from backends.diagnostics import udp_echo
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.sockets import Way
from backends.diagnostics.udp_echo import EchoRequest, EchoResult, UdpEcho
from backends.diagnostics.udp_echo_server import EchoPlace, EchoServer

Reply = Callable[[int, bytes], list[bytes]]


@contextmanager
def plain_server(reply: Reply = lambda _number, payload: [payload], host: str = "127.0.0.1") -> Iterator[int]:
    """What it sends back for the packet with this number."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))

    def serve() -> None:
        number = 0
        while True:
            payload, sender = made.recvfrom(65535)
            if payload == b"":
                return
            number += 1
            for one in reply(number, payload):
                made.sendto(one, sender)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield made.getsockname()[1]
    finally:
        made.sendto(b"", made.getsockname())
        thread.join()
        made.close()


def result_of(request: EchoRequest, lines: list[Mapping[str, Any]] | None = None) -> EchoResult:
    found = UdpEcho().run(request, (lines if lines is not None else []).append, lambda: False)
    assert found is not None
    return found


def asked(port: int, host: str = "127.0.0.1", **more: Any) -> EchoRequest:
    return EchoRequest(host, Way(), port, **{"repetitions": 5, "interval": 5, "timeout": 5000, **more})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_each_packet_is_told_with_the_responders_own_numbers(host: str) -> None:
    server, lines = EchoServer(), list[Mapping[str, Any]]()
    with plain_server(host=host) as port:
        pass  # a port that is free now
    server.listen(EchoPlace(port, host, "lo", plus=True))
    try:
        result = result_of(EchoRequest(host, Way("lo", 10), port, 5, interval=5, individual=True), lines)
    finally:
        server.stop()
    assert (result.success_count, result.failure_count, result.ip_address_used) == (5, 0, host)
    assert 0 < result.minimum_response_time <= result.average_response_time <= result.maximum_response_time < 5_000_000
    assert [one.test_gen_sn for one in result.packets] == [1, 2, 3, 4, 5]
    assert [one.test_resp_sn for one in result.packets] == [1, 2, 3, 4, 5]
    for one in result.packets:
        assert one.packet_success
        assert one.packet_send_time
        assert one.packet_receive_time
        assert one.packet_send_time < one.packet_receive_time
        assert one.test_resp_rcv_time_stamp > 0
        assert one.test_resp_reply_failure_count == 0
    assert lines[0] == {"address": host, "port": port, "source": host}
    assert [line["number"] for line in lines[1:]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 23, 24, 1400, 9000])
def test_a_plain_server_answers_packets_of_any_size(size: int) -> None:
    with plain_server() as port:
        result = result_of(asked(port, size=size))
    assert (result.success_count, result.failure_count) == (5, 0)
    assert result.packets == ()


def test_a_lost_packet_is_a_failure_and_no_time() -> None:
    with plain_server(lambda number, payload: [] if number in (2, 4) else [payload]) as port:
        result = result_of(asked(port, timeout=300, individual=True))
    assert (result.success_count, result.failure_count) == (3, 2)
    assert [one.packet_success for one in result.packets] == [True, False, True, False, True]
    assert result.packets[1].packet_receive_time is None
    assert result.packets[1].packet_send_time


def test_answers_out_of_order_twice_or_of_something_else_are_told_apart() -> None:
    kept: list[bytes] = []

    def reply(number: int, payload: bytes) -> list[bytes]:
        kept.append(payload)
        return kept[::-1] * 2 + [b"nonsense", b"", payload + b"x"] if number == 5 else []

    with plain_server(reply) as port:
        result = result_of(asked(port))
    assert (result.success_count, result.failure_count) == (5, 0)


def test_an_answer_after_the_timeout_is_none() -> None:
    def late(_number: int, payload: bytes) -> list[bytes]:
        time.sleep(0.2)
        return [payload]

    with plain_server(late) as port:
        result = result_of(asked(port, repetitions=1, timeout=50))
    assert (result.success_count, result.failure_count) == (0, 1)
    assert (result.average_response_time, result.minimum_response_time, result.maximum_response_time) == (0, 0, 0)


def test_where_nobody_listens_every_packet_fails() -> None:
    with plain_server() as port:
        pass
    result = result_of(asked(port, timeout=100))
    assert (result.success_count, result.failure_count) == (0, 5)


def test_packets_keep_their_pace() -> None:
    with plain_server() as port:
        result = result_of(asked(port, repetitions=11, interval=50, individual=True))
    first, last = result.packets[0].packet_send_time, result.packets[-1].packet_send_time
    assert first
    assert last
    assert 0.45 < (last - first).total_seconds() < 5


def test_only_the_first_packets_are_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp_echo, "MOST_PACKETS_TOLD", 3)
    with plain_server() as port:
        result = result_of(asked(port, individual=True))
    assert len(result.packets) == 3
    assert result.success_count == 5


def test_a_cancel_ends_it_and_a_host_that_must_not_be_spoken_to_hears_nothing() -> None:
    heard: list[int] = []
    with plain_server(lambda number, _: heard.append(number) or []) as port:  # type: ignore[func-returns-value]
        began = time.monotonic()
        UdpEcho().run(asked(port, timeout=60_000), lambda _: None, lambda: time.monotonic() > began + 0.2)
        assert time.monotonic() - began < 10
        heard.clear()
        with pytest.raises(DiagnosticFailed, match="no") as failed:
            result_of(asked(port, refusal=lambda *_: "no"))
        assert failed.value.state == "Error_Other"
        assert heard == []
    with pytest.raises(DiagnosticFailed) as failed:
        result_of(asked(7, "no-such-name.invalid"))
    assert failed.value.state == "Error_CannotResolveHostName"
