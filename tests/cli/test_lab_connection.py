"""To a lab ACS: a certificate that was named itself is known, and one asks from the address that is asked."""

import json
import socket
import ssl
import urllib.error
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.cli.lab_connection import opener
from agent.lab.acs import LabAcs
from agent.lab.server import server_context
from tests.lab.certificates import make_certificates
from tests.waiting import PATIENCE


def ask(url: str, ca: Path | None = None) -> Any:
    one = opener(is_tls=url.startswith("https"), ca=str(ca) if ca else None, certificate=None)
    with one.open(f"{url}api/devices", timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def test_the_certificate_that_was_named_serves_under_every_address_and_name(tmp_path: Path) -> None:
    made = make_certificates(tmp_path)  # for 127.0.0.1
    with LabAcs("127.0.0.2", tls=server_context(made.server, made.server_key)) as acs:
        assert ask(acs.url, made.server)["devices"] == []
        with pytest.raises(urllib.error.URLError) as refused:
            ask(acs.url, made.authority)  # another certificate of the authority might be anybody's
        assert isinstance(refused.value.reason, ssl.SSLCertVerificationError)
    with LabAcs(tls=server_context(made.server, made.server_key)) as acs:
        assert ask(acs.url, made.authority)["devices"] == []
        assert ask(acs.url.replace("127.0.0.1", "localhost"), made.server)["devices"] == []


def test_it_is_asked_from_the_address_that_is_asked() -> None:
    with socket.create_server(("127.0.0.3", 0)) as listener:
        listener.settimeout(20)

        def answer() -> str:
            connection, address = listener.accept()
            with connection:
                connection.settimeout(20)
                connection.recv(4096)
                connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n{}")
            return str(address[0])

        with ThreadPoolExecutor(1) as pool:
            peer = pool.submit(answer)
            assert ask(f"http://127.0.0.3:{listener.getsockname()[1]}/") == {}
            assert peer.result(20) == "127.0.0.3"
