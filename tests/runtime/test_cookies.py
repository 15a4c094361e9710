"""The cookie jar of a session."""

from agent.runtime.cookies import Cookies


def test_a_cookie_set_over_tls_is_not_shown_without_it_and_none_to_another_host() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, ["secure=1; Path=/x; Secure; HttpOnly"])
    jar.take("acs", False, ["plain=1"])
    assert jar.header("acs", True) == "secure=1; plain=1"
    assert jar.header("acs", False) == "plain=1"
    assert jar.header("other", True) == ""


def test_the_last_value_counts_and_no_age_means_gone() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, ["a=1", "b=2", "a=3", "b=x; max-age=0", "c=4; Max-Age=60"])
    assert jar.header("acs", True) == "a=3; c=4"


def test_the_oldest_give_way() -> None:
    jar = Cookies(3, 1000)
    jar.take("acs", True, [f"c{number}=v" for number in range(10)])
    assert jar.header("acs", True) == "c7=v; c8=v; c9=v"
    small = Cookies(3, 20)
    small.take("acs", True, ["a=" + "x" * 12, "b=" + "y" * 12])
    assert small.header("acs", True) == "b=" + "y" * 12


def test_what_could_end_a_header_line_is_not_kept() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, ["a=b\r\nX: y", "=b", "a", "a=\xe4"])
    assert jar.header("acs", True) == ""
