"""Texts are what they have to be, or refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.model.errors import InvalidValue
from backends.tr181.firewall_values import (
    address,
    expiry,
    host,
    internal_client,
    ipv4_prefix,
    mask,
    prefix,
    remote_host,
)
from backends.tr181.moments import FOR_EVER

LEGAL: list[tuple[Callable[[str], str], tuple[str, ...]]] = [
    (remote_host, ("", "192.0.2.1")),
    (internal_client, ("", "192.0.2.1", "printer", "a.b-c.lan", "255.255.255.255")),
    (host, ("", "192.0.2.1")),
    (address, ("", "192.0.2.1", "2001:db8::1")),
    (prefix, ("192.0.2.1", "192.0.2.0/24", "2001:db8::/32")),
    (ipv4_prefix, ("", "192.0.2.1", "192.0.2.77/24")),
    (mask, ("", "/24", "/0", "/128", "192.0.2.0/24", "2001:db8::/32")),
]
ILLEGAL: list[tuple[Callable[[str], str], tuple[str, ...]]] = [
    (remote_host, ("x", "::1", "127.0.0.1", " ")),
    (internal_client, ("a_b", "a..b", "-", "1.2.3", "::1", "x" * 300, ".".join(["x" * 60] * 5))),
    (host, ("x", "255.255.255.255", "224.0.0.1")),
    (address, ("x", "192.0.2.0/24", "1.2.3")),
    (prefix, ("", "x", "192.0.2.0/33")),
    (ipv4_prefix, ("x", "2001:db8::/32")),
    (mask, ("24", "/", "/x", "/129", "/1234", "a/b/24", "/\u0664")),
]


@pytest.mark.parametrize(("check", "texts"), LEGAL)
def test_what_is_legal_stays_as_it_is(check: Callable[[str], str], texts: tuple[str, ...]) -> None:
    assert [check(text) for text in texts] == list(texts)


@pytest.mark.parametrize(("check", "texts"), ILLEGAL)
def test_what_is_not_is_refused(check: Callable[[str], str], texts: tuple[str, ...]) -> None:
    for text in texts:
        with pytest.raises(InvalidValue):
            check(text)


def test_a_rule_ends_at_a_date_or_never() -> None:
    assert expiry(FOR_EVER) is None
    assert expiry(datetime(2027, 1, 15, 8, tzinfo=UTC)) == 1_800_000_000
    unknown: tuple[Any, ...] = (None, timedelta(seconds=3))
    for value in unknown:
        with pytest.raises(InvalidValue):
            expiry(value)
