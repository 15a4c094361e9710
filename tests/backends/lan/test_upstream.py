"""The relay asks whom the system was told of, unless switched off, and who was configured, once each."""

from backends.desired_state import Pointer, Wanted
from backends.lan.records import Forwarder
from backends.lan.resolver import NameServer
from backends.lan.upstream import is_enabled, upstream

FOUND = NameServer("192.0.2.1", "DHCPv4", "wan")
GONE = Pointer("Device.IP.Interface.{i}.", ("gone",))


def asked(wanted: Wanted) -> list[tuple[str, str | None]]:
    return list(upstream(wanted, [FOUND], lambda _: None))


def test_what_was_found_is_asked_until_it_is_switched_off() -> None:
    assert asked(Wanted()) == [("192.0.2.1", "wan")]
    off = Wanted().with_record("192.0.2.1", Forwarder(enable=False))
    assert not is_enabled(off, FOUND)
    assert asked(off) == []


def test_what_was_added_is_asked_when_it_is_complete() -> None:
    wanted = Wanted().with_record("+1", Forwarder(enable=True, dns_server="192.0.2.2"))
    wanted = wanted.with_record("+2", Forwarder(enable=True, dns_server="192.0.2.1"))
    wanted = wanted.with_record("+3", Forwarder(enable=True, dns_server="192.0.2.3", interface=GONE))
    wanted = wanted.with_record("+4", Forwarder(enable=True)).with_record("+5", Forwarder(dns_server="192.0.2.5"))
    assert asked(wanted) == [("192.0.2.1", "wan"), ("192.0.2.2", None)]
