"""Leaves out of the library what no router reaches: what only types said, and what OpenWrt's own ways stand instead of.

What is asked for is marked, beginning at all of ``agent``: a name of a module, whatever that stands on, and so on.
What has no mark goes; statements keep their lines. Importing does nothing here, so that nothing else is lost.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

Sources = Mapping[str, str]
SHAKEN = "backends"
INSTEAD = ("backends.tr181.openwrt_services", "INSTEAD")
SERVICES = "backends.tr181.services"
KEPT_ANNOTATIONS = ("ClassVar", "InitVar", "KW_ONLY")


def shaken(sources: Sources, roots: Iterable[str]) -> dict[str, str]:
    """Those of the modules, by their files, that are reached; ``roots``: files that are started by themselves."""
    marks = _Marks({_dotted(name): _Module(_dotted(name), text) for name, text in sources.items()})
    for name in sources:
        if not name.startswith(SHAKEN) or name in roots:
            marks.all_of(_dotted(name))
    marks.finish()
    return {name: marks.modules[_dotted(name)].text() for name in sources if _dotted(name) in marks.reached}


def plainly_typed(text: str) -> str:
    """The same program with no types of names and fields but those that make a field something else."""
    tree, lines = ast.parse(text), text.splitlines(keepends=True)
    in_classes = {id(each) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for each in node.body}
    found = [node for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    for node in sorted(found, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        said = ast.unparse(node.annotation)
        is_field = id(node) in in_classes or node.value is None
        if any(kept in said for kept in KEPT_ANNOTATIONS) or said == "int" or isinstance(node.target, ast.Subscript):
            continue
        begin, end = _end(node.target), _end(node.annotation)
        _replace(lines, begin, end, ": int" if is_field else "")
    return "".join(lines)


def _dotted(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _replace(lines: list[str], begin: tuple[int, int], end: tuple[int, int], by: str) -> None:
    """Columns are those of bytes; what went over several lines leaves empty ones behind the statement's first."""
    before, after = lines[begin[0] - 1].encode()[: begin[1]].decode(), lines[end[0] - 1].encode()[end[1] :].decode()
    if begin[0] == end[0]:
        lines[begin[0] - 1] = before + by + after


class _Module:
    """``names``: the statements that make a name, of which the last counts; ``always``: the others."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._lines = text.splitlines(keepends=True)
        self.names: dict[str, list[ast.stmt]] = {}
        self.always: list[ast.stmt] = []
        self.imports: dict[str, tuple[str, str]] = {}
        self.marked: set[str] = set()
        self.types_only: list[ast.stmt] = []
        self.statements = ast.parse(text).body
        for statement in self.statements:
            self._sort(statement)

    def _sort(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "TYPE_CHECKING" and not statement.orelse:
            self.types_only.append(statement)
            return
        made = list(_made(statement))
        if not made:
            self.always.append(statement)
        for name in made:
            self.names.setdefault(name, []).append(statement)
        self.imports |= {name: (where, what) for name, where, what in _imported(statement)}

    def text(self) -> str:
        """Its lines without what has no mark."""
        lines = list(self._lines)
        for statement in self.statements:
            made = list(_made(statement))
            needed = [name for name in made if name in self.marked]
            if statement in self.types_only or (made and not needed):
                _blank(lines, statement)
            elif isinstance(statement, ast.ImportFrom) and len(needed) < len(made):
                _blank(lines, statement)
                kept = [each for each in statement.names if (each.asname or each.name) in needed]
                said = ", ".join(f"{one.name} as {one.asname}" if one.asname else one.name for one in kept)
                lines[statement.lineno - 1] = f"from {statement.module} import {said}\n"
        return "".join(lines)


def _blank(lines: list[str], statement: ast.stmt) -> None:
    first = min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
    lines[first - 1 : statement.end_lineno] = ["\n"] * ((statement.end_lineno or first) - first + 1)


def _made(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement makes; none for one that is not only there for them."""
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Assign(targets=targets) if all(isinstance(each, ast.Name) for each in targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Import() | ast.ImportFrom():
            yield from (name for name, _, _ in _imported(statement))


def _imported(statement: ast.AST) -> Iterator[tuple[str, str, str]]:
    """Name here, module, and name there ("" for the module itself)."""
    if isinstance(statement, ast.ImportFrom) and statement.module:
        yield from ((each.asname or each.name, statement.module, each.name) for each in statement.names)
    elif isinstance(statement, ast.Import):
        for each in statement.names:
            yield each.asname or each.name.partition(".")[0], each.name, ""


class _Marks:
    """What is needed, and of which modules."""

    def __init__(self, modules: dict[str, _Module]) -> None:
        self.modules = modules
        self.reached: set[str] = set()
        self._ahead: list[tuple[_Module, ast.AST]] = []
        self._followed: set[ast.AST] = set()
        self._replaced = self._instead()

    def all_of(self, module: str) -> None:
        """Each name of a module."""
        self.module(module)
        for name in [*self.modules[module].names] if module in self.modules else ():
            self.name(module, name)

    def module(self, name: str) -> None:
        """A module is imported, and with it those that it is in."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            one = ".".join(parts[:end])
            if one in self.modules and one not in self.reached:
                self.reached.add(one)
                self._ahead += [(self.modules[one], statement) for statement in self.modules[one].always]

    def name(self, module: str, name: str) -> None:
        """A name of a module is asked for."""
        self.module(module)
        if f"{module}.{name}" in self.modules:
            self.module(f"{module}.{name}")
        found = self.modules.get(module)
        if found is None or name not in found.names or name in found.marked:
            return
        found.marked.add(name)
        if name in found.imports:
            where, what = found.imports[name]
            self.name(where, what) if what else self.module(where)
        else:
            self._ahead += [(found, statement) for statement in found.names[name]]

    def finish(self) -> None:
        """Follow everything to its end."""
        while self._ahead:
            self._follow(*self._ahead.pop())

    def _follow(self, module: _Module, statement: ast.AST) -> None:
        if statement in self._followed:
            return
        self._followed.add(statement)
        nodes = list(ast.walk(statement))
        local = {name: (where, what) for node in nodes for name, where, what in _imported(node)}
        for where, what in local.values():
            self.name(where, what) if what else self.module(where)
        imports = {**module.imports, **local}
        for node in nodes:
            if isinstance(node, ast.Name):
                self.name(module.name, node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                self._attribute(imports, node.value.id, node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self._by_text(module, node.value)

    def _attribute(self, imports: Mapping[str, tuple[str, str]], of: str, name: str) -> None:
        where, what = imports.get(of, ("", ""))
        whole = f"{where}.{what}" if what else where
        if whole in self.modules:
            self.name(whole, name)

    def _by_text(self, module: _Module, text: str) -> None:
        """A module that is named in a text is imported by it later: all of it, or the name behind a colon."""
        where, _, what = text.partition(":")
        if where in self.modules and (module.name, what) not in self._replaced:
            self.name(where, what) if what else self.all_of(where)

    def _instead(self) -> set[tuple[str, str]]:
        """The builders of services that OpenWrt has others for, by the module that lists all."""
        where, name = INSTEAD
        texts = self.modules[where].names.get(name, ()) if where in self.modules else ()
        keys = [key for one in texts for node in ast.walk(one) if isinstance(node, ast.Dict) for key in node.keys]
        return {(SERVICES, key.value) for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
