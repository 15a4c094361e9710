"""The package for OpenWrt: small enough, complete, started from its own files alone, with the Python it asks for."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from agent.settings import CHECKS, Settings, flat, parse
from agent.settings_file import changed
from agent.settings_uci import OF_THE_PACKAGE
from agent.version import VERSION
from tests.durability.stand import Stand
from tests.openwrt.router import PROJECT

sys.path.insert(0, str(PROJECT / "openwrt"))
import pack

from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

MOST = 600_000
SPLIT = {
    "asyncio": "asyncio", "unicodedata": "codecs", "ctypes": "ctypes", "dbm": "dbm", "decimal": "decimal",
    "logging": "logging", "lzma": "lzma", "multiprocessing": "multiprocessing", "curses": "ncurses", "ssl": "openssl",
    "hashlib": "openssl", "pydoc": "pydoc", "doctest": "pydoc", "readline": "readline", "sqlite3": "sqlite3",
    "unittest": "unittest", "email": "urllib", "urllib": "urllib", "uuid": "uuid", "venv": "venv", "ensurepip": "venv",
    "xml": "xml", "xmlrpc": "xml",
}  # fmt: skip
"""The modules that OpenWrt takes out of python3-light, and the package that has each, as its feed says."""
NEEDED_BY = {"http": {"email"}, "socket": {"unicodedata"}, "requests": {"urllib", "ssl"}}
"""What a module cannot do without and does not import in plain sight: getaddrinfo needs the codec idna."""


def size(root: Path) -> int:
    return sum(file.stat().st_size for file in root.rglob("*") if file.is_file())


def test_all_that_is_ours_takes_600_kb_at_most(package: Path) -> None:
    assert size(package) <= MOST


def test_no_file_is_there_that_no_line_names_and_no_mode_is_another(package: Path) -> None:
    modes = {target: mode for mode, _, target in pack.file_list()}
    found = {
        file.relative_to(package).as_posix(): file.stat().st_mode & 0o777
        for file in package.rglob("*")
        if file.is_file()
    }
    assert {name: found[name] for name in modes} == modes
    assert {name for name in found if not name.startswith(pack.LIBRARY)} == {*modes, "etc/config/cpe-agent"} - {
        name for name in modes if name.startswith(pack.LIBRARY)
    }
    assert found["etc/config/cpe-agent"] == 0o600


def test_every_file_of_openwrts_folder_is_used() -> None:
    used = {(PROJECT / "openwrt" / source).resolve() for _, source, _ in pack.file_list()}
    assert {file for file in (PROJECT / "openwrt/files").rglob("*") if file.is_file()} <= used


@pytest.mark.slow
def test_what_is_packed_is_the_same_program_on_the_same_lines() -> None:
    for name in pack.names():
        text = (PROJECT / name).read_text()
        assert plain(pack.tidied(text)) == plain(text), name


def plain(text: str) -> list[str]:
    """A program's statements with their lines, without texts that are none and what is said of types."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            for each in ast.walk(node.args) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else ():
                if isinstance(each, ast.arg):
                    each.annotation = None
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                node.returns = None
            node.body = [each for each in node.body if not pack._is_text(each) and not isinstance(each, ast.Pass)]
    return [
        f"{node.lineno} {ast.dump(node)}" for node in ast.walk(tree) if isinstance(node, (ast.stmt, ast.ExceptHandler))
    ]


# -- the settings ---------------------------------------------------------------------------------------------------


def test_every_setting_is_in_its_section_with_what_it_is_for_and_its_default(package: Path) -> None:
    text = (package / "etc/config/cpe-agent").read_text()
    table, about, found = "", "", {}
    for line in text.splitlines():
        if line.startswith("config "):
            table = line.split("'")[1]
        elif named := re.fullmatch(r"\t#?(option|list) (\w+) '(.*)'", line):
            found[f"{table}.{named[2]}"] = (about, named[1], named[3])
        elif line.startswith("\t# "):
            about = line[3:]
    ours = {f"{table}.{key}" for table, keys in OF_THE_PACKAGE.items() for key in keys}
    assert set(found) == {*CHECKS, *ours}
    assert all(about for about, _, _ in found.values())
    active = re.sub(r"^\t#(option|list)", r"\t\1", text, flags=re.MULTILINE)
    for name, default in flat(Settings()).items():
        _, kind, written = found[name]
        assert (kind == "list") == isinstance(default, tuple) or name == "system.factory_reset_command"
        if name not in pack.CONFIGURED:
            assert flat(parse(active, "x"))[name] == default, (name, written)


def test_the_settings_of_a_new_router_keep_state_in_flash_and_the_rest_in_memory(package: Path) -> None:
    settings = parse((package / "etc/config/cpe-agent").read_text())
    assert settings.state.directory == Path("/etc/cpe-agent/state")
    assert settings.system.factory_reset_command == ("firstboot", "-y", "-r")
    assert settings.system.factory_reset_command == ("firstboot", "-y", "-r"), (
        "a list of words, each on a line of its own"
    )
    assert settings.control_socket() == Path("/var/run/cpe-agent/control.sock")
    assert settings.trace_directory() == Path("/var/run/cpe-agent/sessions")
    assert settings.trace.bytes <= 1 << 20
    assert (settings.connection_request.firewall, settings.web.enable) == ("open", False)
    assert {each.name for each in fields(Settings)} <= set(
        re.findall(r"config (\w+)", (package / "etc/config/cpe-agent").read_text())
    )


# -- the package's Makefile -----------------------------------------------------------------------------------------


def variables(text: str) -> dict[str, str]:
    """What a Makefile says: variables by name, and definitions, whose assignments are by "NAME/VARIABLE"."""
    text = text.replace("\\\n", " ")
    said: dict[str, str] = {}
    inside = ""
    for line in text.splitlines():
        if begun := re.fullmatch(r"define (\S+)", line):
            inside = begun[1]
            said[inside] = ""
        elif line == "endef":
            inside = ""
        elif inside:
            said[inside] += f"{line}\n"
        if found := re.fullmatch(r"\s*([A-Z0-9_]+):=\s*(.*)", line):
            said[f"{inside}/{found[1]}" if inside else found[1]] = " ".join(found[2].split())
    return said


@pytest.fixture(scope="module")
def makefile() -> dict[str, str]:
    return variables((PROJECT / "openwrt" / "Makefile").read_text())


def depends(makefile: dict[str, str]) -> set[str]:
    return {each.lstrip("+") for each in makefile["Package/cpe-agent/DEPENDS"].split() if ":" not in each}


def test_the_makefile_has_what_a_feed_asks_for(makefile: dict[str, str]) -> None:
    assert (makefile["PKG_NAME"], makefile["PKG_VERSION"]) == ("cpe-agent", VERSION)
    assert makefile["PKG_LICENSE"] == "Apache-2.0"
    for name in ("SECTION", "CATEGORY", "TITLE", "PKGARCH", "DEPENDS"):
        assert makefile[f"Package/cpe-agent/{name}"]
    text = (PROJECT / "openwrt" / "Makefile").read_text()
    assert "include $(TOPDIR)/rules.mk\n" in text
    assert text.index("rules.mk") < text.index("PKG_NAME") < text.index("$(INCLUDE_DIR)/package.mk")
    built = re.findall(r"^\$\(eval \$\(call BuildPackage,(.*)\)\)$", text, re.MULTILINE)
    assert built == ["cpe-agent", *(f"cpe-agent-{part}" for part in pack.PARTS)]
    assert "openwrt-root DESTDIR=$(1)" in makefile["Package/cpe-agent/install"]
    for part in pack.PARTS:
        assert makefile[f"Package/cpe-agent-{part}/TITLE"]
        assert makefile[f"Package/cpe-agent-{part}/install"].strip() == (
            f"$(call Package/cpe-agent-part/install,$(1),{part})"
        )


def test_the_owners_files_are_kept_by_an_upgrade_of_the_package_and_of_the_firmware(
    makefile: dict[str, str], package: Path
) -> None:
    kept = makefile["Package/cpe-agent/conffiles"].split()
    assert kept == ["/etc/config/cpe-agent", "/etc/cpe-agent/"]
    assert (package / "lib/upgrade/keep.d/cpe-agent").read_text().split() == ["/etc/cpe-agent/"]


def test_what_the_build_copies_is_all_that_packing_needs(makefile: dict[str, str], tmp_path: Path) -> None:
    copied = re.findall(r"\.\./(\w+)", makefile["Build/Prepare"])
    assert {"agent", "backends", "config", "openwrt", "Makefile", "LICENSE"} == set(copied)


@cache
def imported() -> list[tuple[str, str]]:
    return list(imports())


def imports() -> Iterator[tuple[str, str]]:
    for place in (*pack.names(), "openwrt/library.py"):
        for node in ast.walk(ast.parse((PROJECT / place).read_text())):
            if isinstance(node, ast.Import):
                yield from ((each.name.partition(".")[0], place) for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0], place


def test_every_module_of_python_that_is_imported_is_in_a_package_that_is_asked_for(makefile: dict[str, str]) -> None:
    asked = depends(makefile)
    modules = {module for module, _ in imported()}
    modules |= {each for module in modules for each in NEEDED_BY.get(module, ())}
    needed = {f"python3-{SPLIT.get(module, 'light')}" for module in modules if module in sys.stdlib_module_names}
    assert needed <= asked
    others = {"ca-bundle", "python3-lxml", "python3-pyroute2", "python3-pyserial", "python3-requests"}
    assert asked == needed | others, "a package that nothing needs is asked for"


def test_foreign_libraries_are_those_that_are_asked_for(makefile: dict[str, str]) -> None:
    found = {module for module, _ in imported() if module not in sys.stdlib_module_names}
    assert found - {"agent", "backends"} <= {
        "lxml",
        "requests",
        "urllib3",
        "pyroute2",
        "serial",
        "netifaces",
        "uci",
        "cryptography",
    }  # that only where somebody has installed it


# -- the library ----------------------------------------------------------------------------------------------------


def python(package: Path, *arguments: str, ok: bool = True) -> str:
    """Python with the package's library and nothing of the source tree."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=120, cwd="/",
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(package / pack.LIBRARY), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert (done.returncode == 0) == ok, done.stderr
    return done.stdout if ok else done.stderr


def test_the_command_starts_from_the_library_alone(package: Path) -> None:
    assert python(package, "-m", "agent", "version").startswith(f"cpe-agent      {VERSION}")


def test_a_verb_that_was_left_out_says_so(package: Path) -> None:
    assert "this installation is without lab" in python(package, "-m", "agent", "lab", ok=False)


def test_an_error_in_the_log_names_its_file_its_line_and_shows_it(package: Path) -> None:
    code = (
        "import traceback\nfrom agent.settings_file import changed\n"
        "try: changed('[', {})\nexcept ValueError: print(traceback.format_exc())"
    )
    told = python(package, "-c", code)
    file = package / pack.LIBRARY / "agent/settings_file.py"
    line = int(re.findall(rf'File "{file}", line (\d+)', told)[-1])
    shown = (PROJECT / "agent/settings_file.py").read_text().splitlines()[line - 1].split("  #")[0].strip()
    assert shown in told


def test_a_verb_does_not_unpack_the_daemon(package: Path) -> None:
    code = (
        "import cpe_agent_library, importlib\n"
        "for verb in ('main', 'status', 'model', 'sessions', 'dhcp_event'):\n"
        "    importlib.import_module(f'agent.cli.{verb}')\n"
        "print(sorted(cpe_agent_library.library._texts))"
    )
    assert python(package, "-c", code) == "['verbs.pack']\n"


def test_what_functions_of_different_modules_have_alike_is_in_memory_once(package: Path) -> None:
    script = (
        "import types, agent.model.errors, agent.model.path, agent.model.values, agent.model.patterns, sys\n"
        "kept = {}\n"
        "for module in [one for name, one in sys.modules.items() if name.startswith('agent.')]:\n"
        "    for one in vars(module).values():\n"
        "        if isinstance(one, types.FunctionType) and one.__code__.co_names:\n"
        "            kept.setdefault(one.__code__.co_names, set()).add(id(one.__code__.co_names))\n"
        "print(len(kept) > 10 and all(len(each) == 1 for each in kept.values()))"
    )
    assert python(package, "-c", script) == "True\n"


@pytest.mark.slow
def test_data_classes_of_what_the_daemon_loads_share_their_methods_at_once(package: Path) -> None:
    script = (
        "from agent.runtime import memory; memory.slim_while_loading()\n"
        "from agent.runtime.endpoint import Limits, Turn\n"
        "print(vars(Limits)['__repr__'] is vars(Turn)['__repr__'])"
    )
    assert python(package, "-c", script) == "True\n"


def test_every_module_that_is_packed_can_be_imported(whole: Path) -> None:
    names = [name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in pack.modules()]
    names.remove("agent.__main__")
    code = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print({vars(sys.modules[name])['__loader__'].__class__.__name__ for name in sys.argv[1:]})\n"
        "import cpe_agent_library; cpe_agent_library.library.release(); import agent.model.errors"
    )
    assert python(whole, "-c", code, *names) == "{'Library'}\n"


def test_without_the_parts_every_module_of_the_rest_can_be_imported(package: Path) -> None:
    placed = pack.placed(pack.modules())
    names = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name, place in placed.items()
        if place not in pack.PARTS and name != "agent/__main__.py"
    ]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(len(sys.argv) - 1)"
    assert python(package, "-c", code, *names) == f"{len(names)}\n"


@pytest.mark.slow
def test_as_byte_code_it_is_the_same_and_refuses_another_release_of_python(tmp_path: Path) -> None:
    command = ["make", "-C", str(PROJECT), "openwrt-root", f"DESTDIR={tmp_path}", f"PYTHON={sys.executable}"]
    subprocess.run([*command, "BYTECODE=y"], check=True, capture_output=True, timeout=120)
    assert size(tmp_path) <= 2 * MOST
    assert python(tmp_path, "-m", "agent", "version").startswith(f"cpe-agent      {VERSION}")
    code = (
        "import traceback\nfrom agent.settings_file import changed\n"
        "try: changed('[', {})\nexcept ValueError: print(traceback.format_exc())"
    )
    assert '/usr/lib/cpe-agent/agent/settings_file.py", line ' in python(tmp_path, "-c", code)
    other = "import cpe_agent_library as it; it.MAGIC_NUMBER = bytes(2) + it.MAGIC_NUMBER[2:]; import agent.settings"
    assert "was made for another release of Python" in python(tmp_path, "-c", other, ok=False)


LESS = """
import sys
class OnlyThese:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}: its package is not asked for", name=name)
sys.meta_path.insert(0, OnlyThese())
import runpy
sys.argv = ["agent", *sys.argv[1:]]
runpy.run_module("agent", run_name="__main__", alter_sys=True)
"""


class Installed(Stand):
    """A stand whose agent is the package's, configured by UCI, in a Python that has only what the package asks for."""

    def __init__(self, directory: Path, package: Path, absent: list[str]) -> None:
        self._package, self._absent = package, absent
        super().__init__(directory)

    def configure(self, url: str, more: str | None = None) -> None:
        self.settings = self.directory / "etc/config/cpe-agent"
        self.settings.parent.mkdir(parents=True, exist_ok=True)
        text = (self._package / "etc/config/cpe-agent").read_text()
        here = {"acs.url": url, "connection_request.port": self.port, "discovery.enable": False, "ubus.enable": False,
                "web.enable": True, "connection_request.firewall": ""}  # fmt: skip
        self.settings.write_text(changed(text, here, str(self.settings)))
        self.settings.chmod(0o600)

    def command(self, *options: str) -> list[str]:
        code = LESS.format(absent=set(self._absent))
        return [sys.executable, "-c", code, *super().command(*options)[3:]]


@pytest.mark.slow
def test_an_agent_of_the_package_tells_its_acs_of_itself(
    package: Path, makefile: dict[str, str], tmp_path: Path
) -> None:
    asked = {each.removeprefix("python3-") for each in depends(makefile)}
    # pyroute2 imports these two; its package brings them.
    asked |= {"asyncio", "multiprocessing"}
    absent = [module for module, its in SPLIT.items() if its not in asked]
    with Installed(tmp_path, package, absent) as stand:
        agent = stand.launch(environment={"PYTHONPATH": str(package / pack.LIBRARY), "PYTHONSAFEPATH": "1"})
        assert agent.until_ready(), stand.log_lines()
        stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        stand.acs.wait_for_session_end(timeout=PATIENCE)
        assert agent.values("Device.DeviceInfo.SoftwareVersion")
        assert agent.stop() == 0
    assert sum("this installation is without the page" in line for line in stand.log_lines()) == 1
    assert [line for line in stand.log_lines() if "Traceback" in line or "No module" in line] == []
