"""A dynamic DNS service of a test: it speaks dyndns2, and says what a test lets it say."""

import base64
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.waiting import PATIENCE

SILENCE, CLOSED, BROKEN, UNAUTHORIZED = "(silence)", "(closed)", "(500)", "(401)"


class Asked(NamedTuple):
    """One request: what is to have which address, and whose it is."""

    names: str
    address: str
    account: str


class Provider:
    """Listens on a socket that a test made, wherever that is."""

    def __init__(self, listening: socket.socket) -> None:
        self.asked: list[Asked] = []
        self.says = "good"
        self.hellos = 0
        self.over = threading.Event()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self)

            def handle_one_request(self) -> None:
                if self.connection.recv(1, socket.MSG_PEEK) == b"\x16":  # TLS: a client's hello
                    provider.hellos += 1
                    self.close_connection = True
                    return
                super().handle_one_request()

            def log_request(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("", 0), Handler, bind_and_activate=False)
        self._server.socket.close()
        self._server.socket = listening
        self._server.daemon_threads = True
        self.port = int(listening.getsockname()[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        query = parse_qs(urlsplit(request.path).query)
        account = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        names = query.get("hostname", [""])[0]
        self.asked.append(Asked(names, query.get("myip", [""])[0], account))
        if self.says == SILENCE:
            self.over.wait(60)
            return
        if self.says == CLOSED:
            return
        status = {BROKEN: 500, UNAUTHORIZED: 401}.get(self.says, 200)
        words = self.says.split() if status == 200 else []
        lines = [words[min(place, len(words) - 1)] for place in range(names.count(",") + 1)] if words else []
        body = "".join(f"{line} {self.asked[-1].address}\n" for line in lines).encode()
        request.send_response_only(status)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join(PATIENCE)
        self._server.server_close()
