"""Stands in for ``uci`` where there is none: the few commands that backends.uci.program gives, on the same files.

``uci -c CONFIG -t OWN export PATH | batch | commit PACKAGE``. It stages as libuci does (deltas), commits what lies in
OWN and, as libuci does, what a person has staged; it goes on behind an error of a batch, drops comments, and takes
libuci's locks. The contract suite runs on it and, where there is one, on the real program.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from backends.uci.draft import Draft
from backends.uci.grammar import quote, words
from backends.uci.places import Places, edits_staged
from backends.uci.reading import decoded, encoded, parsed, rendered
from backends.uci.types import BrokenPackage, Package

MARKS = {"set": "", "add": "+", "delete": "-", "rename": "@", "reorder": "^", "add_list": "|", "del_list": "~"}


def main(arguments: list[str]) -> int:
    config, own = Path("/etc/config"), Places().staged
    while arguments and arguments[0] in ("-c", "-t"):
        option, value, *arguments = arguments
        config, own = (Path(value), own) if option == "-c" else (config, Path(value))
    if arguments[0] == "export":
        return export(Path(arguments[1]))
    if arguments[0] == "commit":
        return commit(config / arguments[1], own)
    assert arguments == ["batch"]
    for command in words(decoded(sys.stdin.buffer.read())):
        if command:
            stage(command, config, own)
    return 0


def export(path: Path) -> int:
    try:
        package = read(path)
    except FileNotFoundError:
        return complain("Entry not found")
    except BrokenPackage as broken:
        return complain(f"Parse error ({broken.reason}) at line {broken.line}, byte 0")
    sys.stdout.buffer.write(encoded(f"package {package.name}\n{rendered(package)}"))
    return 0


def stage(command: tuple[str, ...], config: Path, own: Path) -> None:
    word, what, *more = command
    if word == "add":
        package, place, value = what, [], more[0]
    else:
        what, _, value = what.partition("=")
        package, *place = what.split(".")
    draft = Draft(read(config / package))
    for directory in (Places().staged, own):
        apply(draft, directory)
    if word == "add":
        place = [draft.add(value)]
        print(place[0])
    elif any(not part.replace("_", "a").isalnum() for part in place) or not control_free(value):
        complain("Invalid argument")
        return
    line = MARKS[word] + ".".join((package, *place))
    with locked(own / package, fcntl.LOCK_EX) as descriptor:
        os.lseek(descriptor, 0, os.SEEK_END)
        os.write(descriptor, encoded(line + ("" if word == "delete" else "=" + quote(value)) + "\n"))


def control_free(value: str) -> bool:
    return all(letter in "\t\n\r" or ord(letter) >= 32 for letter in value)


def commit(path: Path, own: Path) -> int:
    with locked(path, fcntl.LOCK_EX):
        draft = Draft(read(path))
        for directory in (Places().staged, own):
            apply(draft, directory)
        with locked(own / path.name, fcntl.LOCK_EX) as descriptor:
            os.ftruncate(descriptor, 0)
        new = path.with_name(f".{path.name}.uci-new")
        new.write_bytes(encoded(rendered(draft.package())))
        new.chmod(path.stat().st_mode & 0o7777)
        new.replace(path)
    return 0


def apply(draft: Draft, directory: Path) -> None:
    path = directory / draft.base.name
    if not path.exists():
        return
    with locked(path, fcntl.LOCK_SH):
        edits = list(edits_staged(directory, draft.base.name))
    for edit in edits:
        place = (edit.section, edit.option)
        match edit.operation:
            case "add":
                assert draft.add(edit.value) == edit.section
            case "set" if edit.option:
                draft.set(*place, edit.value)
            case "set":
                draft.add(edit.value, edit.section)
            case "delete" if edit.option:
                draft.delete_option(*place)
            case "delete":
                draft.delete(edit.section)
            case "rename" if edit.option:
                draft.rename_option(*place, edit.value)
            case "rename":
                draft.rename(edit.section, edit.value)
            case "reorder":
                draft.reorder(edit.section, int(edit.value))
            case "add_list":
                draft.add_to_list(*place, edit.value)


def read(path: Path) -> Package:
    return parsed(path.name, decoded(path.read_bytes()), path)


def complain(of: str) -> int:
    print(f"uci: {of}", file=sys.stderr)
    return 1


@contextmanager
def locked(path: Path, kind: int) -> Iterator[int]:
    path.parent.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
