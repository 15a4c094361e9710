"""The lab's HTTP server: a bounded number of connections, each in its own thread, keep-alive, TLS."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.lab.http import PIECE, Connection, Gone, HttpProblem, Limits, Reply, Request, text_reply


@dataclass(slots=True)
class Server:
    """Accepts connections and serves each in its own thread.

    ``serve`` gives the answer to one request, or None to close the connection without one; ``tick`` is called
    about twice a second.
    """

    host: str
    port: int
    serve: Callable[[Connection, Request], Reply | None]
    tick: Callable[[], None]
    tls: ssl.SSLContext | None = None
    limits: Limits = field(default_factory=Limits)
    _listener: socket.socket | None = None
    _threads: dict[Connection, threading.Thread] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _accepting: threading.Thread | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Listen; OSError when the address cannot be had. ``port`` is the real one afterwards."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.port), family=family, backlog=128)
        self.port = self._listener.getsockname()[1]
        self._listener.settimeout(0.5)
        self._accepting = threading.Thread(target=self._accept, name="lab-acs", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Close every connection and wait for the threads."""
        self._stopped.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            open_now = dict(self._threads)
        for connection in open_now:
            connection.wake()
        for thread in (*open_now.values(), self._accepting):
            if thread is not None and thread is not threading.current_thread():
                thread.join(5.0)

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond ``stop``."""
        self._stopped.wait(seconds)

    def _accept(self) -> None:
        number = 0
        listener = self._listener
        while listener is not None and not self._stopped.is_set():
            try:
                sock, address = listener.accept()
            except TimeoutError:
                self.tick()
                continue
            except OSError:
                if self._stopped.wait(0.05):
                    return
                continue
            number += 1
            self.tick()
            self._admit(Connection(sock, number, str(address[0]), self.limits), sock)

    def _admit(self, connection: Connection, sock: socket.socket) -> None:
        with self._lock:
            if len(self._threads) >= self.limits.connections:
                idle = next((other for other in self._threads if other.waits_for_request), None)
                if idle is None:
                    connection.close()
                    return
                idle.wake()
                del self._threads[idle]
            thread = threading.Thread(target=self._run, args=(connection, sock), name="lab-http", daemon=True)
            self._threads[connection] = thread
            thread.start()  # before anybody who stops the server can find it

    def _run(self, connection: Connection, sock: socket.socket) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                connection.secure(self.tls)
            while self._serve_one(connection):
                pass
        except (Gone, OSError):
            pass
        finally:
            connection.close()
            with self._lock:
                self._threads.pop(connection, None)

    def _serve_one(self, connection: Connection) -> bool:
        """Serve one request; whether the connection goes on."""
        request = None
        try:
            request = connection.read_request()
            reply = self.serve(connection, request)
        except HttpProblem as problem:
            reply = text_reply(problem.status, problem.reason, close=True)
        if reply is None:
            return False
        goes_on = not reply.close and connection.body_was_taken and request is not None and not request.wants_close
        try:
            connection.write(reply.head() + reply.framed_body())
            if reply.file is not None:
                left = reply.file_size
                while left and (piece := reply.file.read(min(PIECE, left))):
                    connection.write(piece)
                    left -= len(piece)
                goes_on = goes_on and not left
        finally:
            if reply.file is not None:
                reply.file.close()
            if reply.after is not None:
                reply.after()
        if not (connection.body_was_taken and request is not None):
            connection.linger()
        return goes_on


def server_context(certificate: Path, key: Path | None = None, client_ca: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate; with ``client_ca`` only clients with a certificate of it enter."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
