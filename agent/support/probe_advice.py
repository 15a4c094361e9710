"""What to do when a step of the connection test fails: one next step for each cause, as tables."""

import errno
import re
import socket
import ssl
from collections.abc import Sequence
from typing import Final

from agent.support.certificates import Certificate

_TITLE: Final = re.compile(rb"(?is)<title[^>]*>\s*(.{1,80}?)\s*</title>")
_PAGE: Final = re.compile(rb"(?i)\s*(?:<!doctype\s+html|<html\b)")

# What X509_verify_cert says (x509_vfy.h).
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_AUTHORITY: Final = frozenset({2, 18, 19, 20, 21})
_WRONG_NAME: Final = frozenset({62, 64})

_TCP: Final = {
    errno.ECONNREFUSED: "nothing listens there: check the port in the URL, and whether the ACS runs",
    errno.ENETUNREACH: "there is no route: check the default route (`ip route`)",
    errno.EHOSTUNREACH: "no way leads there: check the route, and whether the host is up",
    errno.ENODEV: "there is no such interface: `ip link` lists them",
    errno.EPERM: "something here forbids it: look at this machine's own firewall",
    errno.EACCES: "something here forbids it: look at this machine's own firewall",
}
_SILENCE: Final = "no answer at all: the host is down, or a firewall on the way drops it; check address and port"

_HTTP: Final = {
    400: "the operator of the ACS sees in its log why",
    403: "the ACS, or a proxy before it, lets this device in not at all: ask its operator",
    404: "there is no ACS at that path: check the path of the URL",
    405: "what answers takes no messages there: check port and path of the URL",
    407: "a proxy is in the way: the agent uses none",
    410: "there is no ACS at that path any more: check the path of the URL",
    420: "the ACS wants fewer Informs: try again later",
    429: "the ACS wants fewer Informs: try again later",
    500: "the ACS failed: its operator sees in its log why",
    501: "what answers takes no messages there: check port and path of the URL",
    502: "the ACS behind its proxy does not answer: try again later, or tell its operator",
    503: "the ACS is busy or being maintained: try again later",
    504: "the ACS behind its proxy does not answer: try again later, or tell its operator",
}
_SPELLING: Final = "check the spelling of the host in the URL, and that the name servers know it"
OF_INFORM: Final = frozenset({400, 500})
"""Statuses by which an ACS says what it thinks of the message; all others are about the place."""


def after_no_name(failure: BaseException | None, interface: str = "", servers: Sequence[str] | None = None) -> str:
    """``failure`` is what the resolver raised; ``interface`` is what it asked by, ``servers`` the system's, if known.

    The system's resolver says alike of silence and of refusal that it may try again; servers of an interface are
    asked by ourselves, and only where they know no such name the spelling matters.
    """
    if isinstance(failure, socket.gaierror):
        if failure.errno != socket.EAI_AGAIN:
            return _SPELLING
        if servers is not None and not servers:
            return (
                "there is no name server: /etc/resolv.conf names none, or is not there; have the connection's lease "
                "set one, or write it there"
            )
        named = f" {', '.join(servers)}" if servers else ""
        return (
            f"the name servers{named} (/etc/resolv.conf) do not answer, or refuse to: check the way to them, and "
            "that they serve this device"
        )
    said = getattr(failure, "strerror", None) or ""
    if not interface or "knows no address" in said:
        return _SPELLING
    if "no name server is known" in said:
        return f"have the lease of {interface} name a server, or set [network] management_name_servers"
    return (
        f"check that {interface} is up and has an address; its own name servers, where no lease names them, are set by "
        "[network] management_name_servers"
    )


def after_no_connection(failures: Sequence[OSError]) -> str:
    """``failures`` are what each address of the host said."""
    for failure in failures:
        if not isinstance(failure, TimeoutError) and (told := _TCP.get(failure.errno or 0)):
            return told
    return _SILENCE


def after_too_near(is_redirected: bool) -> str:
    """An ACS that is not on this machine leads to it."""
    if is_redirected:
        return (
            "have the ACS redirect to an address that devices reach: it sends them to themselves, which is not followed"
        )
    return "have the DHCP server name an ACS elsewhere, or set this one by hand: `cpe-agent setup --url URL`"


def after_no_tls(failure: BaseException | None, host: str, chain: Sequence[Certificate], now: str) -> tuple[str, str]:
    """Why a handshake failed, in full, and what to do. ``now`` is this device's time."""
    if not isinstance(failure, ssl.SSLCertVerificationError):
        return "", _after_no_handshake(failure)
    leaf = chain[0] if chain else None
    code = failure.verify_code
    if code == _EXPIRED and leaf:
        old = next((one for one in chain if one["not_after"] and one["not_after"] < now), leaf)
        what = f"the certificate of {old['subject']} ended at {old['not_after']}; here it is {now}"
        return what, "have the ACS's certificate renewed; or set this device's clock, if that is what is wrong"
    if code == _NOT_YET_VALID and leaf:
        young = next((one for one in chain if one["not_before"] > now), leaf)
        what = f"the certificate of {young['subject']} begins at {young['not_before']}; here it is {now}"
        return what, "set this device's clock (let chrony or systemd-timesyncd run)"
    if code in _WRONG_NAME and leaf:
        names = ", ".join(leaf["names"]) or f"{leaf['subject']} (without subjectAltName)"
        what = f"the certificate is for {names}, not for {host}"
        return what, "write the URL with a name of the certificate, or have it issued for this one"
    if code in _UNKNOWN_AUTHORITY and leaf:
        last = chain[-1]
        if last["subject"] == last["issuer"] and len(chain) == 1:
            what = f"the certificate of {last['subject']} signs itself, and is not among those trusted here"
        else:
            what = f"nobody trusted here has issued it: the chain ends at {last['issuer']}"
        return what, "give the file of that authority as [acs] ca_file; or have the ACS send its whole chain"
    return "", "have the ACS's certificate mended, or name its authority as [acs] ca_file"


def lacks_authority(failure: BaseException | None) -> bool:
    """Whether a handshake failed because the certificate's authority is not among those trusted here."""
    return isinstance(failure, ssl.SSLCertVerificationError) and failure.verify_code in _UNKNOWN_AUTHORITY


def _after_no_handshake(failure: BaseException | None) -> str:
    reason = getattr(failure, "reason", None) or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE"):
        return "what listens there speaks no TLS: check the port, or write http:// in a laboratory"
    if isinstance(failure, TimeoutError):
        return "what listens there speaks no TLS, or not in time: check the port, or try again"
    if "HANDSHAKE_FAILURE" in reason or "PROTOCOL" in reason or "CIPHER" in reason:
        return 'the ACS\'s TLS is too old: have it renewed, or set [acs] tls_profile = "compat"'
    return "check the port, and [acs] ca_file, client_certificate and client_key"


def after_status(status: int) -> str:
    """An HTTP status that is no success; 0: what came was no HTTP, or nothing."""
    if not status:
        return "what listens there does not speak as an ACS does: check the port in the URL"
    return _HTTP.get(status, "check the URL; the operator of the ACS may know more")


def after_log_in(reason: str, has_password: bool) -> str:
    """Why logging in failed, by its sentence."""
    if "without TLS" in reason:
        return "use https://, or have the ACS ask for Digest"
    if "none is set" in reason:
        return "set the user name and the password of this device ([acs] username and password)"
    if "unknown log-in" in reason:
        return "have the ACS ask for Digest, or for Basic over https"
    if not has_password:
        return "no password is set: set the one that the ACS's operator gave ([acs] password)"
    return "check user name and password with the ACS's operator"


def of_no_acs(content_type: str, body: bytes) -> str:
    """What answers, if it is no ACS."""
    if "html" in content_type.lower() or _PAGE.match(body):
        title = _TITLE.search(body)
        said = " ".join(title[1].decode("utf-8", "replace").split()) if title else ""
        shown = "".join(letter for letter in said if letter.isprintable())
        return (
            f'what answers is a web page ("{shown}"), not an ACS' if shown else "what answers is a web page, not an ACS"
        )
    return "what answers is not an ACS"
