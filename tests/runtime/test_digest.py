"""Digest against the examples of the RFCs, against requests' own computation, and against hostile headers."""

import hashlib
from contextlib import suppress

import pytest
import requests.auth
from hypothesis import given
from hypothesis import strategies as st

from agent.runtime import digest
from agent.runtime.digest import Challenge, Malformed, parse_authorization, parse_challenges, parse_header, strongest

RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


def response_of(header: str) -> str:
    return parse_header(header)[0][1]["response"]


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_come_out(algorithm: str, expected: str) -> None:
    challenge = parse_challenges([RFC_7616.format(algorithm)])[0]
    answers = digest.Answers(
        challenge, "Mufasa", "Circle of Life", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    )  # fmt: skip
    assert response_of(answers.header("GET", "/dir/index.html", ())) == expected


def test_the_example_of_rfc_2617_comes_out() -> None:
    challenge = Challenge("Digest", "testrealm@host.com", "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop=("auth",))
    answers = digest.Answers(challenge, "Mufasa", "Circle Of Life", "0a4f113b")
    assert response_of(answers.header("GET", "/dir/index.html", ())) == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(
    ("algorithm", "qop"),
    [
        ("MD5", "auth"),
        ("MD5-sess", "auth"),
        ("SHA-256", "auth"),
        ("MD5", ""),
        ("SHA-256", ""),
    ],
)
def test_requests_computes_the_same(algorithm: str, qop: str) -> None:
    oracle = requests.auth.HTTPDigestAuth("user", "pass word")
    oracle.init_per_thread_state()
    fields = {"realm": "r", "nonce": "n", "algorithm": algorithm.upper()}
    oracle._thread_local.chal = fields | ({"qop": qop} if qop else {})
    theirs = parse_header(oracle.build_digest_header("POST", "http://acs/path?a=1"))[0][1]
    mine = digest.response(
        algorithm=algorithm, username="user", realm="r", password="pass word", method="POST", uri="/path?a=1",
        nonce="n", nc=1, cnonce=theirs.get("cnonce", ""), qop=qop,
    )  # fmt: skip
    assert mine == theirs["response"]


def test_the_session_variant_binds_the_key_to_both_nonces() -> None:
    def sha(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    header = digest.Answers(Challenge("Digest", "r", "n", "SHA-256-sess", ("auth",)), "u", "p", "c").header(
        "POST", "/x", ()
    )
    assert response_of(header) == sha(f"{sha(sha('u:r:p') + ':n:c')}:n:00000001:c:auth:{sha('POST:/x')}")


def test_auth_int_covers_the_body() -> None:
    challenge = Challenge("Digest", "r", "n", qop=("auth-int",))
    one = digest.Answers(challenge, "u", "p", "c").header("POST", "/", [b"a", b"b"])
    same = digest.Answers(challenge, "u", "p", "c").header("POST", "/", [b"ab"])
    other = digest.Answers(challenge, "u", "p", "c").header("POST", "/", [b"ac"])
    assert one == same != other


def test_the_nonce_count_rises_with_every_answer() -> None:
    answers = digest.Answers(Challenge("Digest", "r", "n", qop=("auth",)), "u", "p", "c")
    counts = [parse_header(answers.header("POST", "/", ()))[0][1]["nc"] for _ in range(3)]
    assert counts == ["00000001", "00000002", "00000003"]


def test_several_challenges_in_one_header_and_in_several_are_all_seen() -> None:
    values = ['Basic realm="a, b", Digest realm="c\\"d", nonce=n1, qop="auth,auth-int"', "Negotiate abc==, NTLM"]
    values += ['Digest realm="e", nonce="n2", algorithm=sha-256, stale=TRUE, opaque=""']
    assert parse_challenges(values) == [
        Challenge("Basic", "a, b"),
        Challenge("Digest", 'c"d', "n1", "MD5", ("auth", "auth-int")),
        Challenge("Digest", "e", "n2", "SHA-256", (), "", is_stale=True),
    ]


def test_the_strongest_challenge_is_chosen_whatever_the_order() -> None:
    md5, sha = Challenge("Digest", "r", "n", "MD5"), Challenge("Digest", "r", "n", "SHA-256")
    basic = Challenge("Basic", "r")
    assert strongest([basic, md5, sha], basic_allowed=True) is sha
    assert strongest([sha, md5], basic_allowed=True) is sha
    assert strongest([basic, md5], basic_allowed=True) is md5
    assert strongest([basic], basic_allowed=False) is None


@pytest.mark.parametrize(
    "header",
    [
        'Digest realm="x", nonce="n", algorithm=SHA-512-256',
        'Digest realm="x", nonce="n", qop="other"',
        'Digest realm="x"',
        'Digest realm="unclosed',
        "Digest " + 'a="b",' * 5000,
        'Digest nonce="a", nonce="b"',
        "",
    ],
)
def test_a_challenge_that_cannot_be_answered_is_left_out(header: str) -> None:
    assert parse_challenges([header]) == []


GOOD = 'Digest username="u", realm="r", nonce="n", uri="/x", response="00", qop=auth, nc=00000001, cnonce="c"'


def test_credentials_are_read_whole() -> None:
    assert parse_authorization(GOOD).nc == 1
    assert parse_authorization('Digest username="u",realm="r",nonce="n",uri="/x",response="AA"').response == "aa"


@pytest.mark.parametrize(
    "header",
    [
        GOOD.replace("Digest", "Basic"),
        GOOD.replace('username="u", ', ""),
        GOOD.replace("00000001", "1"),
        GOOD.replace("00000001", "00000000"),
        GOOD.replace("00000001", "0000000g"),
        GOOD.replace('cnonce="c"', 'cnonce=""'),
        GOOD.replace("qop=auth", "qop=auth-int"),
        GOOD + ", algorithm=MD4",
        GOOD + ', username="v"',
        GOOD + ", Digest a=b",
        GOOD.replace('"u"', '"u\x00"'),
        GOOD + " " * 5000,
    ],
)
def test_credentials_out_of_form_are_refused(header: str) -> None:
    with pytest.raises(Malformed):
        parse_authorization(header)


@pytest.mark.parametrize("change", [{}, {"username": "w"}, {"password": "w"}, {"method": "POST"}])
def test_only_the_right_name_password_and_method_are_right(change: dict[str, str]) -> None:
    answers = digest.Answers(Challenge("Digest", "r", "n", "MD5", ("auth",)), "u", "p", "c")
    presented = parse_authorization(answers.header("GET", "/x", ()))
    asked = {"username": "u", "password": "p", "method": "GET"} | change
    assert digest.is_right(presented, asked["username"], asked["password"], asked["method"]) == (not change)


@given(st.text(max_size=200))
def test_no_header_breaks_the_parser(text: str) -> None:
    parse_challenges([text, "Digest " + text])
    for value in (text, "Digest " + text):
        with suppress(Malformed):
            parse_authorization(value)


@given(st.text(st.characters(codec="utf-8"), max_size=40), st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_name_survives_quoting_and_cannot_end_the_line(username: str, realm: str) -> None:
    header = digest.Answers(Challenge("Digest", realm, "n"), username, "p", "c").header("POST", "/", ())
    assert "\r" not in header
    assert "\n" not in header
    header.encode("latin-1")


def test_no_repr_shows_the_password() -> None:
    assert "hunter2" not in repr(digest.Answers(Challenge("Digest", "r", "n"), "u", "hunter2", "c"))
