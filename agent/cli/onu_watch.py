"""The verb onu watch: what an ONT says of its own accord, and its light, until it is ended."""

import argparse
import time
from collections.abc import Iterator
from typing import Any, Final

from agent.cli.client import OK, Failure
from agent.cli.onu_line import Access, access
from agent.cli.output import paint, printable, show_json

AGAIN: Final = 1.0
"""Seconds before a line that was lost is tried again."""
STEP: Final = 0.05
"""Decibels; a level that moves by less is the same."""

Json = dict[str, Any]


def watch(options: argparse.Namespace) -> int:
    """The verb watch: ends with --count events, or when interrupted. A device that was unplugged is waited for."""
    left = options.count or -1
    is_lost = False
    while left:
        try:
            with access(options) as line:
                if is_lost:
                    _say({"event": "line", "is_there": True}, options, "the line is back")
                is_lost = False
                for event, text in _events(line, options):
                    _say(event, options, text)
                    left -= 1
                    if not left:
                        return OK
        except Failure as failure:
            if failure.document["error"]["code"] != "no_ont" or options.once:
                raise
            if not is_lost:
                _say({"event": "line", "is_there": False, "why": failure.message}, options, failure.message)
            is_lost = True
            time.sleep(AGAIN)
    return OK


def _say(event: Json, options: argparse.Namespace, text: str) -> None:
    at = time.time()
    if options.json:
        show_json({"at": round(at, 3), **event})
    else:
        print(f"{paint(time.strftime('%H:%M:%S', time.localtime(at)), 'dim')}  {printable(text)}", flush=True)


def _events(line: Access, options: argparse.Namespace) -> Iterator[tuple[Json, str]]:
    """What happens, as documents and as lines, for as long as the capture takes it."""
    every = options.every or (5.0 if line.exchange else 60.0)
    if options.listen and line.exchange:
        while line.is_kept:
            if frame := line.exchange.listen(1.0):
                yield _frame(frame.to_bytes(), has_secrets=options.secrets)
    seen: Json = {}
    while line.is_kept:
        yield from _levels(line, seen)
        until = time.monotonic() + every
        while line.is_kept and (left := until - time.monotonic()) > 0:
            heard = line.ont.listen(min(left, 1.0))
            for frame in heard:
                yield _frame(frame.to_bytes(), has_secrets=options.secrets)
            if not heard and line.exchange is None:
                time.sleep(min(left, 1.0))


def _levels(line: Access, seen: Json) -> Iterator[tuple[Json, str]]:
    """The light of each ANI, when it has changed, and what a console tells beside it."""
    from backends.omci.queries import NoEntity, Refused

    for instance in line.ont.instances(263):
        try:
            octets = line.ont.get(263, instance, 0x0044).octets
        except (NoEntity, Refused):
            continue
        levels = {
            name: int.from_bytes(octets[index], signed=True) * 0.002
            for name, index in (("receive_dbm", 10), ("transmit_dbm", 14))
            if index in octets
        }
        before = seen.get(str(instance), {})
        if all(abs(level - before.get(name, -99.0)) < STEP for name, level in levels.items()):
            continue
        seen[str(instance)] = levels
        rounded = {name: round(level, 3) for name, level in levels.items()}
        text = ", ".join(
            f"{'receives' if name[0] == 'r' else 'sends'} {level:.2f} dBm" for name, level in levels.items()
        )
        yield {"event": "light", "instance": instance, **rounded}, f"light 0x{instance:04x}  {text}"
    state = line.ont.state()
    if state and state != seen.get("state"):
        seen["state"] = state
        yield {"event": "activation", "state": state}, f"activation state {state}"


def _frame(octets: bytes, *, has_secrets: bool) -> tuple[Json, str]:
    """A frame's document, and it in a line."""
    from backends.omci.documents import decoded, masked
    from backends.omci.entities import HIDDEN, entity

    document = decoded(octets) if has_secrets else masked(decoded(octets))
    name = document.get("class_name") or "class"
    known = entity(document["class"]) if "class" in document else None
    said = []
    for key, value in document.get("attributes", {}).items():
        attribute = known.named(key) if known else None
        is_told = attribute is not None and value not in (None, HIDDEN)
        said.append(key if value is None else f"{key} = {attribute.told(value) if attribute and is_told else value}")
    if "alarms" in document:
        said += [f"alarm {number} {text}".strip() for number, text in document["alarms"].items()] or ["no alarm"]
    head = (
        f"{document.get('type', 'not decoded')}  {name} ({document.get('class')}) 0x{document.get('instance', 0):04x}"
    )
    return {"event": "frame", **document}, f"{head}  {', '.join(said) or document.get('error', '')}".rstrip()
