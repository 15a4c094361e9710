"""When the agent shows its password, and when it gives up."""

import pytest

from agent.runtime.endpoint import AcsEndpoint, Unreachable
from agent.runtime.login import Login
from agent.runtime.redactor import Redactor

DIGEST = 'Digest realm="r",nonce="{}",qop="auth"'


def login_of(username: str = "user", password: str = "hunter2") -> Login:
    return Login(AcsEndpoint("https://acs/", username, password), 3)


def test_nothing_is_shown_before_it_is_asked_for() -> None:
    assert login_of().header("POST", "/", ()) == ""


def test_a_challenge_is_answered_with_every_message_from_then_on() -> None:
    login = login_of()
    login.challenged([DIGEST.format("n")], is_tls=False)
    assert "nc=00000001" in login.header("POST", "/", ())
    login.begin_message()
    assert "nc=00000002" in login.header("POST", "/", ())


def test_a_new_message_may_be_challenged_anew_but_one_message_not_twice() -> None:
    login = login_of()
    for nonce in ("1", "2", "3"):
        login.begin_message()
        login.challenged([DIGEST.format(nonce)], is_tls=False)
    with pytest.raises(Unreachable, match="does not accept"):
        login.challenged([DIGEST.format("4")], is_tls=False)


def test_stale_nonces_are_replaced_three_times_and_no_more() -> None:
    login = login_of()
    for _ in range(3):
        login.challenged([DIGEST.format("n") + ",stale=true"], is_tls=False)
    with pytest.raises(Unreachable, match="does not accept"):
        login.challenged([DIGEST.format("n") + ",stale=true"], is_tls=False)


def test_another_server_has_to_ask_for_itself() -> None:
    login = login_of()
    login.challenged(['Basic realm="r"'], is_tls=True)
    assert login.header("POST", "/", ()) == "Basic dXNlcjpodW50ZXIy"
    login.forget()
    assert login.header("POST", "/", ()) == ""


@pytest.mark.parametrize(
    ("challenge", "is_tls", "reason"),
    [
        ('Basic realm="r"', False, "use https"),
        ("Negotiate", True, "an unknown log-in"),
        ("", True, "an unknown log-in"),
        ('Digest realm="r",nonce="n",algorithm=SHA3', True, "an unknown log-in"),
    ],
)
def test_what_must_not_or_cannot_be_answered_is_said(challenge: str, is_tls: bool, reason: str) -> None:
    with pytest.raises(Unreachable, match=reason) as told:
        login_of().challenged([challenge], is_tls=is_tls)
    assert Redactor().text(str(told.value)) == str(told.value), "the log would not say it"


def test_without_a_name_there_is_nothing_to_answer() -> None:
    with pytest.raises(Unreachable, match="none is set"):
        login_of("", "").challenged([DIGEST.format("n")], is_tls=True)


def test_a_second_401_without_a_challenge_is_a_refusal_of_the_password() -> None:
    login = login_of()
    login.challenged([DIGEST.format("n")], is_tls=False)
    with pytest.raises(Unreachable, match="does not accept"):
        login.challenged([], is_tls=False)


def test_how_it_logged_in_is_known_afterwards() -> None:
    login = login_of()
    assert login.kind == ""
    login.challenged([DIGEST.format("n") + ",algorithm=SHA-256"], is_tls=False)
    assert login.kind == "Digest SHA-256"
    login.forget()
    login.challenged(['Basic realm="r"'], is_tls=True)
    assert login.kind == "Basic"
