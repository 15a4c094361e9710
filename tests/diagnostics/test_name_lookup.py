"""NSLookupDiagnostics against a name server of the tests' own."""

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from agent.diagnostics.name_lookup import NameLookup
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.name_lookup import LookupRequest, LookupResult
from backends.diagnostics.sockets import Way
from tests.diagnostics.name_server import AAAA, AUTHORITATIVE, TRUNCATED, NameServer, serving

SAYS: Mapping[str, tuple[int, list[str] | int | None]] = {
    "host.example.": (AUTHORITATIVE, ["192.0.2.1", "2001:db8::1"]),
    "learned.example.": (0, ["192.0.2.2"]),
    "alone.home.arpa.": (0, ["192.0.2.3"]),
    "large.example.": (TRUNCATED, [f"192.0.2.{one}" for one in range(1, 15)]),
    "refused.example.": (0, 5),
    "broken.example.": (0, 2),
    "silent.example.": (0, None),
    "empty.example.": (0, []),
}
SERVER = "127.0.0.1"


class Lookups:
    def __init__(self, server: NameServer, port: int, resolver: Path) -> None:
        self.server, self.port, self.resolver = server, port, resolver
        self.lines: list[Any] = []

    def __call__(self, host: str, server: str = SERVER, **more: Any) -> LookupResult:
        request = LookupRequest(host, server, **{"timeout": 300, **more})
        found = NameLookup(str(self.resolver), self.port).run(request, self.lines.append, lambda: False)
        assert found is not None
        return found

    def failed(self, host: str, server: str = SERVER, **more: Any) -> DiagnosticFailed:
        with pytest.raises(DiagnosticFailed) as failure:
            self(host, server, **more)
        return failure.value


@pytest.fixture
def look_up(tmp_path: Path) -> Iterator[Lookups]:
    server, resolver = NameServer(SAYS), tmp_path / "resolv.conf"
    resolver.write_text("# by hand\nnameserver 127.0.0.1\nnameserver 192.0.2.53\nsearch home.arpa example\n")
    with serving(server, lambda kind: socket.socket(socket.AF_INET, kind)) as port:
        yield Lookups(server, port, resolver)


def test_a_server_that_may_not_be_asked_is_not_but_for_the_system_s_own(look_up: Lookups) -> None:
    def refusal(address: str, port: int) -> str:
        return f"{address} is in the home"

    failure = look_up.failed("host.example", "127.0.0.2", refusal=refusal)
    assert (failure.state, failure.text) == ("Error_Other", "127.0.0.2 is in the home")
    assert look_up.failed("host.example", "224.0.0.251").text.startswith("224.0.0.251 is a group")
    for server in ("", SERVER):  # both of resolv.conf
        assert look_up("host.example", server, refusal=refusal).success_count == 1


def test_both_families_are_asked_for_and_who_knows_it_itself_says_so(look_up: Lookups) -> None:
    found = look_up("host.example", repetitions=2)
    assert found.success_count == 2
    for one in found.results:
        assert (one.status, one.answer_type, one.host_name_returned) == ("Success", "Authoritative", "host.example")
        assert (one.ip_addresses, one.dns_server_ip) == (("192.0.2.1", "2001:db8::1"), SERVER)
        assert one.response_time >= 1
        assert 0 < one.microseconds < 300_000
    assert [one["number"] for one in look_up.lines] == [1, 2]
    assert {kind for _, kind, _ in look_up.server.asked} == {1, AAAA}


def test_who_has_learned_it_from_others_says_that(look_up: Lookups) -> None:
    assert look_up("learned.example.").results[0].answer_type == "NonAuthoritative"


def test_a_name_without_a_dot_is_in_the_system_s_domain(look_up: Lookups) -> None:
    [one] = look_up("alone").results
    assert (one.host_name_returned, one.ip_addresses) == ("alone.home.arpa", ("192.0.2.3",))


def test_without_a_server_the_system_s_first_is_asked(look_up: Lookups) -> None:
    assert look_up("host.example", "").results[0].dns_server_ip == SERVER
    look_up.resolver.write_text("")
    assert look_up.failed("host.example", "").state == "Error_DNSServerNotResolved"


def test_what_is_cut_off_is_asked_for_again_by_tcp_and_ten_addresses_are_told(look_up: Lookups) -> None:
    [one] = look_up("large.example").results
    assert len(one.ip_addresses) == 10
    assert "tcp" in {by for _, _, by in look_up.server.asked}


@pytest.mark.parametrize(
    ("host", "status", "why"),
    [
        ("nobody.example", "Error_HostNameNotResolved", "no such host"),
        ("empty.example", "Error_HostNameNotResolved", "no such host"),
        ("refused.example", "Error_Other", "refused"),
        ("broken.example", "Error_Other", "server failure"),
        ("silent.example", "Error_Timeout", "no answer in time"),
    ],
)
def test_each_failure_has_its_status_and_none_but_failures_is_an_error(
    look_up: Lookups, host: str, status: str, why: str
) -> None:
    failure = look_up.failed(host)
    assert (failure.state, failure.text) == ("Error_Other", why)
    [one] = failure.result.results
    assert (one.status, one.answer_type, one.ip_addresses, failure.result.success_count) == (status, "None", (), 0)


def test_where_nothing_listens_the_server_is_not_available(look_up: Lookups) -> None:
    look_up.port = 1
    [one] = look_up.failed("host.example").result.results
    assert (one.status, one.dns_server_ip) == ("Error_DNSServerNotAvailable", SERVER)


def test_a_server_that_has_no_address_is_an_error_of_its_own(look_up: Lookups) -> None:
    assert look_up.failed("host.example", "nobody.invalid").state == "Error_DNSServerNotResolved"


def test_what_is_no_name_is_not_asked_for(look_up: Lookups) -> None:
    assert look_up.failed("a..b").state == "Error_Other"
    assert look_up.server.asked == []


def test_a_link_that_is_not_there_is_an_error(look_up: Lookups) -> None:
    look_up.failed("host.example", way=Way("nolink0"))


def test_a_cancel_is_heard_while_nobody_answers(look_up: Lookups) -> None:
    cancel, began = threading.Event(), time.monotonic()
    threading.Timer(0.1, cancel.set).start()
    request = LookupRequest("silent.example", SERVER, timeout=60_000, repetitions=3)
    NameLookup(str(look_up.resolver), look_up.port).run(request, lambda _: None, cancel.is_set)
    assert time.monotonic() - began < 10
