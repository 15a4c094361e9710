"""Puts what the packages install into an empty root: python3 openwrt/pack.py ROOT [--bytecode] [--part=NAME].

``make openwrt-root DESTDIR=ROOT`` is the same; the packages' Makefile and the tests call it. ``files.list`` says which
file goes where; the agent itself becomes a packed library (library.py), because all may take 600 kB on the device. A
part is what a package beside cpe-agent adds to it: one more file of the library.
"""

import ast
import bz2
import gzip
import io
import json
import marshal
import os
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.util import MAGIC_NUMBER
from itertools import pairwise
from pathlib import Path
from typing import Final

from shaking import plainly_typed, shaken

ROOT: Final = Path(__file__).resolve().parent.parent
LIBRARY: Final = "usr/lib/cpe-agent"
LOADER: Final = "cpe_agent_library"
LEFT_OUT: Final = (
    "agent/lab/", "agent/web/", "agent/schema_compiler.py", "agent/schema_xml.py", "agent/cli/schema.py",
    "agent/cli/demo.py", "agent/cli/lab", "agent/cli/scratch.py", "agent/cli/preset.py", "agent/preset_check.py",
    "agent/cli/dhcp_hooks.py",
    "backends/installers/laboratory.py", "backends/installers/rauc.py", "backends/installers/mender.py",
    "backends/installers/uboot.py", "backends/installers/debian.py",
    "agent/cli/firmware.py", "agent/firmware/packaging.py",
)  # fmt: skip
"""The laboratory, the demonstration, the page (LuCI has its own), what compiles data models, hooks, the log and
firmware of others."""
PROGRAMS: Final = ("backends/private_folders.py",)
"""Started by their file's name, and so files of their own."""
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "support": ("agent/support/", "agent/cli/support_bundle.py"),
    "diagnostics": ("agent/diagnostics/", "agent/cli/diag.py", "backends/diagnostics/", "backends/tr181/diagnostic"),
    "modules": ("agent/modules/", "agent/cli/modules.py", "backends/modules/", "backends/tr181/software_modules"),
    "omci": ("agent/omci/", "agent/cli/onu", "backends/omci/", "backends/tr181/optical", "backends/tr181/xpon"),
}
"""What packages of their own add, by what the names of its files begin with: a router that wants less has more room."""
BLOCK: Final = 900_000
"""Bytes that bzip2 looks at together."""
DAEMON_ONLY: Final = ("agent/wiring.py",)
"""Where the verbs end: what is reached by these only is not unpacked for a verb."""
TYPES_ARE_READ: Final = ("agent/settings", "agent/cwmp/")
"""Where it is asked what types fields are said to have."""
SHARED: Final = ("datamodel/NOTICE",)
COMPRESSED: Final = ("agent.toml", "datamodel/x-cpeagent.json")
SCHEMA: Final = "datamodel/tr-181-2-19-1-cwmp.json"


CONFIGURED: Final[Mapping[str, str | tuple[str, ...]]] = {
    "connection_request.firewall": "open", "web.enable": "0", "state.directory": "/etc/cpe-agent/state",
    "system.mechanisms": "openwrt", "system.factory_reset_command": ("firstboot", "-y", "-r"),
    "trace.sessions": "20", "trace.bytes": "1048576",
}  # fmt: skip
"""What /etc/config/cpe-agent says from the beginning: /var is memory here, and little; the page is LuCI's."""
HEAD: Final = """\
# Every setting of cpe-agent; a line with # in front shows the default. They are initial values: what the ACS or a
# person sets later wins, until factory reset or until the value here changes. A path that is to be none is "none".

config openwrt 'openwrt'
	# whether it is started
	option enabled '1'
	# run as this user with few capabilities (needs procd-ujail): it reports then, and changes nothing that is root's
	#option user 'cpe-agent'
	# when one of these comes up, the settings are read again
	#option interfaces 'wan wan6'
"""


def main() -> int:
    """Fill the root that the command line names."""
    root, *options = sys.argv[1:] or [""]
    parts = [each.removeprefix("--part=") for each in options if each.startswith("--part=")]
    others = [each for each in options if not each.startswith("--part=")]
    if not root or root.startswith("-") or others not in ([], ["--bytecode"]) or not {*parts} <= {*PARTS}:
        sys.stderr.write(f"usage: python3 openwrt/pack.py ROOT [--bytecode] [--part={'|'.join(PARTS)}]\n")
        return 2
    if parts:
        install_parts(Path(root), parts, is_compiled=bool(others))
    else:
        install(Path(root), is_compiled=bool(others))
    return 0


def install(root: Path, *, is_compiled: bool = False) -> None:
    """All that the package has, below ``root``. As byte code it starts sooner, takes twice the room, and is good for
    this release of Python only.
    """
    for mode, source, target in file_list():
        content = (ROOT / "openwrt" / source).read_text()
        _put(root / target, (uncommented(content) if content.startswith("#!/bin/sh") else content).encode(), mode)
    _put(root / "etc/config/cpe-agent", configuration((ROOT / "config" / "agent.toml").read_text()).encode(), 0o600)
    library = root / LIBRARY
    for package in ("agent", "backends"):
        _put(library / package / "__init__.py", f"import {LOADER}\n".encode())
    _put(library / f"{LOADER}.py", tidied((ROOT / "openwrt" / "library.py").read_text()).encode())
    for name in PROGRAMS:
        _put(library / name, tidied((ROOT / name).read_text()).encode())
    for name, content in packs(modules(), is_compiled=is_compiled).items():
        if name not in PARTS:
            _put(library / f"{name}.pack", content)
    share = library / "agent" / "share"
    for name in SHARED:
        _put(share / name, (ROOT / "config" / name).read_bytes())
    for name in COMPRESSED:
        _put(share / f"{name}.bz2", bz2.compress((ROOT / "config" / name).read_bytes(), 9))
    compiled = gzip.decompress((ROOT / "config" / f"{SCHEMA}.gz").read_bytes())
    _put(share / f"{SCHEMA}.bz2", bz2.compress(compiled, 9))


def install_parts(root: Path, parts: Iterable[str], *, is_compiled: bool = False) -> None:
    """What the packages ``cpe-agent-PART`` add to the library of ``cpe-agent`` of the same release."""
    made = packs(modules(), is_compiled=is_compiled)
    for part in parts:
        _put(root / LIBRARY / f"{part}.pack", made[part])


def file_list() -> Iterator[tuple[int, str, str]]:
    """Mode, source below openwrt/ and target below the root, of each file that is installed as it is."""
    for line in (ROOT / "openwrt" / "files.list").read_text().splitlines():
        if line and not line.startswith("#"):
            mode, source, target = line.split()
            yield int(mode, 8), source, target.lstrip("/")


def uncommented(script: str) -> str:
    """A shell script without the lines that are comments, but the first two, which say what it is."""
    lines = script.splitlines(keepends=True)
    return "".join(lines[:2] + [line for line in lines[2:] if not line.lstrip().startswith("# ")])


def configuration(documented: str) -> str:
    """/etc/config/cpe-agent, out of the file that documents every setting in TOML."""
    said = HEAD
    table = ""
    for line in documented.splitlines():
        if line.startswith("["):
            table = line.strip("[]")
            said += f"\nconfig {table} '{table}'\n"
        elif found := re.fullmatch(r"(\w+) *= *(.*?) *# (.*)", line):
            key, default, about = found.groups()
            told = re.sub(r"\btrue\b", "1", re.sub(r"\bfalse\b", "0", about))
            value = CONFIGURED.get(f"{table}.{key}")
            mark = "#" if value is None else ""
            if value is None and default.startswith("["):
                value = tuple(json.loads(default)) or ("",)
            kind = "list" if isinstance(value, tuple) else "option"
            default = {"true": "1", "false": "0"}.get(default, default.strip('"'))
            values = value if isinstance(value, tuple) else (default if value is None else value,)
            said += f"\t# {told}\n" + "".join(f"\t{mark}{kind} {key} '{each}'\n" for each in values)
    return said


def names() -> list[str]:
    """What goes into the library, by its place below it."""
    found = (
        path.relative_to(ROOT).as_posix()
        for package in ("agent", "backends")
        for path in sorted((ROOT / package).rglob("*.py"))
    )
    return [
        name
        for name in found
        if not name.startswith(LEFT_OUT) and name not in ("agent/__init__.py", "backends/__init__.py")
    ]


@cache
def modules() -> Mapping[str, str]:
    """The tidied sources of those of these that a router reaches."""
    sources = {name: tidied((ROOT / name).read_text(encoding="utf-8")) for name in names()}
    plain = {name: plainly_typed(text) for name, text in sources.items() if not name.startswith(TYPES_ARE_READ)}
    return shaken(sources | plain, PROGRAMS)


def packs(sources: Mapping[str, str], *, is_compiled: bool = False) -> dict[str, bytes]:
    """Each pack as it is in its file: which modules it has, and behind that the modules, each packed for itself."""
    bodies = {name: _compiled(name, text) if is_compiled else text.encode() for name, text in sources.items()}
    of = placed(sources)
    return {
        pack: _packed({name: body for name, body in bodies.items() if of[name] == pack})
        for pack in ("verbs", "daemon", *PARTS)
    }


def placed(sources: Mapping[str, str]) -> dict[str, str]:
    """Which pack has each module: a part what nobody but it reaches, "verbs" what a verb unpacks."""
    begin = {part: [name for name in sources if name.startswith(files)] for part, files in PARTS.items()}
    whole = {name: text for name, text in sources.items() if not name.startswith(tuple(sum(PARTS.values(), ())))}
    base = shaken(whole, PROGRAMS)
    verbs = _reached(base, [name for name in base if name.startswith(("agent/cli/", "agent/__main__"))])
    found = {name: "verbs" if name in verbs else "daemon" for name in base}
    for part, names in begin.items():
        for name in _reached(sources, names):
            found.setdefault(name, part)
    return {name: found.get(name, "daemon") for name in sources}


def _compiled(name: str, text: str) -> bytes:
    """Byte code as a ``.pyc`` has it; of half the size where this runs with -X no_debug_ranges, as make has it."""
    return MAGIC_NUMBER + marshal.dumps(compile(text, f"/{LIBRARY}/{name}", "exec", dont_inherit=True))


def tidied(text: str) -> str:
    """The same program without comments, docstrings and types of arguments; statements keep their lines."""
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    for told, is_alone in _docstrings(tree):
        before = lines[told.lineno - 1].encode()[: told.col_offset].decode()
        if before.strip():
            continue  # it shares its line with what it is about
        for number in range(told.lineno - 1, told.end_lineno or told.lineno):
            lines[number] = "\n"
        if is_alone:
            lines[told.lineno - 1] = f"{before}pass\n"
    _without_annotations(tree, lines)
    for token in list(tokenize.generate_tokens(io.StringIO("".join(lines)).readline)):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column].rstrip() + "\n"
    return "".join(lines)


def _without_annotations(tree: ast.AST, lines: list[str]) -> None:
    """Nobody asks at run time what types a function's arguments and its answer are said to have."""
    spans = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = node.args
            spans += [
                ((each.lineno, each.col_offset + len(each.arg.encode())), _end(each.annotation))
                for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
                if each is not None and each.annotation is not None
            ]
            if node.returns is not None:
                spans.append((_arrow(node.returns, lines), _end(node.returns)))
    for (line, column), (last, end) in sorted(spans, reverse=True):
        # Columns are those of bytes; what goes over several lines leaves empty ones.
        before, after = lines[line - 1].encode()[:column].decode(), lines[last - 1].encode()[end:].decode()
        lines[line - 1 : last] = [before + after, *["\n"] * (last - line)]


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or node.col_offset


def _arrow(returns: ast.expr, lines: list[str]) -> tuple[int, int]:
    """Where the arrow before what a function returns stands."""
    line = returns.lineno
    before = lines[line - 1].encode()[: returns.col_offset]
    while b"->" not in before:
        line -= 1
        before = lines[line - 1].encode()
    return line, before.rindex(b"->")


def _docstrings(tree: ast.AST) -> Iterator[tuple[ast.stmt, bool]]:
    """Texts that are statements, and whether nothing else is in the body; those below assignments as well."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            texts = [each for each in node.body if _is_text(each)]
            for number, each in enumerate(texts):
                yield each, number == 0 and len(texts) == len(node.body)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _reached(sources: Mapping[str, str], begin: Iterable[str]) -> set[str]:
    """What these modules import, and so on, wherever in them the import stands; nothing behind ``DAEMON_ONLY``."""
    seen: set[str] = set()
    ahead = list(begin)
    while ahead:
        name = ahead.pop()
        if name in seen or name in DAEMON_ONLY or name not in sources:
            continue
        seen.add(name)
        for imported in _imported(sources[name]):
            parts = imported.split(".")
            for end in range(1, len(parts) + 1):
                place = "/".join(parts[:end])
                ahead += [f"{place}.py", f"{place}/__init__.py"]
    return seen


@cache
def _imported(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += (f"{node.module}.{each.name}" for each in node.names)
    return tuple(found)


def _packed(bodies: Mapping[str, bytes]) -> bytes:
    """The index, then the modules. bzip2 sees what is alike within a block: those are of about the same length, and
    each begins with a directory.
    """
    index: dict[str, str] = {}
    joined, before, begins = b"", "", []
    for name in sorted(bodies):
        if os.path.dirname(name) != before:
            before = os.path.dirname(name)
            begins.append(len(joined))
        dotted = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        index[dotted] = f"{len(joined)} {len(bodies[name])}{' /' if name.endswith('/__init__.py') else ''}"
        joined += bodies[name]
    count = len(joined) // BLOCK + 1
    wanted = [len(joined) * number // count for number in range(1, count)]
    cuts = [0, *(min(begins, key=lambda each: abs(each - one)) for one in wanted), len(joined)]
    pieces = [json.dumps(index, separators=(",", ":")).encode(), *(joined[one:end] for one, end in pairwise(cuts))]
    return b"".join(bz2.compress(piece, 9) for piece in pieces)


def _put(file: Path, content: bytes, mode: int = 0o644) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.chmod(file, mode)


if __name__ == "__main__":
    sys.exit(main())
