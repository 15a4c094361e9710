"""What the import contracts cannot see: late imports by name, the root's name, clocks in pure code, dangerous calls."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.waiting import HANGS

ROOT = Path(__file__).parent.parent

# Each foreign library and the one file that speaks to it.
FOREIGN = {
    "lxml": "agent/cwmp/soap.py",
    "requests": "agent/runtime/http_line.py",
    "urllib3": "agent/runtime/http_line.py",
    "pyroute2": "backends/netlink_codec.py",
    "netifaces": "backends/addresses.py",
    "uci": "backends/uci/library.py",
    "serial": "backends/omci/link.py",
}

# For people at a terminal, and for the lab, which is another program's side of the conversation.
MAY_SPELL_THE_ROOT = ("agent/cli/", "agent/lab/")


@cache
def trees() -> dict[str, ast.Module]:
    """Each file of the product, by its path."""
    code = sorted([*ROOT.glob("agent/**/*.py"), *ROOT.glob("backends/**/*.py")])
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in code}


def under(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    return ((name, tree) for name, tree in trees().items() if name.startswith(folders))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case ast.Call(func=ast.Attribute(attr="import_module") | ast.Name(id="import_module"), args=[name, *_]):
                yield "".join(
                    part.value
                    for part in ast.walk(name)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                )


def docstrings(tree: ast.Module) -> set[int]:
    """The constants that stand as statements: text for readers, not for the program."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    readers = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in readers:
            yield node.lineno, node.value


def test_each_foreign_library_has_one_file_however_it_is_imported() -> None:
    users = {(each.split(".")[0], name) for name, tree in trees().items() for each in imported(tree)}
    assert {(library, name) for library, name in users if library in FOREIGN} <= set(FOREIGN.items())


def test_nothing_in_the_agent_spells_the_root_of_a_data_model() -> None:
    spelled = [
        f"{name}:{line}: {text!r}"
        for name, tree in under("agent/")
        if not name.startswith(MAY_SPELL_THE_ROOT)
        for line, text in texts(tree)
        if re.search(r"\b(Device|InternetGatewayDevice)\.", text)
    ]
    assert spelled == []


def test_pure_code_asks_nobody_for_the_time_and_opens_no_file() -> None:
    asked = [
        f"{name}:{node.lineno}"
        for name, tree in under("agent/model/", "agent/cwmp/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (
            (
                isinstance(node.func, ast.Attribute)
                and node.func.attr in ("now", "utcnow", "today", "read_text", "read_bytes")
            )
            or (isinstance(node.func, ast.Name) and node.func.id == "open")
        )
    ]
    assert asked == []


def test_no_shell_no_evaluation_no_foreign_pickle() -> None:
    pattern = re.compile(r"shell=True|os\.system\(|os\.popen\(|\beval\(|\bexec\(|pickle\.load|verify=False|iterparse\(")
    assert [name for name in trees() if pattern.search((ROOT / name).read_text())] == []


def test_the_packages_do_nothing_when_imported() -> None:
    statements = [
        f"{name}:{node.lineno}"
        for name, tree in under("agent/")
        if name.endswith("__init__.py")
        for node in tree.body
        if not isinstance(node, ast.Expr)
    ]
    assert statements == []


def test_each_module_says_what_it_is_in_one_line() -> None:
    lines = {name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in trees().items()}
    assert [name for name, line in lines.items() if not line.endswith((".", ")", "…"))] == []


@pytest.mark.parametrize("verb", ["status", "get", "sessions", "version"])
def test_asking_the_agent_brings_none_of_its_stack_along(verb: str, tmp_path: Path) -> None:
    program = f"""
import sys
from agent.cli.main import run
run([{verb!r}, *{["x"] if verb == "get" else []}, "--socket", {str(tmp_path / "none")!r}])
print(*sorted(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, timeout=HANGS
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {
        "requests",
        "lxml",
        "pyroute2",
        "netifaces",
        "ssl",
        "http.client",
        "agent.model",
        "agent.runtime",
        "dataclasses",
    }
