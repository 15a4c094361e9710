"""Each module is proved by a test file in the folder that mirrors its own: of its name, or importing it by name."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Modules whose proof stands elsewhere, and where.
ELSEWHERE = {
    "agent/__main__.py": "tests/cli/test_main.py",
    "agent/settings_checks.py": "tests/test_settings.py",
    "agent/cli/options.py": "tests/cli/test_main.py",
    "agent/version.py": "tests/cli/test_version.py",
    "agent/support/feature.py": "tests/test_wiring.py",
    "agent/diagnostics/feature.py": "tests/diagnostics/test_whole_agent.py",
}

MODULES = sorted(
    str(path.relative_to(ROOT))
    for package in ("agent", "backends")
    for path in ROOT.glob(f"{package}/**/*.py")
    if path.name != "__init__.py"
)


def folders(module: str) -> list[Path]:
    """The folders that mirror a module's own: tests/model for agent/model; for backends, also their contract suite."""
    package, *below = Path(module).parent.parts
    tops = [Path("tests")] if package == "agent" else [Path("tests/backends"), Path("tests/backend_contract")]
    return [ROOT.joinpath(top, *below) for top in tops]


@cache
def texts_of(folder: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in folder.glob("test_*.py")}


def own_tests(module: str) -> list[Path]:
    """The files named after it (test_path.py, test_path_*.py), and those beside them that import it by name."""
    name = Path(module).stem
    dotted = re.escape(module.removesuffix(".py").replace("/", "."))
    parent = dotted.rpartition(r"\.")[0]
    imported = re.compile(
        rf"^\s*(import {dotted}\b|from {dotted} import|from {parent} import .*\b{name}\b)", re.MULTILINE
    )
    return [
        path
        for folder in folders(module)
        for path, text in texts_of(folder).items()
        if path.stem == f"test_{name}" or path.stem.startswith(f"test_{name}_") or imported.search(text)
    ]


def test_each_module_has_its_test() -> None:
    missing = [
        f"{folders(module)[0].relative_to(ROOT)}/test_{Path(module).stem}.py"
        for module in MODULES
        if module not in ELSEWHERE and not own_tests(module)
    ]
    assert missing == []


def test_what_is_proved_elsewhere_is_proved_there() -> None:
    assert [test for test in ELSEWHERE.values() if not (ROOT / test).is_file()] == []


def test_the_exceptions_are_still_needed() -> None:
    assert [module for module in ELSEWHERE if module not in MODULES or own_tests(module)] == []
