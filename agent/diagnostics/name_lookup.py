"""NSLookupDiagnostics: asks a name server for the addresses of a host, so many times, and how long each took."""

import contextlib
import secrets
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.runtime.dns_messages import AAAA, CODES, NAME_ERROR, A, Answer, NotAnAnswer, answer, question
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.name_lookup import Lookup, LookupRequest, LookupResult
from backends.diagnostics.sockets import Place, mark, permitted, places_of
from backends.diagnostics.stamps import Sent, StampedSocket

PORT: Final = 53
SLICE: Final = 0.05
MOST_ADDRESSES: Final = 10
"""TR-181, Result.{i}.IPAddresses."""
RESOLVER: Final = "/etc/resolv.conf"
ARE_NONE: Final = frozenset({0, NAME_ERROR})
"""Codes of answers that say that the host has no address."""

Progress = Callable[[Mapping[str, Any]], None]
Cancelled = Callable[[], bool]


class NameLookup:
    """NSLookupDiagnostics."""

    name = "NSLookupDiagnostics"

    def __init__(self, resolver: str = RESOLVER, port: int = PORT) -> None:
        """``resolver``: the file that says whom the system asks (resolv.conf(5)); ``port``: where servers listen."""
        self._resolver = resolver
        self._port = port

    def run(self, request: LookupRequest, progress: Progress, cancelled: Cancelled) -> LookupResult | None:
        """See agent.diagnostics.engine.Diagnostic."""
        servers, domain = self._configured()
        host = _whole(request.host, domain)
        asked = request.server or (servers[0] if servers else "")
        if not asked:
            raise DiagnosticFailed("Error_DNSServerNotResolved", "no name server is configured")
        try:
            places = places_of(asked, self._port, socket.SOCK_DGRAM, request.way, cancelled)
            questions = {kind: question(host, kind, secrets.randbelow(1 << 16)) for kind in (A, AAAA)}
        except DiagnosticFailed as failure:
            raise DiagnosticFailed("Error_DNSServerNotResolved", failure.text) from failure
        except UnicodeError as wrong:
            raise DiagnosticFailed("Error_Other", f"{request.host} is no host's name") from wrong
        if asked not in servers:
            places = permitted(places, request.refusal)
        results = []
        for number in range(1, request.repetitions + 1):
            one = _Question(places[0], request, host, cancelled).ask(questions) if places else None
            if one is None or cancelled():
                return None
            results.append(one)
            line = {"status": one.status, "addresses": list(one.ip_addresses), "microseconds": one.microseconds}
            progress({"number": number, "of": request.repetitions, "server": one.dns_server_ip, **line, "why": one.why})
        result = LookupResult(sum(one.status == "Success" for one in results), tuple(results))
        if not result.success_count:
            raise DiagnosticFailed("Error_Other", results[-1].why or "no repetition was successful", result)
        return result

    def _configured(self) -> tuple[list[str], str]:
        """The system's name servers, and the domain that names without one are in."""
        servers, domain = list[str](), ""
        with contextlib.suppress(OSError), open(self._resolver, encoding="utf-8", errors="replace") as lines:
            for words in (line.split() for line in lines):
                if len(words) > 1 and words[0] == "nameserver":
                    servers.append(words[1])
                elif len(words) > 1 and words[0] in ("search", "domain"):
                    domain = words[1]
        return servers, domain


class _Question:
    """One repetition: both kinds of addresses asked for at once, each from a port of its own (RFC 5452)."""

    def __init__(self, place: Place, request: LookupRequest, host: str, cancelled: Cancelled) -> None:
        self._family, self._place = place
        self._asked = request
        self._host = host
        self._cancelled = cancelled
        self._until = time.monotonic() + request.timeout / 1e3
        self._took = 0.0  # seconds until the first answer

    def ask(self, questions: Mapping[int, bytes]) -> Lookup:
        server = self._place[0].partition("%")[0]
        try:
            answers = self._answers(questions)
        except OSError as error:
            why = error.strerror or str(error)
            return Lookup("Error_DNSServerNotAvailable", dns_server_ip=server, why=why)
        if not answers:
            return Lookup("Error_Timeout", dns_server_ip=server, why="no answer in time")
        return self._told(server, answers)

    def _told(self, server: str, answers: Mapping[int, Answer]) -> Lookup:
        found = tuple(address for kind in (A, AAAA) if kind in answers for address in answers[kind].addresses)
        milliseconds, microseconds = max(1, round(self._took * 1e3)), round(self._took * 1e6)
        if not found:
            codes = {one.code for one in answers.values()}
            is_none = codes <= ARE_NONE
            why = "no such host" if is_none else ", ".join(CODES.get(code, f"error {code}") for code in sorted(codes))
            status = "Error_HostNameNotResolved" if is_none else "Error_Other"
            return Lookup(status, "None", "", (), server, milliseconds, microseconds, why)
        is_its_own = any(one.addresses and one.is_authoritative for one in answers.values())
        kind = "Authoritative" if is_its_own else "NonAuthoritative"
        return Lookup("Success", kind, self._host, found[:MOST_ADDRESSES], server, milliseconds, microseconds)

    def _answers(self, questions: Mapping[int, bytes]) -> dict[int, Answer]:
        answers: dict[int, Answer] = {}
        with contextlib.ExitStack() as stack:
            waiting = {}
            for kind in questions:
                one = StampedSocket(stack.enter_context(self._socket(socket.SOCK_DGRAM)))
                waiting[one.socket] = (one, kind, one.send(questions[kind]))
            while waiting and not self._is_over():
                for each in list(waiting):  # what was said of a question may be known already
                    one, kind, sent = waiting[each]
                    told = self._read(one, questions[kind], sent)
                    if told is not None:
                        answers[kind] = told
                        del waiting[each]
                select.select(list(waiting), [], [], SLICE if waiting else 0)
        return answers

    def _read(self, one: StampedSocket, asked: bytes, sent: Sent) -> Answer | None:
        """What a socket that has something was told; None for nothing to the question. OSError: nobody listens."""
        message = one.message()
        if message is None:
            if complaints := one.complaints():
                raise OSError(0, f"unreachable (ICMP type {complaints[0].type}, code {complaints[0].code})")
            return None
        try:
            told = answer(message.content, asked)
        except NotAnAnswer:
            return None
        self._took = self._took or sent.seconds_until(message.stamp)
        return self._by_tcp(asked) if told.is_truncated else told

    def _by_tcp(self, asked: bytes) -> Answer:
        with self._socket(socket.SOCK_STREAM) as made:
            made.sendall(struct.pack("!H", len(asked)) + asked)
            (length,) = struct.unpack("!H", self._exactly(made, 2))
            try:
                return answer(self._exactly(made, length), asked)
            except NotAnAnswer as error:
                raise OSError(0, str(error)) from None

    def _exactly(self, made: socket.socket, size: int) -> bytes:
        received = b""
        while len(received) < size:
            piece = made.recv(size - len(received))
            if not piece:
                raise OSError(0, "the answer breaks off")
            received += piece
        return received

    def _socket(self, kind: socket.SocketKind) -> socket.socket:
        made = socket.socket(self._family, kind)
        try:
            mark(made, self._asked.way)
            made.settimeout(max(SLICE, self._until - time.monotonic()))
            made.connect(self._place)
        except BaseException:
            made.close()
            raise
        return made

    def _is_over(self) -> bool:
        return self._cancelled() or time.monotonic() >= self._until


def _whole(host: str, domain: str) -> str:
    """The name with the system's domain, unless it is whole (TR-181, HostName)."""
    return host.rstrip(".") if "." in host or not domain else f"{host}.{domain.strip('.')}"
