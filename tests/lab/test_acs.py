"""LabAcs as a library: start, queue, wait, look at what happened, stop."""

import socket
import threading
import time
from collections.abc import Callable

import pytest

from agent.lab.acs import LabAcs
from agent.lab.gate import Auth
from agent.lab.records import Line
from agent.lab.rpcs import BadArguments
from tests.lab.cpe import DEVICE, Cpe, inform, response


def later(action: Callable[[], object]) -> threading.Thread:
    """Do it on another thread in a moment."""

    def run() -> None:
        time.sleep(0.05)
        action()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_the_url_is_what_a_cpe_is_given(acs: LabAcs) -> None:
    assert acs.url == f"http://127.0.0.1:{acs.port}/"
    assert acs.port != 0


def test_it_listens_on_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with LabAcs("::1") as acs, socket.create_connection(("::1", acs.port), 5) as sock:
        assert acs.url == f"http://[::1]:{acs.port}/"
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_an_address_that_is_taken_is_reported(acs: LabAcs) -> None:
    with pytest.raises(OSError, match="in use"):
        LabAcs(port=acs.port).start()


def test_nothing_answers_once_it_has_stopped(acs: LabAcs) -> None:
    acs.stop()
    with pytest.raises(OSError, match=r"refused|reset"):
        socket.create_connection(("127.0.0.1", acs.port), 1)


def test_waiting_for_an_rpc_ends_when_it_is_done(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform())
    rpc = acs.queue(DEVICE, "Reboot")
    with pytest.raises(TimeoutError, match=r"Reboot is still queued after 0.01 s"):
        acs.wait(rpc, 0.01)
    asked = cpe.post()
    thread = later(lambda: cpe.post(response("Reboot", asked.id)))
    assert acs.wait(rpc, 5).state == "done"
    thread.join()
    assert acs.rpc(rpc.id) is rpc


def test_rpcs_may_be_queued_before_the_first_inform(acs: LabAcs, cpe: Cpe) -> None:
    with pytest.raises(KeyError):
        acs.queue(DEVICE, "Reboot")
    acs.queue(acs.expect(DEVICE).id, "Reboot")
    cpe.post(inform())
    assert cpe.post().says("Reboot")


def test_wrong_arguments_are_refused_at_once(acs: LabAcs) -> None:
    with pytest.raises(BadArguments):
        acs.queue(acs.expect(DEVICE).id, "Reboot", {"when": "now"})


def test_waiting_for_an_inform_finds_its_event(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform("0 BOOTSTRAP", ("M Reboot", "k"), parameters=[("Device.A", "1", "int")], retry=4))
    found = acs.wait_for_inform("M Reboot", device=DEVICE, timeout=1)
    assert (found.events, found.command_keys) == (("0 BOOTSTRAP", "M Reboot"), ("", "k"))
    assert (found.parameters, found.retry_count) == ({"Device.A": "1"}, 4)
    with pytest.raises(TimeoutError, match="no Inform with 2 PERIODIC"):
        acs.wait_for_inform("2 PERIODIC", timeout=0.01)
    with pytest.raises(TimeoutError):
        acs.wait_for_inform(after=1, timeout=0.01)
    cpe.post()
    thread = later(lambda: cpe.post(inform("2 PERIODIC")))
    assert acs.wait_for_inform(after=1, timeout=5).events == ("2 PERIODIC",)
    thread.join()


def test_waiting_for_the_end_of_a_session(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform())
    with pytest.raises(TimeoutError, match="no session ended"):
        acs.wait_for_session_end(timeout=0.01)
    thread = later(cpe.post)
    session = acs.wait_for_session_end(timeout=5)
    thread.join()
    assert (session.number, session.state, session.posts) == (1, "ended", 2)
    with pytest.raises(TimeoutError):
        acs.wait_for_session_end(after=1, timeout=0.01)


def test_devices_that_speak_at_once_have_sessions_of_their_own(acs: LabAcs) -> None:
    failures: list[tuple[int, int]] = []

    def play(serial: int) -> None:
        with Cpe(acs.port) as cpe:
            for _ in range(10):
                statuses = (cpe.post(inform(serial=str(serial))).status, cpe.post().status)
                if statuses != (200, 204):
                    failures.append(statuses)

    threads = [threading.Thread(target=play, args=(serial,)) for serial in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(acs.devices) == 10
    assert {session.state for session in acs.sessions} == {"ended"}
    assert [session.number for session in acs.sessions] == list(range(1, 101))


def test_a_connection_request_uses_what_the_acs_knows_of_the_device() -> None:
    lines: list[Line] = []
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        sock, _ = listener.accept()
        with sock:
            asked.append(sock.recv(1000))
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    url = f"http://127.0.0.1:{listener.getsockname()[1]}/path"
    with listener, LabAcs(show=lines.append) as acs, Cpe(acs.port) as cpe:
        thread = threading.Thread(target=answer)
        thread.start()
        cpe.post(inform(parameters=[("Device.ManagementServer.ConnectionRequestURL", url, "string")]))
        outcome = acs.request_connection(DEVICE)
        thread.join()
        known = acs.devices[DEVICE]
    assert outcome.accepted
    assert asked[0].startswith(b"GET /path HTTP/1.1\r\n")
    assert known.last_connection_request is not None
    assert known.last_connection_request["status"] == 200
    [shown] = [line for line in lines if line.what == "connection request"]
    assert (shown.device, shown.summary, shown.is_bad) == (DEVICE, "200", False)


def test_a_connection_request_to_nowhere_is_reported(acs: LabAcs) -> None:
    outcome = acs.request_connection(acs.expect(DEVICE).id)
    assert not outcome.accepted
    assert "has told no connection request URL" in outcome.reason


def test_a_file_of_the_lab_is_offered_at_the_address_that_the_cpe_uses() -> None:
    with LabAcs(auth=Auth("basic", "cpe", "secret")) as acs, Cpe(acs.port) as cpe:
        acs.queue(acs.expect(DEVICE).id, "Download", {"url": "/files/fw"})
        headers = {"Authorization": "Basic Y3BlOnNlY3JldA=="}
        cpe.post(inform(), **headers)
        asked = cpe.post(**headers).text
    assert f"<URL>http://127.0.0.1:{acs.port}/files/fw</URL><Username>cpe</Username><Password>secret<" in asked


def test_a_value_change_is_seen_in_the_conversation(acs: LabAcs, cpe: Cpe) -> None:
    for number, last in enumerate(("1", "2")):
        cpe.post(
            inform(parameters=[*((f"Device.P{index}", "0", "int") for index in range(5)), ("Device.L", last, "int")])
        )
        cpe.post()
        shown = acs.sessions[number].lines[0].summary
    assert "6 parameters: Device.L=2, Device.P0=0" in shown


def test_a_person_who_looks_is_told_what_this_is(cpe: Cpe) -> None:
    assert "A lab ACS" in cpe.request("GET", "/").text
    assert cpe.request("GET", "/other").status == 405


def test_an_envelope_can_be_shown_for_a_line(acs: LabAcs, cpe: Cpe) -> None:
    cpe.post(inform())
    inform_line, answer_line = list(acs.sessions[0].lines)
    assert "<c:Inform>" in (acs.envelope_of(inform_line) or "")
    assert "<cwmp:InformResponse>" in (acs.envelope_of(answer_line) or "")
