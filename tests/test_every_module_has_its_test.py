"""Each module is proved by a test file of its own name, in the folder that mirrors its own."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Modules whose proof stands elsewhere, and where.
ELSEWHERE = {
    "agent/__main__.py": "tests/cli/test_main.py",
    "agent/settings_checks.py": "tests/test_settings.py",
    "agent/cli/options.py": "tests/cli/test_main.py",
    "agent/model/errors.py": "tests/cwmp/test_faults.py",
    "agent/runtime/actions.py": "tests/runtime/test_core.py",
    "agent/runtime/events.py": "tests/runtime/test_core.py",
    "backends/errors.py": "tests/backends/test_netlink_socket.py",
    "backends/netlink_types.py": "tests/backends/test_netlink_rows.py",
    "agent/version.py": "tests/cli/test_version.py",
}

MODULES = sorted(
    str(path.relative_to(ROOT))
    for package in ("agent", "backends")
    for path in ROOT.glob(f"{package}/**/*.py")
    if path.name != "__init__.py"
)


def candidates(module: str) -> list[Path]:
    """The test files a module may have: tests/model/test_path.py or test_path_*.py for agent/model/path.py."""
    package, *folders = Path(module).parent.parts
    name = Path(module).stem
    tops = [Path("tests")] if package == "agent" else [Path("tests/backends"), Path("tests/backend_contract")]
    return [
        path
        for top in tops
        for pattern in (f"test_{name}.py", f"test_{name}_*.py")
        for path in ROOT.joinpath(top, *folders).glob(pattern)
    ]


@pytest.mark.parametrize("module", MODULES)
def test_the_module_has_its_test(module: str) -> None:
    if module in ELSEWHERE:
        assert (ROOT / ELSEWHERE[module]).is_file()
        return
    found = candidates(module)
    assert found, f"write tests/…/test_{Path(module).stem}.py"
    dotted = module.removesuffix(".py").replace("/", ".")
    parent, _, name = dotted.rpartition(".")
    spellings = (dotted, f"from {parent} import")
    assert any(spelling in path.read_text() for path in found for spelling in spellings), (
        f"{found} do not import {name}"
    )


def test_the_exceptions_are_still_needed() -> None:
    assert [module for module in ELSEWHERE if module not in MODULES or candidates(module)] == []
