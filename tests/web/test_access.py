"""Log-ins end by themselves, are bounded, and cannot be fixed from outside; secrets are tried a few times only."""

from itertools import count

from agent.web import access
from agent.web.access import Access, Tries
from agent.web.hosts import LOOPBACK
from agent.web.waiting_room import MOST_WAITING, PACE


def made() -> Access:
    numbers = count()
    return Access(lambda: f"token {next(numbers)}")


def test_a_session_is_found_by_its_cookie_until_it_is_idle_for_half_an_hour() -> None:
    one = made()
    cookie, session = one.begin(0.0)
    assert one.find(cookie, 1799.0) is session
    assert one.find(cookie, 1799.0 + 1799.0) is session
    assert one.find(cookie, 1799.0 + 1799.0 + 1800.0) is None


def test_polling_in_the_background_does_not_keep_a_session() -> None:
    one = made()
    cookie, _ = one.begin(0.0)
    assert all(one.find(cookie, float(at), is_in_use=False) for at in range(0, 1800, 60))
    assert one.find(cookie, 1800.0) is None


def test_a_session_ends_after_twelve_hours_whatever_happens() -> None:
    one = made()
    cookie, _ = one.begin(0.0)
    assert all(one.find(cookie, float(at)) for at in range(0, 43_200, 600))
    assert one.find(cookie, 43_200.0) is None


def test_sessions_are_bounded_and_the_longest_unused_goes() -> None:
    one = made()
    first, _ = one.begin(0.0)
    second, _ = one.begin(0.0)
    one.find(first, 1.0)
    for at in range(access.MOST_SESSIONS - 1):
        one.begin(2.0 + at)
    assert one.count() == access.MOST_SESSIONS
    assert one.find(first, 30.0) is not None
    assert one.find(second, 30.0) is None


def test_a_cookie_that_nobody_was_given_opens_nothing() -> None:
    one = made()
    one.begin(0.0)
    assert one.find("", 0.0) is one.find("chosen by an attacker", 0.0) is None


def test_each_session_has_a_csrf_token_of_its_own_and_so_has_who_is_not_logged_in() -> None:
    one = made()
    (_, mine), (_, other) = one.begin(0.0), one.begin(0.0)
    assert one.is_right_csrf(mine, mine.csrf)
    assert not one.is_right_csrf(mine, other.csrf)
    assert not one.is_right_csrf(mine, one.csrf_of(None))
    assert not one.is_right_csrf(mine, "")
    assert not one.is_right_csrf(mine, "\udcff")
    assert one.is_right_csrf(None, one.csrf_of(None))


def test_logging_out_ends_one_session_and_another_password_ends_all() -> None:
    one = made()
    (mine, _), (other, _) = one.begin(0.0), one.begin(0.0)
    one.end(mine)
    assert one.find(mine, 0.0) is None
    assert one.find(other, 0.0) is not None
    one.end_before(1)
    assert one.find(other, 0.0) is None


def test_a_log_in_by_another_password_than_the_one_in_force_opens_nothing() -> None:
    one = made()
    new, _ = one.begin(0.0, generation=2)  # the new password was looked at before the page heard of it
    one.end_before(2)
    assert one.find(new, 0.0) is not None
    assert one.is_past(1)
    assert not one.is_past(2)
    one.end_before(1)  # what was told late changes nothing
    assert one.is_past(1)


def test_an_address_has_five_tries_in_five_minutes() -> None:
    tries = Tries()
    assert [tries.wait("a", float(at)) for at in range(5)] == [0.0] * 5
    assert tries.wait("a", 5.0) == 295.0
    assert tries.wait("b", 5.0) == 0.0
    assert tries.wait("a", 300.0) == 0.0
    assert tries.wait("a", 300.5) > 0


def test_what_is_remembered_of_who_tries_is_bounded() -> None:
    tries = Tries()
    for number in range(10_000):
        tries.wait(f"fd77::{number % 7}:{number:x}", 1.0)
    assert len(tries._of) <= access.MOST_SOURCES
    assert tries.tried("fd77::1", 1.0) == access.MOST_COUNTED


def test_addresses_of_one_network_of_ipv6_have_tried_together_and_yet_each_has_its_own_tries() -> None:
    tries = Tries()
    for number in range(12):
        assert tries.wait(f"fd77::{number:x}", 1.0) == 0.0
    assert tries.wait("192.0.2.1", 1.0) == tries.wait("fd77:0:0:1::5", 1.0) == tries.wait("fd77::5", 1.0) == 0.0
    assert [tries.tried(one, 2.0) for one in ("fd77::99", "fd77:0:0:1::5", "192.0.2.1", "192.0.2.2")] == [13, 1, 1, 1]
    assert tries.tried("fd77::99", 301.0) == 1


def test_what_was_not_looked_at_is_no_try_and_is_held_against_who_comes_again_at_once() -> None:
    tries = Tries()
    for source in ("192.0.2.1", "fd77::5"):
        for times in range(10):
            assert tries.sent_away(source, 1.0) == times
            assert tries.wait(source, 1.0) == 0.0
            tries.send_away(source, 1.0)
        assert tries.tried(source, 1.0) == 1
        assert tries.sent_away(source, 1.0 + MOST_WAITING * PACE) == 0
        tries.send_away(source, 400.0)


def test_all_addresses_of_one_device_have_tried_together() -> None:
    macs = {f"192.0.2.{number}": "02:00:00:00:00:01" for number in range(248)}
    tries = Tries(lambda source: macs.get(source, source))
    for source in macs:
        assert tries.wait(source, 1.0) == 0.0
    assert tries.wait("192.0.2.250", 1.0) == 0.0
    assert (tries.tried("192.0.2.7", 1.0), tries.tried("192.0.2.250", 1.0)) == (access.MOST_COUNTED, 1)


def test_a_right_secret_takes_earlier_tries_back() -> None:
    tries = Tries()
    for _ in range(4):
        tries.wait("a", 0.0)
    tries.succeeded("a")
    assert [tries.wait("a", 1.0) for _ in range(5)] == [0.0] * 5


def test_nobody_locks_out_this_machine_or_who_has_known_the_secret() -> None:
    tries = Tries()
    tries.wait("owner", 0.0)
    tries.succeeded("owner")
    for number in range(100):
        tries.wait(f"192.0.2.{number}", 1.0)
    assert tries.wait("192.0.2.200", 2.0) == 0.0
    assert tries.tried("192.0.2.200", 2.0) == 1
    for source in ("owner", LOOPBACK):
        assert tries.tried(source, 2.0) == 0
        assert [tries.wait(source, 2.0) for _ in range(access.TRIES)] == [0.0] * access.TRIES
        assert tries.wait(source, 3.0) > 0
    for number in range(100):
        tries.succeeded(f"another {number}")
    assert len(tries._known) <= access.MOST_KNOWN
    assert LOOPBACK in tries._known
