"""Connections to a lab ACS's API: from the address that is asked, and to the very certificate that was named."""

import http.client
import re
import socket
import ssl
import urllib.request
from functools import partial
from typing import Any, Final

WRONG_NAME: Final = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, …_IP_ADDRESS_MISMATCH
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class _Http(http.client.HTTPConnection):
    source_address: tuple[str, int] | None

    def connect(self) -> None:
        self.source_address = _own_address(self.host, self.port)
        super().connect()


class _Https(http.client.HTTPSConnection):
    source_address: tuple[str, int] | None

    def __init__(self, host: str, *, context: ssl.SSLContext, named: frozenset[bytes], **more: Any) -> None:
        super().__init__(host, context=context, **more)
        self._tls = context
        self._named = named

    def connect(self) -> None:
        """A certificate that was named itself is known: it need not be for the host in the URL."""
        self.source_address = _own_address(self.host, self.port)
        try:
            super().connect()
        except ssl.SSLCertVerificationError as refused:
            if refused.verify_code not in WRONG_NAME or not self._named:
                raise
            self._tls.check_hostname = False
            super().connect()
            if self.sock.getpeercert(binary_form=True) not in self._named:
                self.close()
                raise


class _HttpHandler(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Http, request)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def __init__(self, context: ssl.SSLContext, named: frozenset[bytes]) -> None:
        super().__init__(context=context)
        self._connection = partial(_Https, context=context, named=named)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, request)


def opener(*, is_tls: bool, ca: str | None, certificate: str | None) -> urllib.request.OpenerDirector:
    """``ca`` and ``certificate`` are PEM files. Raises OSError where they cannot be used."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _HttpHandler()]
    if is_tls:
        context = ssl.create_default_context(cafile=ca)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the server's own certificate is enough
        if certificate:
            context.load_cert_chain(certificate)
        handlers.append(_HttpsHandler(context, _certificates(ca) if ca else frozenset()))
    return urllib.request.build_opener(*handlers)


def _certificates(file: str) -> frozenset[bytes]:
    with open(file, encoding="ascii", errors="replace") as text:
        return frozenset(map(ssl.PEM_cert_to_DER_cert, _PEM.findall(text.read())))


def _own_address(host: str, port: int) -> tuple[str, int] | None:
    """The address that is spoken to, where this machine has it: by that the lab ACS knows its own users.

    By itself the kernel takes the first address of the subnet, also towards a second one of its own.
    """
    for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        with socket.socket(family, socket.SOCK_DGRAM) as trial:
            try:
                trial.bind((address[0], 0, *address[2:]))
            except OSError:
                continue
            return str(address[0]), 0
    return None
