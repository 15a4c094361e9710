"""The cookie jar of a session."""

from agent.runtime.cookies import Cookies


def test_a_cookie_set_over_tls_is_not_shown_without_it_and_none_to_another_host() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, ["secure=1; Path=/x; Secure; HttpOnly"])
    jar.take("acs", False, ["plain=1"])
    assert jar.header("acs", True) == "secure=1; plain=1"
    assert jar.header("acs", False) == "plain=1"
    assert jar.header("other", True) == ""


def test_a_domain_is_obeyed_and_a_foreign_one_is_refused() -> None:
    jar = Cookies(10, 1000)
    here = "a.acs.example"
    foreign = ["bank.example", "b.acs.example", "x.a.acs.example", "example", "cs.example", "ple"]
    jar.take(here, True, [f"c=v; Domain={domain}" for domain in foreign])
    assert jar.header(here, True) == ""
    jar.take(here, True, ["all=1; domain=.ACS.example", "one=1", "none=1; Domain=", "last=1; Domain=x; Domain=" + here])
    assert jar.header(here, True) == "all=1; one=1; none=1; last=1"
    assert jar.header("b.acs.example", True) == jar.header("acs.example", True) == "all=1"
    assert jar.header("bacs.example", True) == ""


def test_an_address_has_no_domain() -> None:
    jar = Cookies(10, 1000)
    jar.take("192.0.2.1", True, ["a=1; Domain=2.1", "b=1; Domain=192.0.2.1"])
    assert jar.header("192.0.2.1", True) == "b=1"


def test_the_path_does_not_matter() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, ["a=1; Path=/elsewhere"])
    assert jar.header("acs", True) == "a=1"


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
