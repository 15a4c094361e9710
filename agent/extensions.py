"""Vendor objects and file types from a directory: ``*.json`` schema, ``*.py`` with ``objects()``, ``file_types()``.

A broken one fails alone. ``file_types(mechanisms)`` gives {"downloads": {"X 0019A0 Menu": destination}, "uploads":
{"X 0019A0 Statistics": source}}; see agent.transfers.file_types for what these have to do.
"""

import importlib.util
import json
import logging
import os
import stat
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from agent.extension_guard import guarded
from agent.model.object import Backend, Object
from agent.model.schema import Schema
from agent.model.tree import BindingError, Tree

log = logging.getLogger(__name__)

LARGEST_SCHEMA: Final = 1_048_576

FileType = tuple[str, Any, bool]
"""Its name, its destination or source, and whether it is one for uploads."""


@dataclass(frozen=True, slots=True)
class Extended:
    """The schema with the vendors' entries, the vendors' objects, and what could not be loaded: file name → reason."""

    schema: Schema
    objects: tuple[Object[Any], ...]
    refused: dict[str, str]
    file_types: dict[str, list[FileType]] = field(default_factory=dict)
    """By file name."""


def load(directory: Path | None, schema: Schema, objects: Sequence[Object[Any]], mechanisms: object) -> Extended:
    """Everything usable in ``directory`` (``None``: nothing), schema files first, each in the order of its name.

    A file has to belong to the agent's user or root, and must not be writable by others; so has the directory.
    """
    refused: dict[str, str] = {}
    found: list[Object[Any]] = []
    file_types: dict[str, list[FileType]] = {}
    if directory is None:
        return Extended(schema, (), refused)

    def attempt(path: Path, read: Callable[[Path], None]) -> None:
        try:
            _check_owner(path)
            read(path)
        except (Exception, SystemExit) as reason:
            refused[path.name] = _told(reason, path)
            log.warning("the extension %s is left out: %s", path, refused[path.name])
            log.debug("where it happened", exc_info=reason)

    def add_schema(path: Path) -> None:
        nonlocal schema
        if path.stat().st_size > LARGEST_SCHEMA:
            raise ValueError(f"larger than {LARGEST_SCHEMA} bytes")
        schema = schema.merged_with(Schema.from_document(json.loads(path.read_text(encoding="utf-8")), path.name))

    def add_objects(path: Path) -> None:
        module = _module(path)
        made = getattr(module, "objects", None), getattr(module, "file_types", None)
        if made == (None, None):
            raise AttributeError("it has neither objects(mechanisms) nor file_types(mechanisms)")
        declared = [guarded(one, path.name) for one in made[0](mechanisms)] if made[0] else []
        Tree(schema, [*objects, *found, *declared])
        _check_backends([*objects, *found, *declared])
        types = list(_file_types(made[1](mechanisms))) if made[1] else []
        found.extend(declared)
        if types:
            file_types[path.name] = types

    try:
        _check_owner(directory)
    except (OSError, PermissionError) as reason:
        log.warning("no extensions are loaded from %s: %s", directory, reason)
        return Extended(schema, (), {directory.name: str(reason)})
    for path in sorted(directory.glob("*.json")):
        attempt(path, add_schema)
    for path in sorted(directory.glob("*.py")):
        attempt(path, add_objects)
    return Extended(schema, tuple(found), refused, file_types)


def _file_types(declared: Mapping[str, Mapping[str, Any]]) -> Iterator[FileType]:
    if unknown := set(declared) - {"downloads", "uploads"}:
        raise ValueError(f"file_types has downloads and uploads, and no {', '.join(sorted(unknown))}")
    for is_upload, part, method in ((False, "downloads", "take"), (True, "uploads", "open")):
        for name, end in declared.get(part, {}).items():
            if not callable(getattr(end, method, None)):
                raise TypeError(f"{name} has no {method}()")
            yield name, end, is_upload


def _told(reason: BaseException, path: Path) -> str:
    """What went wrong, on one line; a mistake in the file's own code with its line and kind."""
    if isinstance(reason, SyntaxError) and reason.filename == str(path):
        return f"line {reason.lineno}: {reason.msg}"
    text = " ".join(str(reason).split())
    own = [frame.lineno for frame in traceback.extract_tb(reason.__traceback__) if frame.filename == str(path)]
    if own:
        return f"line {own[-1]}: {type(reason).__name__}" + (f": {text}" if text else "")
    return text or type(reason).__name__


def _check_backends(objects: Sequence[Object[Any]]) -> None:
    """What the backends keep is saved under their names: raises BindingError when two have the same."""
    known: dict[str, Backend] = {}
    for declared in objects:
        backend = declared.backend
        if backend is not None and known.setdefault(backend.name, backend) is not backend:
            raise BindingError(f"{declared.path}: another backend is called {backend.name!r} already")


def _check_owner(path: Path) -> None:
    status = path.stat()
    if status.st_uid not in (0, os.geteuid()):
        raise PermissionError(f"{path} belongs to user {status.st_uid}, neither to root nor to the agent's own user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{path} is writable by others; `chmod go-w {path}` mends that")


def _module(path: Path) -> Any:
    description = importlib.util.spec_from_file_location(f"cpe_agent_extension_{path.stem}", path)
    if description is None or description.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(description)
    sys.modules[description.name] = module  # dataclasses look their own module up there
    try:
        description.loader.exec_module(module)
    except BaseException:
        del sys.modules[description.name]
        raise
    return module
