"""A device that fetches and sends files, and an ACS that has them: what a crash amid a transfer is judged by."""

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from agent.cli import client
from agent.lab.records import Rpc, Told
from tests.durability.stand import Stand, Tracer, watched_paths
from tests.waiting import until

SHELF = "X 0A1B2C Shelf"
EXTENSION = '''"""Files of a type of our own come to a directory, and go from there."""
import os
from pathlib import Path
from agent.transfers.file_types import Taken

PLACE = Path({place!r})

class Shelf:
    def room(self, size):
        PLACE.mkdir(exist_ok=True)
        return PLACE
    def take(self, received, order):
        place = PLACE / ("taken-" + order.command_key)
        if not place.exists():
            os.link(received.path, place)
        return Taken()

class Cupboard:
    def open(self, order):
        return PLACE / "sent"

def file_types(mechanisms):
    return {{"downloads": {{{shelf!r}: Shelf()}}, "uploads": {{{shelf!r}: Cupboard()}}}}
'''
SETTINGS = """[extensions]
directory = "{extensions}"
[transfers]
laboratory = true
[discovery]
enable = false
"""


class TransferWorld:
    """The stand with files on both sides. ``size`` bytes of a file that is not compressible."""

    def __init__(self, make_stand: Callable[..., Stand], directory: Path, size: int) -> None:
        self.served, extensions = directory / "served", directory / "extensions"
        for place in (self.served, extensions):
            place.mkdir(mode=0o755)
        more = SETTINGS.format(extensions=extensions)
        self.stand = make_stand(more=more, data=self.served)
        self.shelf = self.stand.state / "shelf"
        extension = extensions / "shelf.py"
        extension.write_text(EXTENSION.format(place=str(self.shelf), shelf=SHELF))
        extension.chmod(0o644)
        self.content = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(size // 32))
        (self.served / "image").write_bytes(self.content)
        self.agent = self.stand.first_contact()
        quick = {"Device.ManagementServer.CWMPRetryMinimumWaitInterval": {"value": "1", "type": "unsignedInt"}}
        self.stand.done(self.agent, "SetParameterValues", parameters=quick)
        self.tags = count(1)

    def arguments(self, key: str) -> dict[str, object]:
        """Of a Download from the ACS's own files."""
        return {"url": "/files/image", "file_type": SHELF, "command_key": key, "file_size": len(self.content)}

    def told(self, key: str) -> list[Told]:
        """The TransferCompletes with this key that the ACS has answered."""
        return [one for one in self.stand.acs.told if one.method == "TransferComplete" and one.command_key == key]

    def settle(self) -> None:
        """Wait until nothing is moved or left to be told."""

        def is_quiet() -> bool:
            with suppress(client.Failure):
                queue, transfers = self.agent.ask("queue"), self.agent.ask("transfers")
                return not queue["events"] and not transfers["transfers"]
            return False

        until(is_quiet, lambda: f"still to be done: {self.agent.ask('transfers')}")

    def paths(self, number: int) -> list[str]:
        """strace's filter for the state and the files of that transfer."""
        place = str(self.shelf / f"cpe-agent-transfer-{number}")
        return [
            *watched_paths(self.stand.state),
            *(part for name in ("", ".part", ".part.json", ".part.json.new") for part in ("-P", place + name)),
        ]

    def next_number(self) -> int:
        """The number that the next transfer will have."""
        found: int = json.loads((self.stand.state / "delivery.json").read_text())["transfers"]["number"]
        return found + 1

    def survives(self, call: str, number: int) -> bool:
        """Kill at the ``number``-th such call of a download, start again, judge; False: it has no such call."""
        key = f"key-{next(self.tags)}"
        rpc = self.stand.queue("Download", **self.arguments(key))
        injected, paths = f"{call}:signal=SIGKILL:when={number}", self.paths(self.next_number())
        with Tracer(self.agent, self.stand.state, injected, paths=paths), suppress(client.Failure, FileNotFoundError):
            self.stand.session(self.agent)
            until(lambda: bool(self.told(key)) or not self.agent.is_alive)
            until(lambda: not self.agent.is_alive or not self.agent.ask("transfers")["transfers"])
        was_killed = not self.agent.until_ready()
        if was_killed:
            self.restart()
        self.judge(key, rpc)
        return was_killed

    def restart(self) -> None:
        """After a crash: with a state that can be read. How many crashes there may be is not tested here."""
        starts = self.stand.state / "starts.json"
        if starts.exists():
            counted = json.loads(starts.read_text())
            starts.write_text(json.dumps({**counted, "unclean": counted["unclean"][-1:]}))
        self.agent = self.stand.start()
        assert self.stand.unusable() == []

    def judge(self, key: str, rpc: Rpc) -> None:
        """What was accepted is done as a whole, and told once; nothing is left over."""
        if not rpc.is_finished:
            self.stand.session(self.agent)
        if rpc.state == "done":
            until(lambda: self.told(key), lambda: f"{key} is lost")
        self.settle()
        assert len(self.told(key)) <= 2  # twice only where the crash came between the ACS's word and its being saved
        for one in self.told(key):
            assert one.fault_code == 0, one
            assert (self.shelf / f"taken-{key}").read_bytes() == self.content
        left = [path.name for path in self.shelf.glob("cpe-agent-transfer-*")] if self.shelf.exists() else []
        assert left == []
