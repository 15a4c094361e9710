"""Finds the ACS by the management interface's own name servers, on sockets that are bound to it."""

import secrets
import selectors
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from ipaddress import ip_address
from typing import Final, NamedTuple

from agent.runtime.dns_messages import AAAA, CODES, NAME_ERROR, A, Answer, NotAnAnswer, answer, question
from agent.runtime.wire import Address, connect_through

PORT: Final = 53
PATIENCE: Final = 2.0
"""Seconds that a server has for its whole answer; each is asked twice, in turn."""
ROUNDS: Final = 2
MOST_SERVERS: Final = 3
LARGEST: Final = 4096  # octets of an answer by UDP


class _Asked(NamedTuple):
    kind: int
    message: bytes


class StubResolver:
    """A ``Resolve``: raises OSError where no server knows an address. ``servers`` are addresses, the best first."""

    def __init__(self, interface: str, servers: Sequence[str]) -> None:
        self._interface = interface
        self._servers = tuple(dict.fromkeys(servers))[:MOST_SERVERS]

    def __call__(self, host: str, port: int) -> list[Address]:
        """The addresses of a host, IPv6 first where it has both, as getaddrinfo would on a machine that has both."""
        literal = _literal(host)
        if literal:
            return [_address(literal, port)]
        if not self._servers:
            raise OSError(0, f"no name server is known on {self._interface}")
        said: list[str] = []
        for server in self._servers * ROUNDS:
            try:
                answers = self._ask(server, host)
            except OSError as error:
                said.append(f"{server}: {error.strerror or 'no answer'}")
                continue
            found = [one for kind in (AAAA, A) for one in answers[kind].addresses]
            codes = {one.code for one in answers.values()}
            if found:
                return [_address(one, port) for one in found]
            if codes <= {0, NAME_ERROR}:  # an answer: nobody else knows better
                raise OSError(0, f"{server} knows no address of it")
            said.append(f"{server}: {', '.join(CODES.get(code, f'error {code}') for code in codes if code)}")
        raise OSError(0, "; ".join(dict.fromkeys(said)))

    def _ask(self, server: str, host: str) -> dict[int, Answer]:
        """Both questions at once, each on a socket, and so a port, of its own (RFC 5452)."""
        answers: dict[int, Answer] = {}
        deadline = time.monotonic() + PATIENCE
        with ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            for kind in (AAAA, A):
                asked = _Asked(kind, question(host, kind, secrets.randbelow(1 << 16)))
                one = stack.enter_context(self._socket(server))
                one.send(asked.message)
                selector.register(one, selectors.EVENT_READ, asked)
            for one, asked in _readable(selector, deadline):
                try:
                    told = answer(one.recv(LARGEST), asked.message)
                except NotAnAnswer:
                    continue
                answers[asked.kind] = self._by_tcp(server, asked.message, deadline) if told.is_truncated else told
                selector.unregister(one)
        if A not in answers and AAAA not in answers:
            raise TimeoutError(0, "no answer")
        return {kind: answers.get(kind, Answer(0)) for kind in (AAAA, A)}

    def _socket(self, server: str) -> socket.socket:
        address = _address(server, PORT)
        made = socket.socket(address.family, socket.SOCK_DGRAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode())
            made.connect(address.socket_address)
        except BaseException:
            made.close()
            raise
        return made

    def _by_tcp(self, server: str, message: bytes, deadline: float) -> Answer:
        with connect_through(self._interface)(_address(server, PORT), _left(deadline)) as connection:
            connection.sendall(struct.pack("!H", len(message)) + message)
            (length,) = struct.unpack("!H", _exactly(connection, 2, deadline))
            try:
                return answer(_exactly(connection, length, deadline), message)
            except NotAnAnswer as error:
                raise OSError(0, str(error)) from None


def _readable(selector: selectors.BaseSelector, deadline: float) -> Iterator[tuple[socket.socket, _Asked]]:
    """The sockets as they have something, until none is left or the time is over."""
    while selector.get_map() and (left := deadline - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            if isinstance(key.fileobj, socket.socket):
                yield key.fileobj, key.data


def _left(deadline: float) -> float:
    """The seconds until then; TimeoutError when they are over."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError(0, "no answer in time")
    return left


def _exactly(connection: socket.socket, size: int, deadline: float) -> bytes:
    received = b""
    while len(received) < size:
        connection.settimeout(_left(deadline))
        piece = connection.recv(size - len(received))
        if not piece:
            raise OSError(0, "the answer breaks off")
        received += piece
    return received


def _literal(host: str) -> str:
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return ""


def _address(text: str, port: int) -> Address:
    if ":" in text:
        host, _, zone = text.partition("%")
        return Address(socket.AF_INET6, (host, port, 0, socket.if_nametoindex(zone) if zone else 0))
    return Address(socket.AF_INET, (text, port))
