"""Digest arithmetic against the examples of the RFCs."""

import pytest

from agent.lab.digest import Question, authorization, challenges, parse_parameters, quoted

MUFASA = {
    "user": "Mufasa",
    "realm": "http-auth@example.org",
    "password": "Circle of Life",
    "method": "GET",
    "uri": "/dir/index.html",
    "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
}
WITH_QOP = {"qop": "auth", "nc": "00000001", "cnonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"}


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, expected: str) -> None:
    assert Question(**MUFASA, **WITH_QOP, algorithm=algorithm).response() == expected


def test_the_example_of_rfc_2069_comes_out() -> None:
    # The value is that of the RFC's erratum 749.
    question = Question(
        "Mufasa", "testrealm@host.com", "CircleOfLife", "GET", "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    )
    assert question.response() == "1949323746fe6a43ef61f9606e7febea"


def test_the_body_counts_with_auth_int_only() -> None:
    def of(qop: str, body: bytes) -> str:
        return Question(**MUFASA, qop=qop, nc="00000001", cnonce="c", body=body).response()

    assert of("auth-int", b"one") != of("auth-int", b"two")
    assert of("auth", b"one") == of("auth", b"two")


def test_session_algorithms_take_the_cnonce_into_the_key() -> None:
    first = Question(**MUFASA, qop="auth", nc="00000001", cnonce="a", algorithm="MD5-sess").response()
    assert first != Question(**MUFASA, qop="auth", nc="00000001", cnonce="a", algorithm="MD5").response()


@pytest.mark.parametrize("wrong", [{"algorithm": "SHA-1"}, {"qop": "auth-conf"}])
def test_what_is_unknown_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="unknown"):
        Question(**{**MUFASA, **wrong}).response()


def test_parameters_are_read_quoted_and_bare() -> None:
    text = 'realm="a \\"b\\", c", nonce=abc,qop="auth,auth-int" , nc=00000001'
    assert parse_parameters(text) == {
        "realm": 'a "b", c',
        "nonce": "abc",
        "qop": "auth,auth-int",
        "nc": "00000001",
    }
    assert parse_parameters("realm=" + quoted('a"\\b'))["realm"] == 'a"\\b'


@pytest.mark.parametrize("text", ["realm", 'realm="open', "a=b c=d", "a=1, a=2"])
def test_what_is_no_list_of_parameters_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"name=value|twice"):
        parse_parameters(text)


def test_challenges_that_cannot_be_read_are_left_out() -> None:
    headers = ["Basic realm=x", 'Digest realm="a", nonce="n"', 'Digest realm="open']
    assert challenges(headers) == [{"realm": "a", "nonce": "n"}]


def test_an_authorization_answers_what_was_asked() -> None:
    challenge = {"realm": "r", "nonce": "n", "qop": "auth-int,auth", "opaque": "o", "algorithm": "SHA-256"}
    header = authorization(challenge, "GET", "/x", "u", "p", "c")
    given = parse_parameters(header.removeprefix("Digest "))
    expected = Question("u", "r", "p", "GET", "/x", "n", "SHA-256", "auth", "00000001", "c").response()
    assert given["response"] == expected
    assert (given["opaque"], given["qop"], given["nc"]) == ("o", "auth", "00000001")


def test_an_authorization_without_qop_has_no_count() -> None:
    given = parse_parameters(authorization({"realm": "r", "nonce": "n"}, "GET", "/", "u", "p", "c")[7:])
    assert "nc" not in given
    assert "qop" not in given
    assert given["response"] == Question("u", "r", "p", "GET", "/", "n").response()


def test_an_unknown_qop_cannot_be_answered() -> None:
    with pytest.raises(ValueError, match="qop"):
        authorization({"realm": "r", "nonce": "n", "qop": "auth-conf"}, "GET", "/", "u", "p", "c")
