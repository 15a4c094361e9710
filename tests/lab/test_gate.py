"""Who is let in: every case of Basic and Digest, nonces and their counts."""

import base64
from dataclasses import dataclass, field

import pytest

from agent.lab.digest import Question, parse_parameters
from agent.lab.gate import NONCE_SECONDS, NONCES_KEPT, Auth, Gate, Verdict


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """Answers challenges as RFC 7616 says; every field can be made wrong."""

    gate: Gate
    user: str = "cpe"
    password: str = "secret"
    method: str = "POST"
    uri: str = "/acs"
    nonces: list[dict[str, str]] = field(default_factory=list)

    def challenge(self, connection: int = 1, stale: bool = False) -> dict[str, str]:
        header = self.gate.challenge(connection, stale)[0][1]
        return parse_parameters(header.removeprefix("Digest "))

    def answer(
        self,
        challenge: dict[str, str],
        count: int = 1,
        body: bytes = b"",
        qop: str = "auth",
        computed_with: str | None = None,
        **changed: str,
    ) -> str:
        algorithm = computed_with or challenge["algorithm"]
        nc = f"{count:08x}" if qop else ""
        question = Question(
            self.user, challenge["realm"], self.password, self.method, self.uri, challenge["nonce"], algorithm, qop,
            nc, "abc" if qop else "", body,
        )  # fmt: skip
        fields = {
            "username": self.user, "realm": challenge["realm"], "nonce": challenge["nonce"], "uri": self.uri,
            "response": question.response(), "algorithm": algorithm,
        }  # fmt: skip
        if qop:
            fields |= {"qop": qop, "nc": nc, "cnonce": "abc"}
        return "Digest " + ", ".join(f'{name}="{value}"' for name, value in (fields | changed).items() if value)


def digest_gate(**options: object) -> tuple[Gate, Clock]:
    clock = Clock()
    return Gate(Auth("digest", "cpe", "secret", **options), clock), clock  # type: ignore[arg-type]


def check(gate: Gate, header: str | None, body: bytes = b"", target: str = "/acs", **options: object) -> Verdict:
    return gate.check(header, "POST", target, body, 1, **options)  # type: ignore[arg-type]


def test_without_authentication_all_may_enter() -> None:
    assert check(Gate(Auth(), Clock()), None) is Verdict.GOOD


@pytest.mark.parametrize(
    ("header", "verdict"),
    [
        (None, Verdict.MISSING),
        ("Basic " + base64.b64encode(b"cpe:secret").decode(), Verdict.GOOD),
        ("basic " + base64.b64encode(b"cpe:secret").decode(), Verdict.GOOD),
        ("Basic " + base64.b64encode(b"cpe:Secret").decode(), Verdict.WRONG),
        ("Basic " + base64.b64encode(b"CPE:secret").decode(), Verdict.WRONG),
        ("Basic ***", Verdict.WRONG),
        ('Digest username="cpe"', Verdict.WRONG),
        ("", Verdict.WRONG),
    ],
)
def test_basic_credentials_have_to_match(header: str | None, verdict: Verdict) -> None:
    gate = Gate(Auth("basic", "cpe", "secret"), Clock())
    assert gate.challenge(1) == [("WWW-Authenticate", 'Basic realm="lab"')]
    assert check(gate, header) is verdict


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"])
@pytest.mark.parametrize("qop", ["auth", "auth-int", ""])
def test_the_right_answer_enters_by_every_algorithm_and_qop(algorithm: str, qop: str) -> None:
    gate, _ = digest_gate(algorithms=(algorithm,), qop=qop)
    client = Client(gate)
    challenge = client.challenge()
    assert challenge.get("qop", "") == qop
    assert check(gate, client.answer(challenge, body=b"x", qop=qop), b"x") is Verdict.GOOD


def test_each_algorithm_has_a_challenge_of_its_own() -> None:
    gate, _ = digest_gate(algorithms=("SHA-256", "MD5"))
    offered = [parse_parameters(value[7:]) for _, value in gate.challenge(1)]
    assert [each["algorithm"] for each in offered] == ["SHA-256", "MD5"]
    assert check(gate, Client(gate).answer(offered[0], computed_with="MD5")) is Verdict.WRONG
    assert check(gate, Client(gate).answer(offered[1])) is Verdict.GOOD


@pytest.mark.parametrize(
    "changed",
    [
        {"username": "other"}, {"uri": "/other"}, {"realm": "other"}, {"response": "0" * 32}, {"response": ""},
        {"nc": "1"}, {"nc": "zzzzzzzz"}, {"cnonce": ""}, {"qop": "auth-int"}, {"qop": ""}, {"algorithm": "SHA-1"},
        {"nonce": ""}, {"username": ""}, {"uri": ""}, {"realm": ""}, {"algorithm": "SHA-256"},
    ],
)  # fmt: skip
def test_one_wrong_field_is_enough_to_stay_outside(changed: dict[str, str]) -> None:
    gate, _ = digest_gate()
    client = Client(gate)
    assert check(gate, client.answer(client.challenge(), **changed)) is Verdict.WRONG


def test_a_wrong_password_or_user_stays_outside() -> None:
    gate, _ = digest_gate()
    assert check(gate, Client(gate, password="guess").answer(Client(gate).challenge())) is Verdict.WRONG
    assert check(gate, Client(gate, user="guess").answer(Client(gate).challenge())) is Verdict.WRONG


def test_another_body_than_was_signed_stays_outside_with_auth_int() -> None:
    gate, _ = digest_gate(qop="auth-int")
    client = Client(gate)
    assert check(gate, client.answer(client.challenge(), body=b"x", qop="auth-int"), b"y") is Verdict.WRONG


def test_a_count_must_rise_and_its_repetition_is_stale() -> None:
    gate, _ = digest_gate()
    client = Client(gate)
    challenge = client.challenge()
    verdicts = [check(gate, client.answer(challenge, count)) for count in (1, 2, 2, 1, 5)]
    assert verdicts == [Verdict.GOOD, Verdict.GOOD, Verdict.STALE, Verdict.STALE, Verdict.GOOD]


def test_an_old_nonce_and_an_unknown_one_are_stale() -> None:
    gate, clock = digest_gate()
    client = Client(gate)
    challenge = client.challenge()
    clock.now = NONCE_SECONDS + 1
    assert check(gate, client.answer(challenge)) is Verdict.STALE
    assert check(gate, client.answer({**challenge, "nonce": "never-given"})) is Verdict.STALE
    assert client.challenge(stale=True)["stale"] == "true"


def test_nonces_can_be_limited_to_a_number_of_uses_and_to_a_connection() -> None:
    gate, _ = digest_gate()
    client = Client(gate)
    challenge = client.challenge()
    verdicts = [check(gate, client.answer(challenge, count), nonce_uses=1) for count in (1, 2)]
    assert verdicts == [Verdict.GOOD, Verdict.STALE]
    elsewhere = client.challenge(connection=2)
    assert check(gate, client.answer(elsewhere), nonce_per_connection=True) is Verdict.STALE


def test_the_number_of_nonces_is_bounded() -> None:
    gate, _ = digest_gate()
    client = Client(gate)
    first = client.challenge()
    for _ in range(NONCES_KEPT):
        client.challenge()
    assert check(gate, client.answer(first)) is Verdict.STALE


def test_authentication_without_a_user_or_with_an_unknown_algorithm_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a user"):
        Auth("digest")
    with pytest.raises(ValueError, match="SHA-1"):
        Auth("digest", "u", "p", ("SHA-1",))


def test_the_password_is_not_in_the_representation() -> None:
    assert "secret" not in repr(Auth("basic", "cpe", "secret"))
