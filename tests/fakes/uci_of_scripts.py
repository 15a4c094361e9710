"""Stands in for ``uci`` where there is none: what the package's scripts say to it, with edits staged in a directory.

``uci -c CONFIG -t STAGED [-q] get|set|delete PLACE | changes [PACKAGE] | show|commit PACKAGE``, or ``batch`` with such
lines; PLACE as ``package.section`` or ``package.@type[0].option``. The same tests run on the real program where
``UCI_BIN`` names one.
"""

import json
import re
import shlex
import sys
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

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


def main(arguments: list[str]) -> int:
    words = [each for each in arguments if each != "-q"]
    config, staged = (Path([after for word, after in pairwise(words) if word == each][-1]) for each in ("-c", "-t"))
    command, *rest = [
        each for n, each in enumerate(words) if each not in ("-c", "-t") and words[n - 1] not in ("-c", "-t")
    ]
    if command == "batch":
        return max(_do(config, staged, *shlex.split(line)) for line in sys.stdin if line.strip())
    return _do(config, staged, command, *rest)


def _do(config: Path, staged: Path, command: str, *rest: str) -> int:
    place, _, value = (rest[0] if rest else "").partition("=")
    name, *inside = place.split(".")
    try:
        uci = Uci(config, staged, name)
        section, option = ([*inside, "", ""])[:2]
        if command == "get":
            found = uci.draft.package().get(uci.section(section))
            said = (found.text(option) if option else found.type) if found else ""
            print(said, end="\n" if said else "")
            return 0 if said else 1
        if command == "changes":
            print("".join(f"{edit}\n" for edit in uci.edits), end="")
        elif command == "show":
            print(uci.show(), end="")
        elif command == "commit":
            uci.commit()
        else:
            uci.stage(command, uci.section(section), option, value)
    except (OSError, IndexError, MechanismError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
