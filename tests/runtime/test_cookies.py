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


def test_one_that_is_too_large_is_refused_and_pushes_nothing_out() -> None:
    jar = Cookies(10, 100)
    jar.take("acs", True, ["session=1", "huge=" + "x" * 100, "session=" + "y" * 100, "other=2"])
    assert jar.header("acs", True) == "session=1; other=2"


PAST, AHEAD = "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 09 Jun 2021 10:18:14 GMT"
NOW = 1623233884.0  # ten seconds before


def test_a_date_in_the_past_deletes_and_an_age_wins_over_dates() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, ["a=1", "b=2", "c=3", "d=4", "e=5"], 0.0, NOW)
    again = [f"a=x; Expires={PAST}", f"b=3; Expires={AHEAD}", f"c=4; Max-Age=60; Expires={PAST}"]
    again += [f"d=x; expires={AHEAD}; max-age=0", "e=6; Expires=some day; Max-Age=soon"]
    jar.take("acs", True, again, 0.0, NOW)
    assert jar.header("acs", True) == "b=3; c=4; e=6"


def test_what_expires_during_the_session_is_not_returned_after_that() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, [f"a=1; Expires={AHEAD}", "b=2; Max-Age=20", "c=3"], 100.0, NOW)
    told = [jar.header("acs", True, now) for now in (109.0, 111.0, 121.0)]
    assert told == ["a=1; b=2; c=3", "b=2; c=3", "c=3"]
    jar.take("acs", True, ["d=4; Max-Age=" + "9" * 400, "e=5; Max-Age=-" + "9" * 400], 121.0, NOW)
    assert jar.header("acs", True, 10_000.0) == "c=3; d=4"


def test_one_that_asks_for_tls_is_not_shown_without_it() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", False, ["a=1; Secure", "b=2"])
    assert jar.header("acs", False) == "b=2"
    assert jar.header("acs", True) == "a=1; b=2"


def test_what_could_end_a_header_line_is_not_kept() -> None:
    jar = Cookies(10, 1000)
    jar.take("acs", True, ["a=b\r\nX: y", "=b", "a", "a=\xe4"])
    assert jar.header("acs", True) == ""
