"""Connection requests as an ACS makes them, byte by byte; computes Digest by itself."""

import hashlib
import re
import socket
from dataclasses import dataclass

USERNAME, PASSWORD, PATH = "acs", "secret-of-this-device", "/f3a9c0d1"


@dataclass(frozen=True)
class Answer:
    """What came back until the connection ended."""

    status: int
    fields: dict[str, str]
    body: bytes

    @property
    def challenge(self) -> dict[str, str]:
        return {
            name: a or b for name, a, b in re.findall(r'(\w+)=(?:"([^"]*)"|([^,]*))', self.fields["www-authenticate"])
        }


def send(port: int, head: bytes, host: str = "127.0.0.1") -> Answer | None:
    """Send bytes and read to the end; None when the connection ended without an answer."""
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(head)
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
    if not received:
        return None
    head, _, body = received.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
    return Answer(int(line.split()[1]), fields, body)


def request(target: str = PATH, *fields: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    lines = [f"{method} {target} {version}", "Host: cpe", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def authorization(
    challenge: dict[str, str],
    *,
    uri: str = PATH,
    username: str = USERNAME,
    password: str = PASSWORD,
    nc: str = "00000001",
    qop: bool = True,
    algorithm: str = "",
    **changed: str,
) -> str:
    """The Authorization line for a challenge; ``changed`` replaces fields after the response was computed."""
    algorithm = algorithm or challenge.get("algorithm", "MD5")

    def hashed(text: str) -> str:
        return hashlib.new("sha256" if algorithm.startswith("SHA-256") else "md5", text.encode()).hexdigest()

    a1 = hashed(f"{username}:{challenge['realm']}:{password}")
    if algorithm.endswith("-sess"):
        a1 = hashed(f"{a1}:{challenge['nonce']}:c0ffee")
    middle = f":{nc}:c0ffee:auth:" if qop else ":"
    response = hashed(f"{a1}:{challenge['nonce']}{middle}{hashed(f'GET:{uri}')}")
    fields = {"username": username, "realm": challenge["realm"], "nonce": challenge["nonce"], "uri": uri}
    fields |= {"response": response} | ({"cnonce": "c0ffee"} if qop else {}) | changed
    quoted = ",".join(f'{name}="{value}"' for name, value in fields.items())
    plain = f",qop=auth,nc={nc}" if qop else ""
    named = f",algorithm={algorithm}" if "algorithm" in challenge else ""
    return f"Authorization: Digest {quoted}{plain}{named}"


def ask(port: int, target: str = PATH, host: str = "127.0.0.1") -> int:
    """A whole honest connection request; the status of its second answer, 0 when none came."""
    first = send(port, request(target), host)
    if first is None or first.status != 401:
        return first.status if first else 0
    second = send(port, request(target, authorization(first.challenge, uri=target)), host)
    return second.status if second else 0
