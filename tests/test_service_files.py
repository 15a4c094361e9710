"""The files by which service managers start the agent fit the program."""

import configparser
from pathlib import Path

import pytest

from agent.cli.client import USAGE
from agent.cli.main import parser_for
from agent.settings import DEFAULT_FILE, DEFAULT_STATE, RUNTIME

ROOT = Path(__file__).parent.parent
UNIT = ROOT / "systemd" / "cpe-agent.service"


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
    assert Path("/var/lib") / made["StateDirectory"].split()[0] == DEFAULT_STATE
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
