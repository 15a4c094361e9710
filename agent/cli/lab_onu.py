"""The verbs lab onu, which runs the lab ONU on a pty, and lab onu-do, which orders a running one something."""

import argparse
import errno
import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.cli.client import OK, PROBLEM, USAGE, Failure
from agent.cli.lab import add_subverb
from agent.cli.options import Verbs, count
from agent.cli.output import printable, show_json

if TYPE_CHECKING:
    from agent.lab.onu import Likeness

DEFAULT_LINK: Final = "lab-onu"
_OF_FRAMES: Final = ("codec", "trailer", "mirror")
_OF_CONSOLES: Final = ("user", "password_file", "noise", "colours")


def register(verbs: Verbs) -> None:
    """Add the sub-verbs."""
    from agent.lab.onu_frames import CODECS, TRAILERS
    from agent.lab.onu_orders import ORDERS

    onu = add_subverb(
        verbs, "onu", _onu, "Run the lab ONU until interrupted: an ONT on a pty, with an OLT behind it.",
        "cpe-agent lab onu --pty /tmp/ttyONU\n"
        "cpe-agent lab onu --pty /tmp/ttyONU --console lantiq --user root --password-file secret.txt --noise 400\n"
        "cpe-agent onu info --device /tmp/ttyONU\n"
        "cpe-agent lab onu-do acs http://127.0.0.1:7557/ --onu /tmp/ttyONU\n\n"
        f"orders, as lines on standard input or by cpe-agent lab onu-do:\n{ORDERS}",
    )  # fmt: skip
    add = onu.add_argument
    add("--pty", metavar="LINK", type=Path, nargs="?", const=Path(DEFAULT_LINK), default=Path(DEFAULT_LINK),
        help=f"a path that is to lead to the device; default {DEFAULT_LINK}, in this directory")  # fmt: skip
    add("--codec", choices=CODECS, help="how frames stand on the line; default hdlc")
    add("--trailer", choices=TRAILERS, help="what frames end with; default crc32")
    add("--console", choices=("lantiq", "realtek", "cortina"), help="a console of this family instead of frames")
    add("--user", default="", help="who may log in to the console; default: nobody is asked")
    add("--password-file", metavar="FILE", type=Path, help="its first line is the password")
    add("--noise", metavar="OCTETS", type=count, default=0, help="a message of the kernel after each so many octets")
    add("--colours", action="store_true", help="prompts are coloured (ANSI)")
    add("--baud", metavar="BITS", type=count, default=0, help="as slow as such a line; default: without delay")
    add("--mirror", action="store_true", help="the line repeats what OLT and ONU say, and answers nobody")
    do = add_subverb(
        verbs, "onu-do", _do, "Order a running lab ONU something.",
        "cpe-agent lab onu-do light -27.5\ncpe-agent lab onu-do alarm 0 on\n"
        f"cpe-agent lab onu-do unplug --onu /tmp/ttyONU\n\norders:\n{ORDERS}",
    )  # fmt: skip
    do.add_argument(
        "--onu", metavar="LINK", type=Path, default=Path(DEFAULT_LINK), help="--pty of the lab ONU, before the order"
    )
    do.add_argument("order", metavar="ORDER", nargs=argparse.REMAINDER, help="see below")


def _onu(options: argparse.Namespace) -> int:
    from agent.lab.onu import LabOnu

    likeness = _likeness(options)

    def say(text: str) -> None:
        try:
            if options.json:
                show_json({"event": text})
            else:
                print(printable(text))
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read it has gone: so do we
            onu.quit()

    onu = LabOnu(likeness, options.pty, say)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: onu.quit())
    try:
        onu.open()
    except OSError as error:
        onu.stop()
        message = f"the lab ONU cannot be at {options.pty}: {error.strerror or error}"
        step = "name another path with --pty"
        if error.errno == errno.EADDRINUSE:
            step += f", or end that one: cpe-agent lab onu-do --onu {shlex.quote(str(options.pty))} quit"
        raise Failure("unusable", message, step, PROBLEM) from None
    try:
        how = f"the console of {likeness.console}" if likeness.console else f"frames in {likeness.codec}"
        say(f"lab ONU at {options.pty} ({onu.line.device}), {how}; next: {_next(options, likeness)}; Ctrl-C ends it")
        onu.serve(sys.stdin)
    finally:
        onu.stop()
    return OK


def _likeness(options: argparse.Namespace) -> "Likeness":
    from agent.lab.onu import Likeness

    strange = next((name for name in (_OF_FRAMES if options.console else _OF_CONSOLES) if getattr(options, name)), "")
    if strange:
        option = f"--{strange.replace('_', '-')}"
        why = f"{option} is of frames, and a console has none" if options.console else f"{option} is of a console"
        step = f"leave {option} away, or {'leave --console away' if options.console else 'name one with --console'}"
        raise Failure("usage", why, step, USAGE)
    try:
        return Likeness(
            options.codec or "hdlc", options.trailer or "crc32", options.console or "", options.user,
            _password(options.password_file), options.baud, options.mirror, options.noise, options.colours,
        )  # fmt: skip
    except ValueError as error:
        raise Failure("usage", str(error), "leave --trailer away, or take another --codec", USAGE) from None


def _next(options: argparse.Namespace, likeness: "Likeness") -> str:
    """The command that speaks to it."""
    words = ["cpe-agent", "onu", *(["watch", "--listen"] if likeness.is_mirror else ["info"])]
    words += ["--device", str(options.pty)]
    if likeness.console:
        words += ["--driver", likeness.console]
        words += ["--user", likeness.user] if likeness.user else []
        words += ["--password-file", str(options.password_file)] if options.password_file else []
    else:
        words += ["--codec", likeness.codec] if likeness.codec != "hdlc" else []
        words += ["--trailer", likeness.trailer] if likeness.trailer != "crc32" else []
    return shlex.join(words)


def _do(options: argparse.Namespace) -> int:
    from agent.lab.onu_door import ask
    from agent.lab.onu_orders import Wrong

    words = list(options.order)
    if "--onu" in words[:-1]:  # also behind the order, where argparse leaves it
        at = words.index("--onu")
        options.onu = Path(words[at + 1])
        del words[at : at + 2]
    if not words:
        raise Failure("usage", "an order is missing", "cpe-agent lab onu-do --help lists them", USAGE)
    try:
        told = ask(options.onu, shlex.join(words))
    except Wrong as wrong:
        raise Failure("refused", str(wrong), "cpe-agent lab onu-do --help lists the orders") from None
    except OSError as error:
        message = f"no lab ONU takes orders at {options.onu}: {error.strerror or error}"
        raise Failure("no_lab_onu", message, "start one with cpe-agent lab onu --pty, or name its --onu") from None
    if options.json:
        show_json({"done": told})
    else:
        print(printable(told))
    return OK


def _password(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text().splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError):
        raise Failure("usage", f"the password file {path} has no first line", "see --help", USAGE) from None
