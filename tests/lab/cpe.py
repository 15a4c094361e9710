"""A CPE for the tests of the lab ACS: envelopes written by hand, HTTP by http.client, and nothing of the agent."""

import http.client
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

DEVICE = "001122-Box-7"
UUID = "6e1d1bd5-0b3a-4a52-9a7e-0f2f1c3f5a01"


def envelope(body: str, *, message_id: str | None = "c1", version: str = "1-2", header: str = "") -> bytes:
    """An envelope with prefixes other than the lab's own."""
    if message_id is not None:
        header = f'<c:ID E:mustUnderstand="1">{message_id}</c:ID>' + header
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:enc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
        f' xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:dslforum-org:cwmp-{version}">'
        f"<E:Header>{header}</E:Header><E:Body>{body}</E:Body></E:Envelope>"
    ).encode()


def values(parameters: Sequence[tuple[str, str, str]], name: str = "ParameterList") -> str:
    structs = "".join(
        f'<ParameterValueStruct><Name>{path}</Name><Value i:type="x:{kind}">{escape(text)}</Value>'
        "</ParameterValueStruct>"
        for path, text, kind in parameters
    )
    return f'<{name} enc:arrayType="c:ParameterValueStruct[{len(parameters)}]">{structs}</{name}>'


def inform(
    *events: str | tuple[str, str],
    parameters: Sequence[tuple[str, str, str]] = (("Device.DeviceInfo.SoftwareVersion", "1.0", "string"),),
    serial: str = "7",
    product_class: str = "Box",
    retry: int = 0,
    version: str = "1-2",
    header: str = "",
) -> bytes:
    pairs = [event if isinstance(event, tuple) else (event, "") for event in events or ("2 PERIODIC",)]
    listed = "".join(
        f"<EventStruct><EventCode>{code}</EventCode><CommandKey>{key}</CommandKey></EventStruct>" for code, key in pairs
    )
    return envelope(
        "<c:Inform><DeviceId><Manufacturer>Example</Manufacturer><OUI>001122</OUI>"
        f"<ProductClass>{product_class}</ProductClass><SerialNumber>{serial}</SerialNumber></DeviceId>"
        f'<Event enc:arrayType="c:EventStruct[{len(pairs)}]">{listed}</Event><MaxEnvelopes>1</MaxEnvelopes>'
        f"<CurrentTime>2026-03-01T12:00:00Z</CurrentTime><RetryCount>{retry}</RetryCount>{values(parameters)}"
        "</c:Inform>",
        version=version,
        header=header,
    )


def response(method: str, message_id: str, inside: str = "") -> bytes:
    return envelope(f"<c:{method}Response>{inside}</c:{method}Response>", message_id=message_id)


def fault(code: int, message_id: str, *parameters: tuple[str, int]) -> bytes:
    wrong = "".join(
        f"<SetParameterValuesFault><ParameterName>{path}</ParameterName><FaultCode>{each}</FaultCode>"
        "<FaultString>no</FaultString></SetParameterValuesFault>"
        for path, each in parameters
    )
    return envelope(
        "<E:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring><detail><c:Fault>"
        f"<FaultCode>{code}</FaultCode><FaultString>refused</FaultString>{wrong}</c:Fault></detail></E:Fault>",
        message_id=message_id,
    )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    challenges: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def id(self) -> str:
        """The cwmp:ID."""
        return self.text.partition("</cwmp:ID>")[0].rpartition(">")[2]

    def says(self, method: str) -> bool:
        return f"<cwmp:{method}" in self.text


class Cpe:
    """One TCP connection at a time, the cookie kept, no credentials of its own."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.port, self.tls, self.cookie = port, tls, ""
        self.connection = self._new()

    def _new(self) -> http.client.HTTPConnection:
        if self.tls is not None:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)

    def post(self, body: bytes = b"", path: str = "/", send_cookie: bool = True, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie and send_cookie:
            sent["Cookie"] = self.cookie
        self.connection.request("POST", path, body, sent)
        return self._answer()

    def request(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str) -> Answer:
        self.connection.request(method, path, body, {name.replace("_", "-"): each for name, each in headers.items()})
        return self._answer()

    def _answer(self) -> Answer:
        got = self.connection.getresponse()
        body = got.read()
        if "Set-Cookie" in got.headers:
            self.cookie = got.headers["Set-Cookie"].partition(";")[0]
        return Answer(got.status, dict(got.headers), body, got.headers.get_all("WWW-Authenticate") or [])

    def reconnect(self) -> None:
        self.close()
        self.connection = self._new()

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "Cpe":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def exchange_raw(port: int, data: bytes, timeout: float = 5.0) -> bytes:
    """Send bytes on a connection of their own and read until it ends."""
    with socket.create_connection(("127.0.0.1", port), timeout) as sock:
        sock.sendall(data)
        received = b""
        while piece := sock.recv(65536):
            received += piece
    return received
