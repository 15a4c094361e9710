"""The verb lab: runs the lab ACS (``lab acs``), and registers the verbs that ask a running one."""

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli.client import OK, PROBLEM, USAGE, Failure
from agent.cli.options import Verbs, described

if TYPE_CHECKING:
    from agent.lab.acs import LabAcs
    from agent.lab.conversation import Printer
    from agent.lab.gate import Auth
    from agent.lab.records import Line

DEFAULT_LISTEN = "127.0.0.1:7557"
_QOPS = ("auth", "auth-int", "auth,auth-int")

_BEHAVIOURS = """behaviours (--behave, several times), each a thing that real ACSs do:
  hold_requests close_each_reply empty_200 chunked gzip_replies demand_cookie undeclared_prefixes malformed_fault
  faulted_informs=N inform_fault=8005  refused_posts=N refuse_status=503  drop_at_exchange=N drops=1
  redirect_to=URL redirect_status=302 redirected_posts=N  reply_delay=SECONDS  namespace_version=1.0 use_version=1.4
  nonce_uses=N nonce_per_connection authenticate_inform_only"""


def register(verbs: Verbs) -> None:
    """Add the verb and its sub-verbs."""
    lab = verbs.add_parser(
        "lab",
        description="A small ACS and a small ONU for benches and tests, and the verbs that talk to running ones.",
        epilog=(
            "example:\n  cpe-agent lab acs --listen 127.0.0.1:7557 --data /srv/firmware\n"
            "  cpe-agent lab get - Device.DeviceInfo."
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    subverbs = lab.add_subparsers(metavar="VERB", required=True)
    _register_acs(subverbs)
    from agent.cli import lab_client, lab_files, lab_onu

    lab_client.register(subverbs)
    lab_files.register(subverbs)
    lab_onu.register(subverbs)


def add_subverb(
    verbs: Verbs, name: str, run: Callable[[argparse.Namespace], int], description: str, example: str
) -> argparse.ArgumentParser:
    """Add a sub-verb of lab with its help."""
    parser = described(verbs, name, description, example, help=description)
    parser.add_argument("--json", action="store_true", help='JSON with "schema": 1')
    parser.set_defaults(run=run)
    return parser


def _register_acs(verbs: Verbs) -> None:
    acs = add_subverb(
        verbs,
        "acs",
        _acs,
        "Run the lab ACS until interrupted, showing every conversation.",
        "cpe-agent lab acs --listen 0.0.0.0:7557 --auth digest --user cpe --password-file secret.txt\n"
        "cpe-agent lab acs --behave hold_requests --behave faulted_informs=2 --xml\n\n" + _BEHAVIOURS,
    )
    add = acs.add_argument
    add("--listen", metavar="HOST:PORT", default=DEFAULT_LISTEN, help=f"default {DEFAULT_LISTEN}; port 0: a free one")
    add("--auth", choices=("none", "basic", "digest"), default="none", help="what CPEs must show; default none")
    add("--user", default="", help="the user that CPEs show")
    add("--password-file", metavar="FILE", type=Path, help="its first line is the password")
    add("--digest", choices=("md5", "sha-256", "both"), default="md5", help="algorithms that are offered; default md5")
    add("--qop", metavar="QOP", choices=_QOPS, default="auth", help=f"one of {' '.join(_QOPS)}; default auth")
    add("--cert", metavar="FILE", type=Path, help="serve TLS with this certificate (PEM)")
    add("--key", metavar="FILE", type=Path, help="its key, where it is not in the same file")
    add("--client-ca", metavar="FILE", type=Path, help="CPEs must show a certificate of this CA")
    add("--data", metavar="DIR", type=Path, help="files served and taken at /files/NAME")
    add("--connection-request-user", metavar="USER", default="", help="what CPEs have; then none are set")
    add("--connection-request-password-file", metavar="FILE", type=Path, help="its first line is the password")
    add("--no-provision", action="store_true", help="do not set credentials for connection requests at first contact")
    add(
        "--session-timeout", metavar="SECONDS", type=float, default=30.0, help="silence that ends a session; default 30"
    )
    add("--behave", metavar="NAME[=VALUE]", action="append", default=[], help="see below")
    add("--xml", action="store_true", help="also show the envelopes, secrets masked")
    add("--quiet", action="store_true", help="do not show the conversation")


def _acs(options: argparse.Namespace) -> int:
    from agent.lab.conversation import Printer

    # NO_COLOR counts when it is not empty (no-color.org).
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    printer = Printer(sys.stdout, as_json=options.json, colour=colour)
    told, tell = os.pipe()
    os.set_blocking(tell, False)

    def stop(*_: object) -> None:
        with suppress(BlockingIOError):
            os.write(tell, b".")

    acs = _built(options, printer, stop)
    signal.set_wakeup_fd(tell)  # a handler runs late when its signal comes just before the wait
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    try:
        acs.start()
    except OSError as error:
        raise Failure(
            "cannot_listen", f"cannot listen on {options.listen}: {error.strerror}", "choose another --listen", PROBLEM
        ) from None
    try:
        where = acs.url
        for everywhere in ("//0.0.0.0:", "//[::]:"):
            where = where.replace(everywhere, "//ANY-ADDRESS-OF-THIS-MACHINE:")
        printer.say(
            f"lab ACS: the CPEs' ACS URL is {where}; next: cpe-agent lab devices --acs {acs.url}{_trust(options)}; "
            "Ctrl-C ends it",
            listening=acs.url,
        )
        os.read(told, 1)
    finally:
        acs.stop()
    return OK


def _trust(options: argparse.Namespace) -> str:
    """What the verbs that ask this lab ACS need to be told of its TLS."""
    trusted = f" --ca {shlex.quote(str(options.cert.absolute()))}" if options.cert else ""
    return trusted + (" --cert YOUR-CERTIFICATE-AND-KEY" if options.client_ca else "")


def _built(options: argparse.Namespace, printer: "Printer", stop: Callable[[], None]) -> "LabAcs":
    """The lab ACS that the options ask for. Failure when they do not fit together."""
    from agent.lab.acs import LabAcs
    from agent.lab.behaviour import parse_behaviour
    from agent.lab.conversation import indented_xml
    from agent.lab.server import server_context

    nobody_reads = threading.Event()

    def show(line: "Line") -> None:
        # What was said before the end is shown, also when its line comes after the signal.
        if options.quiet or nobody_reads.is_set():
            return
        try:
            printer.line(line)
            envelope = acs.envelope_of(line) if options.xml else None
            if envelope:
                printer.envelope(indented_xml(envelope))
        except BrokenPipeError:  # whoever read the conversation has gone: so do we
            nobody_reads.set()
            stop()

    host, port = _address(options.listen)
    try:
        behaviour = parse_behaviour(options.behave)
    except ValueError as wrong:
        raise _usage(str(wrong)) from None
    if options.data is not None and not options.data.is_dir():
        raise _usage(f"--data {options.data} is no directory")
    tls = None
    if options.cert is None and (options.key or options.client_ca):
        raise _usage("--key and --client-ca need --cert")
    if options.cert is not None:
        try:
            tls = server_context(options.cert, options.key, options.client_ca)
        except OSError as error:
            raise _usage(f"the certificate, key or CA cannot be used: {error}") from None
    connection_request = (options.connection_request_user, _password(options.connection_request_password_file))
    acs = LabAcs(
        host,
        port,
        auth=_auth(options),
        tls=tls,
        data=options.data,
        behaviour=behaviour,
        show=show,
        session_timeout=options.session_timeout,
        connection_request_credentials=connection_request,
        provision=not options.no_provision and not options.connection_request_user,
    )
    return acs


def _auth(options: argparse.Namespace) -> "Auth":
    from agent.lab.gate import Auth

    if options.auth == "none":
        if options.user or options.password_file:
            raise _usage("--user and --password-file need --auth basic or --auth digest")
        return Auth()
    if not options.user or options.password_file is None:
        raise _usage(f"--auth {options.auth} needs --user and --password-file")
    algorithms = {"md5": ("MD5",), "sha-256": ("SHA-256",), "both": ("SHA-256", "MD5")}[options.digest]
    return Auth(options.auth, options.user, _password(options.password_file), algorithms, options.qop)


def _password(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        lines: Sequence[str] = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise _usage(f"the password file {path} cannot be read: {error}") from None
    if not lines or not lines[0]:
        raise _usage(f"the first line of the password file {path} is empty")
    return lines[0]


def _address(text: str) -> tuple[str, int]:
    """``HOST:PORT``, IPv6 hosts in brackets."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535 or (":" in host and not host.startswith("[")):
        raise _usage(f"--listen is HOST:PORT such as {DEFAULT_LISTEN} or [::1]:7557, not {text}")
    return host.strip("[]"), int(port)


def _usage(message: str) -> Failure:
    return Failure("usage", message, "see cpe-agent lab acs --help", USAGE)
