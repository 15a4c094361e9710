"""Stands in for ``uci`` where there is none: what the package's scripts say to it, with edits staged in a directory.

A Python a call would take most of the tests' time: the program is a few lines of shell that ask this process.

``uci -c CONFIG -t STAGED [-q] get|set|delete PLACE | changes [PACKAGE] | show|commit PACKAGE``, or ``batch`` with such
lines; PLACE as ``package.section`` or ``package.@type[0].option``. The same tests run on the real program where
``UCI_BIN`` names one.
"""

import json
import re
import shlex
import socketserver
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from backends.errors import MechanismError
from backends.uci.draft import Draft
from backends.uci.reading import decoded, encoded, parsed, rendered


class Uci:
    def __init__(self, config: Path, staged: Path, name: str) -> None:
        self.file, self.staged = config / name, staged / f"{name}.json"
        self.draft = Draft(parsed(name, decoded(self.file.read_bytes()), self.file))
        self.edits = json.loads(self.staged.read_text()) if self.staged.exists() else []
        for edit in self.edits:
            self.apply(*edit)

    def section(self, place: str) -> str:
        found = re.fullmatch(r"@(\w+)\[(-?\d+)\]", place)
        sections = self.draft.package().of_type(found[1]) if found else ()
        return sections[int(found[2])].id if found else place

    def apply(self, word: str, section: str, option: str, value: str) -> None:
        if word == "set" and option:
            self.draft.set(section, option, value)
        elif word == "set":
            self.draft.add(value, section)
        else:
            self.draft.delete_option(section, option)

    def show(self) -> str:
        package, said = self.draft.package(), ""
        for one in package.sections:
            name = one.name or f"@{one.type}[{package.of_type(one.type).index(one)}]"
            said += f"{package.name}.{name}={one.type}\n"
            said += "".join(f"{package.name}.{name}.{option}={value!r}\n" for option, value in one.options.items())
        return said

    def stage(self, *edit: str) -> None:
        self.apply(*edit)
        self.staged.parent.mkdir(exist_ok=True)
        self.staged.write_text(json.dumps([*self.edits, edit]))

    def commit(self) -> None:
        self.file.write_bytes(encoded(rendered(self.draft.package())))
        self.staged.unlink(missing_ok=True)


class UciServer(socketserver.TCPServer):
    """Answers the program ``uci`` of as many routers as there are, on a port of loopback, one call after another."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="uci")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def program(self, config: Path, staged: Path) -> str:
        """The program for a router whose configuration is there. The last character of an answer is how it ends."""
        return f"""#!/bin/sh
case " $* " in *" batch "*) lines=$(cat) ;; esac
answer=$(printf '%s\\0' '{config}' '{staged}' "$@" "$lines" | busybox nc 127.0.0.1 {self.server_address[1]})
printf %s "${{answer%?}}"
exit "${{answer##"${{answer%?}}"}}"
"""


def answer(config: Path, staged: Path, arguments: list[str], lines: str) -> tuple[int, str]:
    """How the program ends, and what it prints."""
    words = [each for each in arguments if each != "-q"]
    while words[0] in ("-c", "-t"):
        option, place, *words = words
        config, staged = (Path(place), staged) if option == "-c" else (config, Path(place))
    command, *rest = words
    if command == "batch":
        done = [_do(config, staged, *shlex.split(line)) for line in lines.splitlines() if line.strip()]
        return max(status for status, _ in done), "".join(said for _, said in done)
    return _do(config, staged, command, *rest)


def _do(config: Path, staged: Path, command: str, *rest: str) -> tuple[int, str]:
    place, _, value = (rest[0] if rest else "").partition("=")
    name, *inside = place.split(".")
    try:
        uci = Uci(config, staged, name)
        section, option = ([*inside, "", ""])[:2]
        if command == "get":
            found = uci.draft.package().get(uci.section(section))
            said = (found.text(option) if option else found.type) if found else ""
            return (0, f"{said}\n") if said else (1, "")
        if command == "changes":
            return 0, "".join(f"{edit}\n" for edit in uci.edits)
        if command == "show":
            return 0, uci.show()
        if command == "commit":
            uci.commit()
        else:
            uci.stage(command, uci.section(section), option, value)
    except (OSError, IndexError, MechanismError):
        return 1, ""
    return 0, ""


class _Call(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        config, staged, *arguments, lines, _ = self.rfile.read().decode(errors="surrogateescape").split("\0")
        status, said = answer(Path(config), Path(staged), arguments, lines)
        self.wfile.write(f"{said}{status}".encode(errors="surrogateescape"))
