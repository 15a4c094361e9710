"""The files by which service managers start the agent fit the program."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from agent.cli.client import USAGE
from agent.cli.main import parser_for
from agent.settings import DEFAULT_FILE, DEFAULT_STATE, RUNTIME, parse

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "systemd" / "cpe-agent.service"
OPENWRT = ROOT / "openwrt" / "files"
INIT = OPENWRT / "etc" / "init.d" / "cpe-agent"
COMMAND = OPENWRT / "usr" / "bin" / "cpe-agent"


def service() -> configparser.SectionProxy:
    unit = configparser.RawConfigParser(strict=False)  # a repeated key adds to its list
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(UNIT.read_text())
    return unit["Service"]


def test_systemd_starts_the_verb_run_with_the_default_settings() -> None:
    _, *arguments = service()["ExecStart"].split()
    options = parser_for(arguments).parse_args(arguments)
    assert options.config == DEFAULT_FILE


def test_systemd_makes_the_directories_that_the_settings_expect() -> None:
    made = service()
    assert Path("/var/lib") / made["StateDirectory"] == DEFAULT_STATE
    assert Path("/run") / made["RuntimeDirectory"] == RUNTIME
    assert Path("/etc") / made["ConfigurationDirectory"] == DEFAULT_FILE.parent


def test_systemd_hears_from_the_agent_and_reloads_it_by_signal() -> None:
    assert (service()["Type"], service()["ExecReload"]) == ("notify", "/bin/kill -HUP $MAINPID")
    assert int(service()["WatchdogSec"]) >= 30  # a change of the network may take seconds


def test_systemd_does_not_try_settings_again_that_cannot_be_used() -> None:
    assert int(service()["RestartPreventExitStatus"]) == USAGE


def test_the_servers_that_the_agent_started_outlive_it_and_are_found_again() -> None:
    assert (service()["KillMode"], service()["RuntimeDirectoryPreserve"]) == ("process", "yes")


@pytest.mark.parametrize(
    ("key", "value"),
    [("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("UMask", "0077")],
)
def test_systemd_confines_the_agent(key: str, value: str) -> None:
    assert service()[key] == value


@pytest.mark.parametrize("script", [INIT, COMMAND], ids=["init script", "command"])
def test_the_scripts_are_for_the_shell_of_the_router_and_may_run(script: Path) -> None:
    shell = ["busybox", "ash"] if shutil.which("busybox") else ["sh"]
    subprocess.run([*shell, "-n", str(script)], check=True, timeout=10)
    assert script.stat().st_mode & 0o111


def test_what_the_init_script_starts_is_installed_and_finds_what_readme_installs() -> None:
    program = re.search(r"^PROG=(.+)$", INIT.read_text(), re.MULTILINE)
    target = re.search(r"^pip install .*--target (\S+) ", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert program is not None
    assert target is not None
    assert OPENWRT / program[1].lstrip("/") == COMMAND
    assert f'PYTHONPATH="{target[1]}$' in COMMAND.read_text()


def test_the_init_script_calls_the_verb_run_and_reloads_by_signal() -> None:
    text = INIT.read_text()
    assert 'procd_set_param command "$PROG" run --config "$CONFIG"' in text
    assert "procd_send_signal cpe-agent '*' HUP" in text


def test_on_openwrt_nothing_that_must_survive_is_in_memory() -> None:
    settings = parse((OPENWRT / "etc" / "cpe-agent" / "agent.toml").read_text())
    assert settings.state.directory.parts[:2] == ("/", "etc")
    assert settings.control_socket().parts[:3] == ("/", "var", "run")
    assert settings.trace_directory().parts[:3] == ("/", "var", "run")
