"""What is left out of the library is what nothing in it asks for; what is in it is whole."""

import ast
import builtins
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "openwrt"))
import pack
from shaking import plainly_typed, shaken

SMALL = {
    "agent/wiring.py": "from backends import one\nfrom backends.two import wanted\nprint(one.used, wanted)\n",
    "backends/__init__.py": "",
    "backends/one.py": "import os\nfrom backends.three import Type, used\nL = 1\ndef no(): return Type\n",
    "backends/two.py": (
        "from backends.three import (\n    Type,\n    used,\n)\n"
        "class wanted:\n    field: int = used\n"
        "if TYPE_CHECKING:\n    from backends.four import Other\n"
    ),
    "backends/three.py": (
        "class Type:\n    pass\n\n\ndef used():\n    from backends.late import soon\n    return soon\n"
    ),
    "backends/late.py": "soon = 1\nlater = 2\n",
    "backends/four.py": "class Other: pass\n",
}


@pytest.fixture(scope="module")
def library() -> dict[str, str]:
    return pack.modules()


def test_what_is_asked_for_stays_on_its_lines() -> None:
    left = shaken(SMALL, ())
    assert sorted(set(SMALL) - set(left)) == ["backends/four.py"]
    assert left["backends/one.py"] == "\nfrom backends.three import used\n\n\n"
    assert (
        left["backends/two.py"] == "from backends.three import used\n\n\n\nclass wanted:\n    field: int = used\n\n\n"
    )
    assert left["backends/three.py"].lstrip("\n").startswith("def used")
    assert left["backends/late.py"] == "soon = 1\n\n"


def test_a_service_that_is_replaced_goes_with_all_that_it_alone_stands_on() -> None:
    given = {
        "agent/wiring.py": (
            "from backends.tr181.openwrt_services import INSTEAD\nfrom backends.tr181.services import SERVICES\n"
            "print(SERVICES, INSTEAD)\n"
        ),
        "backends/tr181/services.py": "SERVICES = ('backends.tr181.lan:lan', 'backends.tr181.usb:usb')\n",
        "backends/tr181/openwrt_services.py": "from backends.other import other\nINSTEAD = {'lan': other}\n",
        "backends/tr181/lan.py": "from backends.daemon import start\ndef lan(): return start\n",
        "backends/tr181/usb.py": "def usb(): pass\n",
        "backends/daemon.py": "def start(): pass\n",
        "backends/other.py": "other = 1\n",
    }
    left = shaken(given, ())
    assert sorted(set(given) - set(left)) == ["backends/daemon.py", "backends/tr181/lan.py"]
    assert "def usb" in left["backends/tr181/usb.py"]


def test_types_of_fields_are_said_in_one_word() -> None:
    text = "X: Final[int] = 1\nclass Row:\n    a: dict[str, int]\n    b: ClassVar[int] = 1\n    c: 'str' = ''\n"
    assert plainly_typed(text) == "X = 1\nclass Row:\n    a: int\n    b: ClassVar[int] = 1\n    c: int = ''\n"


@pytest.mark.slow
def test_nothing_in_the_library_asks_for_what_is_not_there(library: dict[str, str]) -> None:
    made = {name: set(_made(ast.parse(text))) for name, text in library.items()}
    wrong = []
    for name, text in library.items():
        known = made[name] | set(dir(builtins)) | {"__file__", "__name__"}
        if name.startswith("backends"):  # elsewhere types are still said, of which some are there for mypy only
            asked = set(_asked(symtable.symtable(text, name, "exec")))
            wrong += [f"{name}: {one}" for one in asked - known]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("backends"):
                there = _file(node.module, library)
                wrong += [
                    f"{name}: {node.module}.{one.name}"
                    for one in node.names
                    if one.name not in made.get(there, ()) and not _file(f"{node.module}.{one.name}", library)
                ]
    assert wrong == []


@pytest.mark.slow
def test_what_only_plain_linux_has_is_not_in_it(library: dict[str, str]) -> None:
    """What OpenWrt has daemons of its own for."""
    gone = {"backends/dnsmasq.py", "backends/tr181/lan.py", "backends/lan/advertiser.py"}
    assert gone & set(library) == set()
    assert gone <= set(pack.names())


def _file(module: str, library: dict[str, str]) -> str:
    place = module.replace(".", "/")
    return next((one for one in (f"{place}.py", f"{place}/__init__.py") if one in library), "")


def _made(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((each.asname or each.name).partition(".")[0] for each in node.names)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name


def _asked(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (one.get_name() for one in table.get_symbols() if one.is_global() and one.is_referenced())
    for inner in table.get_children():
        yield from _asked(inner)
