"""A chain in words; which names stand for a host."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from agent.runtime.endpoint import AcsEndpoint
from agent.support.certificates import LONGEST, chain_of, fitting, look
from tests.runtime.certificates import Authority
from tests.runtime.raw_server import RawServer, says, scripted


@pytest.mark.parametrize(
    ("names", "host", "matched"),
    [
        (["acs.example.net"], "ACS.example.net.", "acs.example.net"),
        (["*.example.net"], "acs.example.net", "*.example.net"),
        (["*.example.net"], "a.b.example.net", ""),
        (["*.example.net"], "example.net", ""),
        (["*."], "acs", ""),
        (["192.0.2.1"], "192.0.2.1", "192.0.2.1"),
        (["2001:DB8:0:0:0:0:0:1"], "2001:db8::1", "2001:DB8:0:0:0:0:0:1"),
        ([], "acs", ""),
    ],
)
def test_a_name_stands_for_a_host_as_tls_means_it(names: list[str], host: str, matched: str) -> None:
    assert fitting({"names": names}, host) == matched


def test_the_whole_chain_of_a_server_that_is_not_trusted_is_seen(tmp_path: Path) -> None:
    root = Authority(tmp_path / "root", "Root")
    middle = Authority(tmp_path / "middle", "Middle", root)
    pair = middle.issue("server", names="DNS:acs.example.net", chain=middle)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with RawServer(scripted(says()), context) as server:
        connection = socket.create_connection(("127.0.0.1", server.port), 5)
        chain = look(AcsEndpoint("https://acs.example.net/"), connection, "acs.example.net")
        assert server.requests == []
    assert [(one["subject"], one["issuer"]) for one in chain] == [("localhost", "Middle"), ("Middle", "Root")]
    assert chain[0]["names"] == ["acs.example.net"]


def test_what_speaks_no_tls_has_no_chain() -> None:
    ours, theirs = socket.socketpair()
    threading.Thread(target=lambda: (theirs.recv(4096), theirs.sendall(b"no"), theirs.close())).start()
    assert look(AcsEndpoint("https://acs/"), ours, "acs") == []


def test_a_connection_before_its_handshake_has_none() -> None:
    ours, theirs = socket.socketpair()
    with (
        theirs,
        ssl.create_default_context().wrap_socket(
            ours, server_hostname="acs", do_handshake_on_connect=False
        ) as connection,
    ):
        assert chain_of(connection) == []


def test_a_strangers_name_is_bounded_and_harmless(tmp_path: Path) -> None:
    name = "DNS:" + "a" * 300 + ".example.net"
    pair = Authority(tmp_path / "ca").issue("long", names=name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with RawServer(scripted(says()), context) as server:
        chain = look(AcsEndpoint("https://acs/"), socket.create_connection(("127.0.0.1", server.port), 5), "acs")
    assert len(chain[0]["names"][0]) == LONGEST
