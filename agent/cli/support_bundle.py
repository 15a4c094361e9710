"""The verb support-bundle: one archive for whoever helps, without secrets and names."""

import argparse
import base64
import os
from contextlib import suppress
from typing import IO

from agent.cli.client import OK, PROBLEM, USAGE, Failure, stream
from agent.cli.options import Verbs, add_verb
from agent.cli.output import printable, show_json


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "support-bundle",
        _support_bundle,
        "Write what helps to find a fault into one archive: status, doctor, settings, model, sessions, log, versions.\n"
        "Secrets are masked, and names (hosts, SSIDs, MAC and public addresses) replaced, each always by the same\n"
        "placeholder.",
        "cpe-agent support-bundle\ncpe-agent support-bundle /tmp/bundle.tar.gz --json",
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="where to; by default a name with the time, here")


def _support_bundle(options: argparse.Namespace) -> int:
    lines = stream(options, "support_bundle")
    place = str(options.file or "")
    temporary = place or f".cpe-agent-support-{os.getpid()}.part"
    left_out: list[str] = []
    size = 0
    out = _open(temporary)
    try:
        with out:
            for line in lines:
                if "data" in line:
                    out.write(base64.b64decode(line["data"]))
                else:
                    place = place or os.path.basename(str(line["name"]))
                    size, left_out = int(line["bytes"]), list(line["left_out"])
            out.flush()
            if not size or out.tell() != size:
                raise Failure(
                    "no_answer", "the agent ended while it made the bundle", "look at its log, then ask again"
                )
        if temporary != place:
            os.link(temporary, place)  # never over a file that is there
            os.unlink(temporary)
    except FileExistsError:
        _remove(temporary)
        raise Failure("usage", f"{place} is there already", "name another file", USAGE) from None
    except OSError as error:
        _remove(temporary)
        raise Failure("file", f"{place}: {error.strerror}", "name another file", PROBLEM) from None
    except BaseException:
        _remove(temporary)
        raise
    if options.json:
        show_json({"file": os.path.abspath(place), "bytes": size, "left_out": left_out})
        return OK
    print(f"{printable(place)}: {size} bytes")
    for each in left_out:
        print(f"  without {printable(each)}")
    print("  next: look through it before you pass it on; secrets are masked and names replaced")
    return OK


def _open(place: str) -> IO[bytes]:
    try:
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise Failure("usage", f"{place} is there already", "name another file", USAGE) from None
    except OSError as error:
        raise Failure("file", f"{place}: {error.strerror}", "name a file in a place that you may write to") from None
    return os.fdopen(descriptor, "wb")


def _remove(place: str) -> None:
    with suppress(OSError):
        os.unlink(place)
