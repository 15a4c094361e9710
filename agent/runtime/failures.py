"""Says in words for people why an exchange with the ACS failed, without the libraries' layers and without secrets."""

import http.client
import ssl
from typing import Final

NO_ANSWER: Final = "the ACS closed the connection without an answer"
_SAID = 120  # characters of a plain-text refusal that are passed on; GenieACS explains itself there


def refused(status: int, content_type: str, body: bytes, peer: str = "the ACS") -> str:
    """An answer whose status is no success."""
    reason = f"{peer} answers {status} {http.client.responses.get(status, '')}".rstrip()
    if content_type.startswith("text/plain"):
        said = body[:_SAID].decode("ascii", "replace").replace("\ufffd", "?")
        said = " ".join("".join(letter if letter.isprintable() else " " for letter in said).split())
        reason += f": {said}" if said else ""
    return reason


def broken(error: BaseException, peer: str = "the ACS") -> str:
    """A connection or a reply that broke off or was none; the innermost error counts."""
    while inner := next((part for part in _parts(error) if isinstance(part, BaseException)), None):
        error = inner
    match error:
        case http.client.RemoteDisconnected():
            return NO_ANSWER.replace("the ACS", peer)
        case http.client.IncompleteRead():
            return f"{peer} closed the connection in the middle of its reply"
        case http.client.LineTooLong():
            return f"{peer}'s reply has too long a line"
        case http.client.BadStatusLine():
            return f"{peer}'s reply is not HTTP/1.1"
        case ssl.SSLError():
            reason = getattr(error, "reason", None)
            if reason is None:  # TLS 1.3: what the ACS thinks of our certificate comes after the handshake
                return f"{peer} ended TLS; perhaps it does not accept the client certificate, or wants one"
            return f"{peer} ended TLS: {reason.lower().replace('_', ' ')}"
        case OSError():
            return f"the connection to {peer} broke: {error.strerror or type(error).__name__}"
    return f"{peer}'s reply is broken: {type(error).__name__}"


def _parts(error: BaseException) -> tuple[object, ...]:
    """Where requests and urllib3 put the error that they wrap."""
    return (*error.args, getattr(error, "reason", None), error.__cause__)
