"""Loopback, what only a link reaches, and every way of writing them."""

import pytest

from agent.discovery.near_hosts import is_near, standing_for

NEAR = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "169.254.169.254", "::", "::1", "fe80::1", "fe80::1%eth0",
    "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::7f00:1", "2002:7f00:1::1", "2002:a9fe:a9fe::",
    "localhost", "LOCALHOST.", "a.localhost", "localhost.localdomain", "localhost6.localdomain6",
    "ip6-localhost", "ip6-loopback", "localhost.example.net",
]  # fmt: skip
FAR = [
    "192.0.2.1", "10.0.0.1", "2001:db8::1", "64:ff9b::c000:201", "2002:c000:201::1", "::ffff:192.0.2.1", "fd00::1",
    "acs.example.net", "mylocalhost", "localhost-acs.example.net", "acs.local", "",
]  # fmt: skip


@pytest.mark.parametrize("host", NEAR)
def test_near_is_this_machine_and_what_only_its_link_reaches(host: str) -> None:
    assert is_near(host)


@pytest.mark.parametrize("host", FAR)
def test_everything_else_is_not(host: str) -> None:
    assert not is_near(host)


def test_an_address_stands_for_another_one() -> None:
    assert standing_for("64:ff9b::c000:201") == {"64:ff9b::c000:201", "192.0.2.1"}
    assert standing_for("192.0.2.1") == {"192.0.2.1"}
    assert standing_for("acs.example.net") == frozenset()
