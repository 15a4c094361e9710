"""Which process is the server of which section of /etc/config/dropbear, and who is logged in there."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from backends.files import read_text
from backends.openwrt.sections import truth
from backends.ssh.instance import parent
from backends.ssh.sessions import Session, peer, server_of
from backends.uci import Section

PID_FILE: Final = re.compile(r"dropbear\.(?:uid\d+\.)?(?P<name>.+)\.pid")
USER: Final = re.compile(r"^Uid:\s+(\d+)", re.MULTILINE)


def server_pids(answer: Any, sections: Mapping[str, Section]) -> dict[str, int]:
    """By identity, out of what procd says of its service dropbear. The process file's name tells the section, by what
    libuci calls it, or, on releases before 2024, by its place among those that are enabled. Where none is named, and
    there are as many as are enabled, they are in the same order.
    """
    enabled = [key for key, one in sections.items() if truth(one, "enable", True)]
    keys = {section.id: key for key, section in sections.items()}
    keys |= {str(place): key for place, key in enumerate(enabled, 1) if str(place) not in keys}
    running = [(process, _name(one.get("command"))) for one in _instances(answer)
               if one.get("running") is True and type(process := one.get("pid")) is int]  # fmt: skip
    if len(running) == len(enabled) and not any(name for _, name in running):
        return {key: process for key, (process, _) in zip(enabled, running, strict=True)}
    return {keys[name]: process for process, name in running if name in keys}


def logged_in(
    processes: Sequence[int], servers: Mapping[int, str], otherwise: str, users: Mapping[int, str], proc: str
) -> Iterator[Session]:
    """The sessions among the processes that are called dropbear. Each serves one who comes; who has said who he is has
    a program running, as the user that he is. ``users`` by number.
    """
    guests = [process for process in processes if process not in servers]
    below = {process: parent(process, proc) for process in (_numbers(proc) if guests else ())}
    for process in guests:
        address, port = peer(process, proc)
        children = [child for child, above in below.items() if above == process]
        if not port or not children:
            continue
        name = users.get(_user(children[0], proc), "")
        yield Session(server_of(process, servers, otherwise, proc), process, name, address, port)


def _instances(answer: Any) -> Iterable[dict[str, Any]]:
    service = answer.get("dropbear") if isinstance(answer, dict) else None
    instances = service.get("instances") if isinstance(service, dict) else None
    return [one for one in instances.values() if isinstance(one, dict)] if isinstance(instances, dict) else []


def _name(command: Any) -> str:
    words = [word for word in command if isinstance(word, str)] if isinstance(command, list) else []
    found = next((match for word in words if (match := PID_FILE.fullmatch(os.path.basename(word)))), None)
    return found["name"] if found else ""


def _user(process: int, proc: str) -> int:
    found = USER.search(read_text(f"{proc}/{process}/status", 4096) or "")
    return int(found[1]) if found else -1


def _numbers(proc: str) -> list[int]:
    try:
        return [int(name) for name in os.listdir(proc) if name.isdecimal()]
    except OSError:
        return []
