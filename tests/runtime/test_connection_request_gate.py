"""The judgement of connection requests without sockets: time, bounds, and bytes of any kind."""

from hypothesis import given
from hypothesis import strategies as st

from agent.runtime.connection_request_gate import Gate, end_of_head
from tests.runtime.connection_request_client import PASSWORD, PATH, USERNAME, Answer, authorization, request


def test_a_nonce_older_than_a_minute_is_stale() -> None:
    gate = gate_of()

    def judged(head: bytes, now: float) -> Answer:
        verdict = gate.judge(head, "192.0.2.1", now, lambda: True)
        return Answer(verdict.status, {"www-authenticate": verdict.header.strip()}, b"")

    challenge = judged(request(), 1000.0).challenge
    assert judged(request(PATH, authorization(challenge)), 1059.0).status == 200
    challenge = judged(request(), 2000.0).challenge
    late = judged(request(PATH, authorization(challenge)), 2061.0)
    assert (late.status, late.challenge["stale"]) == (401, "true")
    assert judged(request(PATH, authorization(late.challenge)), 2062.0).status == 200


def test_what_the_gate_remembers_is_bounded() -> None:
    gate = gate_of()
    for number in range(2000):
        gate.judge(
            request(PATH, "Authorization: Digest x=y"), f"198.51.{number >> 8}.{number & 255}", 1.0, lambda: True
        )
    assert len(gate._failures) <= 256


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_break_the_gate_or_open_a_session(noise: bytes, at: int) -> None:
    gate = gate_of()
    whole = request(PATH, 'Authorization: Digest username="acs",realm="cpe",nonce="x",uri="/",response="00"')
    for head in (noise, whole[:at] + noise + whole[at:]):
        if end := end_of_head(head):
            assert gate.judge(head[:end], "192.0.2.1", 1.0, lambda: True).status in (400, 401, 404, 405, 431, 505)


def gate_of(**options: int) -> Gate:
    return Gate(PATH, lambda: (USERNAME, PASSWORD), key=b"k" * 32, **options)


def accepted(gate: Gate, now: float) -> int:
    """The status of an honest request at that time."""
    challenge = gate.judge(request(), "192.0.2.1", now, lambda: True).header
    nonce = challenge.partition('nonce="')[2].partition('"')[0]
    fields = {"realm": "cpe", "algorithm": "MD5", "nonce": nonce}
    return gate.judge(request(PATH, authorization(fields)), "192.0.2.1", now, lambda: True).status


def test_the_limit_of_accepted_requests_is_one_of_any_minute() -> None:
    gate = gate_of(accepted_per_minute=2)
    assert [accepted(gate, now) for now in (0.0, 30.0, 59.0, 61.0, 62.0, 91.0)] == [200, 200, 503, 200, 503, 200]


def test_an_address_that_failed_may_try_again_after_a_minute() -> None:
    gate = gate_of(failures_per_minute=2)
    wrong = request(PATH, "Authorization: Digest x=y")

    def status(now: float) -> int:
        return gate.judge(wrong, "192.0.2.1", now, lambda: True).status

    assert [status(now) for now in (0.0, 1.0, 2.0, 59.0, 61.0, 62.0, 63.0)] == [401, 401, 503, 503, 401, 401, 503]


def test_the_right_log_in_gets_through_from_an_address_where_others_guess() -> None:
    gate = gate_of(failures_per_minute=2)
    wrong = request(PATH, "Authorization: Digest x=y")
    assert [gate.judge(wrong, "192.0.2.1", 0.0, lambda: True).status for _ in range(4)] == [401, 401, 503, 503]
    assert accepted(gate, 1.0) == 200
    for _ in range(200):
        gate.judge(wrong, "192.0.2.1", 2.0, lambda: True)
    assert [accepted(gate, 3.0), accepted(gate, 61.0)] == [503, 200]  # a password is not searched for at that rate


def test_a_count_that_does_not_begin_at_one_opens_nothing() -> None:
    gate = gate_of()
    challenge = gate.judge(request(), "192.0.2.1", 1.0, lambda: True).header
    nonce = challenge.partition('nonce="')[2].partition('"')[0]
    fields = {"realm": "cpe", "algorithm": "MD5", "nonce": nonce}
    for nc in ("00000000", "00000002"):
        head = request(PATH, authorization(fields, nc=nc))
        assert gate.judge(head, "192.0.2.1", 1.0, lambda: True).status == 401


def test_no_two_nonces_are_alike_even_at_the_same_instant() -> None:
    gate = gate_of()
    assert len({gate.judge(request(), "192.0.2.1", 1.0, lambda: True).header for _ in range(1000)}) == 1000


def test_the_core_is_asked_only_about_those_who_know_the_password() -> None:
    gate = gate_of()
    asked: list[int] = []
    wrong = request(PATH, "Authorization: Digest x=y")
    for head in (request(), wrong, request("/"), b"nonsense\r\n\r\n"):
        gate.judge(head, "192.0.2.1", 1.0, lambda: bool(asked.append(1)))
    assert asked == []


def test_a_head_ends_at_its_empty_line() -> None:
    assert end_of_head(b"GET / HTTP/1.1\r\n\r\nmore") == 18
    assert end_of_head(b"GET / HTTP/1.1\n\nmore") == 16
    assert end_of_head(b"GET / HTTP/1.1\r\n\r") == 0
