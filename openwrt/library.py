"""Finds the agent's modules in its packed library, and compiles each when it is first imported, unless that was done.

Python's own importer of archives packs each file for itself, which takes half as much room again. Errors still name
file and line, and show the line itself; where the library has byte code (``pack.py --bytecode``) they only name it.
"""

import bz2
import json
import marshal
import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import MAGIC_NUMBER
from types import CodeType, ModuleType
from typing import Any

FIRST = ("verbs.pack", "daemon.pack")
"""What most is in; the others are of packages that may be installed beside."""
PACKAGES = ("agent", "backends")


class Library:
    """Finder and loader of what ``pack.py`` has packed into ``directory``."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        others = sorted(each for each in os.listdir(directory) if each.endswith(".pack") and each not in FIRST)
        self._packs = (*FIRST, *others)
        self._indexes: dict[str, dict[str, str]] = {}
        self._starts: dict[str, int] = {}
        self._texts: dict[str, bytes] = {}
        self._known: dict[Any, Any] = {}
        self.loaded: Callable[[ModuleType], None] = lambda _: None
        """Called for each module when it has run."""

    def find_spec(self, name: str, *_where: object) -> ModuleSpec | None:
        """The module of that name; None for what is not in here, so that others look."""
        top, is_inside, _ = name.partition(".")
        if top not in PACKAGES or not is_inside or (found := self._place(name)) is None:
            return None
        file = self._file(found[1])
        spec = ModuleSpec(name, self, origin=file, is_package=file.endswith("__init__.py"))  # type: ignore[arg-type]
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(os.path.dirname(file))
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """An ordinary module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        exec(self.get_code(module.__name__), vars(module))  # noqa: S102 - what importing is
        self.loaded(module)

    def get_code(self, name: str) -> CodeType:
        """For importing, and for ``python -m``."""
        file, body = self._body(name)
        if body.startswith(MAGIC_NUMBER):
            return self._shared(marshal.loads(body[len(MAGIC_NUMBER) :]))  # noqa: S302 - it is ours, as a .pyc is
        if body[2:4] == MAGIC_NUMBER[2:]:
            raise ImportError(f"the library in {self._directory} was made for another release of Python", name=name)
        return self._shared(compile(body, file, "exec", dont_inherit=True))

    def get_source(self, name: str) -> str | None:
        """Its lines, which stand where they do in the source tree: for tracebacks. None where it is byte code."""
        body = self._body(name)[1]
        return None if body[2:4] == MAGIC_NUMBER[2:] else body.decode()

    def release(self) -> None:
        """Let go of the unpacked text and of what is where in it: what is imported later looks again."""
        self._texts.clear()
        self._indexes.clear()
        self._known.clear()

    def _shared(self, code: CodeType) -> CodeType:
        """The same code, with one copy only of what functions of different modules have alike, and short names: each
        function says its name within its class as well, which only its ``repr`` shows.
        """
        constants = tuple(self._shared(one) if isinstance(one, CodeType) else self._one(one) for one in code.co_consts)
        return code.replace(
            co_consts=self._one(constants),
            co_names=self._one(code.co_names),
            co_linetable=self._one(code.co_linetable),
            co_qualname=code.co_name,
        )

    def _one(self, found: Any) -> Any:
        """The first of those that are equal; of tuples only where equal is the same (1 equals True)."""
        if isinstance(found, (str, bytes)) or (isinstance(found, tuple) and all(isinstance(one, str) for one in found)):
            return self._known.setdefault(found, found)
        return found

    def _body(self, name: str) -> tuple[str, bytes]:
        found = self._place(name)
        if found is not None and found[0] not in self._texts:
            self._unpack(found[0])
            found = self._place(name)  # another release may have been installed since
        if found is None:
            raise ImportError(f"{name} is not in {self._directory}", name=name)
        pack, file, start, length = found
        return self._file(file), self._texts[pack][start : start + length]

    def _place(self, name: str) -> tuple[str, str, int, int] | None:
        for pack in self._packs:
            if pack not in self._indexes:
                self._look_into(pack)
            if name in self._indexes[pack]:
                start, length, *is_package = self._indexes[pack][name].split()
                file = f"{name.replace('.', '/')}{'/__init__' if is_package else ''}.py"
                return pack, file, int(start), int(length)
        return None

    def _file(self, file: str) -> str:
        """Where it would be: the same text for the module and for each of its functions."""
        return sys.intern(os.path.join(self._directory, file))

    def _look_into(self, pack: str) -> None:
        """Which modules it has: that is packed for itself, in front of them."""
        index, unpacked = bz2.BZ2Decompressor(), b""
        with open(os.path.join(self._directory, pack), "rb") as packed:
            while not index.eof:
                unpacked += index.decompress(packed.read(8192))
            self._starts[pack] = packed.tell() - len(index.unused_data)
        self._indexes[pack] = json.loads(unpacked)

    def _unpack(self, pack: str) -> None:
        self._look_into(pack)
        with open(os.path.join(self._directory, pack), "rb") as packed:
            packed.seek(self._starts[pack])
            self._texts[pack] = bz2.decompress(packed.read())


library = Library(os.path.dirname(os.path.abspath(__file__)))
"""Told by ``agent.runtime.memory`` when memory is given back."""

if not any(isinstance(each, Library) for each in sys.meta_path):
    sys.meta_path.insert(0, library)
