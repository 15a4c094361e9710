"""The verb onu send: a command for the ONT, made from words; of those that change it, only what the settings unlock."""

import argparse

from agent.cli import onu
from agent.cli.client import OK, PROBLEM, USAGE, Failure
from agent.cli.onu_line import access
from agent.cli.output import show_json


def send(options: argparse.Namespace) -> int:
    """The verb send. The transaction's number and the trailer are the line's."""
    from agent.settings_checks import OMCI_COMMANDS
    from backends.omci.composing import composed
    from backends.omci.documents import decoded, masked
    from backends.omci.exchange import NotUnlocked
    from backends.omci.frames import Action, NotAFrame, Result

    options.tci, options.is_sending = None, True
    try:
        frame = composed(onu.document_of(options))
    except NotAFrame as error:
        raise Failure("not_a_frame", str(error), "cpe-agent onu encode --help has examples", USAGE) from None
    if not frame.asks:
        raise Failure("usage", f"{options.type} is no command that is answered", "see cpe-agent onu send --help", USAGE)
    with access(options) as line:
        if line.exchange is None:
            raise Failure("usage", "a console takes no frames", "leave --driver away, or give --driver raw", USAGE)
        try:
            octets = line.exchange.ask(frame).to_bytes()
        except NotUnlocked as error:
            step = "for a laboratory: name it in unlock in [omci] of the settings"
            if Action(frame.action).name.lower().replace("_", "-") not in OMCI_COMMANDS:
                step = f"nothing unlocks it: other firmware is not sent; {', '.join(OMCI_COMMANDS)} can be unlocked"
            raise Failure("not_unlocked", str(error), step) from None
        document = decoded(octets) if options.secrets else masked(decoded(octets))
        if options.json:
            show_json(document)
        else:
            onu.show(document)
    return OK if document.get("result", Result.OK) == Result.OK else PROBLEM
