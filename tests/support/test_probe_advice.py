"""One next step for each way to fail; those that need a network are in test_probe_run.py."""

import errno
import socket
import ssl

import pytest

from agent.support import probe_advice as advice


def test_no_name_server_is_another_matter_than_no_such_name() -> None:
    again = socket.gaierror(socket.EAI_AGAIN, "again")
    assert "192.0.2.1 (/etc/resolv.conf) do not answer, or refuse" in advice.after_no_name(again, "", ["192.0.2.1"])
    assert "there is no name server" in advice.after_no_name(again, "", [])
    assert "do not answer" in advice.after_no_name(again)
    assert "spelling" in advice.after_no_name(socket.gaierror(socket.EAI_NONAME, "none"))


def test_on_an_interface_of_its_own_the_next_step_is_about_its_name_servers() -> None:
    none = OSError(0, "no name server is known on eth1")
    assert advice.after_no_name(none, "eth1") == (
        "have the lease of eth1 name a server, or set [network] management_name_servers"
    )
    silent = advice.after_no_name(OSError(0, "203.0.113.1: no answer"), "eth1")
    assert ("spelling" in silent, "eth1 is up" in silent, "management_name_servers" in silent) == (False, True, True)
    assert "spelling" in advice.after_no_name(OSError(0, "192.0.2.1 knows no address of it"), "eth1")


def test_the_first_address_that_says_something_decides() -> None:
    refusals = [TimeoutError(), OSError(errno.ENETUNREACH, "unreachable")]
    assert "no route" in advice.after_no_connection(refusals)
    assert "firewall on the way" in advice.after_no_connection([TimeoutError()])
    assert "firewall on the way" in advice.after_no_connection([])


def test_an_old_acs_is_told_from_one_without_tls() -> None:
    old = ssl.SSLError(1, "[SSL: SSLV3_ALERT_HANDSHAKE_FAILURE]")
    old.reason = "SSLV3_ALERT_HANDSHAKE_FAILURE"
    assert "compat" in advice.after_no_tls(old, "acs", [], "")[1]
    none = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER]")
    none.reason = "WRONG_VERSION_NUMBER"
    assert "speaks no TLS" in advice.after_no_tls(none, "acs", [], "")[1]
    assert "not in time" in advice.after_no_tls(TimeoutError(), "acs", [], "")[1]


@pytest.mark.parametrize("status", [0, 302, 403, 404, 418, 429, 500, 503])
def test_every_status_has_a_next_step(status: int) -> None:
    assert advice.after_status(status)


def test_a_page_is_known_by_its_type_or_its_looks_and_its_title_is_harmless() -> None:
    assert advice.of_no_acs("text/html; charset=x", b"") == "what answers is a web page, not an ACS"
    told = advice.of_no_acs("", b"<html><title>a\x1b[2Jb\xff</title>")
    assert "\x1b" not in told
    assert advice.of_no_acs("application/json", b"{}") == "what answers is not an ACS"
