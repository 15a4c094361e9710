"""The verb run: be the agent. It alone brings the whole agent into its process, and only when it is called."""

import argparse
import signal
import sys
from pathlib import Path

from agent.cli.client import OK, PROBLEM, USAGE
from agent.cli.options import Verbs


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "run",
        description="Be the agent, in the foreground, until SIGTERM; SIGHUP reads the settings again.",
        epilog="example:\n  cpe-agent run --config /etc/cpe-agent/agent.toml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="settings (default: /etc/cpe-agent/agent.toml)")
    parser.add_argument(
        "--state-dir", metavar="DIR", type=Path, help="what survives a restart is here, and the control socket"
    )
    parser.add_argument("--boot", action="store_true", help="report to the ACS as after a boot of the machine")
    parser.add_argument(
        "--leave",
        action="store_true",
        help="take back what the agent made in this system (servers, packet filter, links, drop-ins), and end; "
        "settings and state stay, and the next start makes it again",
    )
    parser.add_argument("--check", action="store_true", help="only read the settings, and say what is wrong with them")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    heard = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the agent hears it itself: it has yet to read them
    try:
        return _served(options)
    finally:
        signal.signal(signal.SIGHUP, heard)


def _served(options: argparse.Namespace) -> int:
    from agent.runtime.memory import slim_while_loading

    slim_while_loading()
    if options.check:
        return _check(options)
    from agent import wiring
    from agent.runtime.store import StateInUse
    from agent.runtime.unix_listener import ControlSocketError
    from agent.settings import SettingsError

    try:
        if options.leave:
            return wiring.leave(options.config, options.state_dir)
        return wiring.run(options.config, options.state_dir, options.boot)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return USAGE
    except (StateInUse, ControlSocketError) as error:
        print(f"cpe-agent: {error}", file=sys.stderr)
        return PROBLEM
    except PermissionError as error:
        print(f"cpe-agent: {error.filename}: {error.strerror}", file=sys.stderr)
        print("  next: run it as root, or give it a --state-dir of its own", file=sys.stderr)
        return PROBLEM


def _check(options: argparse.Namespace) -> int:
    from agent.settings import SettingsError, load

    try:
        warnings = load(options.config, options.state_dir).warnings
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return USAGE
    print("\n".join(warnings) or "the settings can be used")
    return OK
