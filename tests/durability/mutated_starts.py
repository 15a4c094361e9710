"""Starts the whole agent, in this process, on every mutation of a saved state; prints what went wrong as JSON.

``python -m tests.durability.mutated_starts DIRECTORY FIRST STEP``: the mutations FIRST, FIRST + STEP … of all. Nothing
of the machine is managed, and there is no ACS at the address that the documents name.
"""

import copy
import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from agent.cwmp import management_server as ms
from agent.runtime import loop
from agent.settings import ConnectionRequest, Loaded, Log, Settings, State
from agent.wiring import Agent

SAVED: Final = json.loads((Path(__file__).parent.parent / "state/v1.json").read_text())
ACS: Final = SAVED["acs"]["ManagementServer.URL"]
OTHERS: Final[tuple[Any, ...]] = ("zzz", {}, [], None, 7, -1, 0.5, True, {"zzz": "zzz"}, ["zzz"])
RAW: Final = (b"", b"{}", b"null", b"[]", b"[" * 100_000, b"\xff\x00", b'{"version":1', b'{"version":1e999}')
Place = tuple[str | int, ...]
Documents = dict[str, Any]


def bases() -> Iterator[Documents]:
    """The saved state as it is, with a change that waits, and with one that waits to be confirmed."""
    yield SAVED
    for is_applied in (False, True):
        base = copy.deepcopy(SAVED)
        before = {part: base["model"][part] for part in ("backends", "instances", "attributes")}
        held = {"before": before, "applied": is_applied, "undo": {}, "boot": SAVED["starts"]["boot"]}
        base["model"]["unconfirmed"] = held
        base["journal"] = {"transaction": 99, "boot": "another", "undo": {"own": {}, "system": {}}}
        yield base


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Where every part of a document is."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield at
    for key, one in inside:
        yield from places(one, (*at, key))


def mutations() -> Iterator[tuple[str, dict[str, bytes | None]]]:
    """A name and the documents as bytes; None: a directory stands in its place."""
    for number, base in enumerate(bases()):
        whole: dict[str, bytes | None] = {name: json.dumps(document).encode() for name, document in base.items()}
        for name, document in base.items():
            for raw in (*RAW, None):
                yield f"{number} {name}: {'a directory' if raw is None else raw[:20]!r}", {**whole, name: raw}
            for at in places(document):
                if number and at[:1] != ("unconfirmed",) and name != "journal":
                    continue  # the first base has had it
                for other in OTHERS:
                    if (at[-1:], other) in ((("file",), "zzz"), (("own",), {})):
                        continue  # the same: its key there has changed since, or nothing was ever set
                    yield f"{number} {name} {at} = {other!r}", {**whole, name: _with(document, at, other)}
                if at and at[-1] != ms.URL:  # without it, the settings file would be what names the ACS
                    yield f"{number} {name} without {at}", {**whole, name: _without(document, at)}


def _with(document: Any, at: Place, other: Any) -> bytes:
    if not at:
        return json.dumps(other).encode()
    changed = copy.deepcopy(document)
    _above(changed, at)[at[-1]] = other
    return json.dumps(changed).encode()


def _without(document: Any, at: Place) -> bytes:
    changed = copy.deepcopy(document)
    del _above(changed, at)[at[-1]]
    return json.dumps(changed).encode()


def _above(document: Any, at: Place) -> Any:
    for key in at[:-1]:
        document = document[key]
    return document


def start(directory: Path, documents: dict[str, bytes | None]) -> str:
    """What is wrong with the start on these documents, "" when it is as it should be."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    for name, content in documents.items():
        place = directory / f"{name}.json"
        if content is None:
            (place / "inside").mkdir(parents=True)
        else:
            place.write_bytes(content)
    settings = Settings(state=State(directory), connection_request=ConnectionRequest(port=0), log=Log(level="error"))
    agent = Agent(Loaded(settings), boot=False)
    try:
        now = loop.moment()
        opened = agent.core.handle(None, now)
        agent.core.next_due(now)
        agent.core.handle(None, now)
        return _judged(agent, documents, opened)
    finally:
        agent.control.stop()
        agent.workers.close()
        os.close(agent._claim)


def _judged(agent: Agent, documents: dict[str, bytes | None], opened: list[Any]) -> str:
    if not opened:
        return "no session begins"
    url = agent.own.get(ms.URL)
    if url != ACS and documents["acs"] == json.dumps(SAVED["acs"]).encode() and url != "zzz":
        return f"the ACS is {url!r}"
    agent.core.handle(None, loop.moment())
    events = [event.code for event in agent.parts.events.pending]
    agent.parts.inform(agent.parts.events.for_inform(), 0, loop.moment())
    return "" if "1 BOOT" in events else f"the events are {events}"


def main(directory: Path, first: int, step: int) -> None:
    """Do it; the last line counts the starts."""
    count = 0
    for number, (name, documents) in enumerate(mutations()):
        if number % step != first:
            continue
        count += 1
        try:
            wrong = start(directory, documents)
        except Exception:  # noqa: BLE001 - whatever it is, it kept the agent from starting
            wrong = traceback.format_exc()
        if wrong:
            print(json.dumps({"mutation": name, "wrong": wrong}), flush=True)
    print(count)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
