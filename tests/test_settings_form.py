"""TOML and UCI are told apart by what a file says and where it lies."""

from pathlib import Path

import pytest

from agent.settings_form import TOML_FILE, UCI_FILE, home_of, is_uci


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        ("config acs 'acs'\n", "", True),
        ("\n# why\n\n  config acs\n", "agent.toml", True),
        ("package cpe-agent\n", "", True),
        ("[acs]\nurl = ''\n", "", False),
        ("config = 3\n", "", False),
        ("", "/etc/config/cpe-agent", True),
        ("broken", "/root/etc/config/cpe-agent", True),
        ("", "/etc/config/agent.toml", False),
        ("", "/etc/cpe-agent/agent.toml", False),
    ],
)
def test_a_file_is_known_by_its_beginning_or_its_place(text: str, name: str, told: bool) -> None:
    assert is_uci(text, name) == told


def test_relative_paths_and_presets_are_never_in_ucis_directory() -> None:
    assert home_of(UCI_FILE) == Path("/etc/cpe-agent") == home_of(TOML_FILE)
    assert home_of(Path("/srv/lab.toml")) == Path("/srv")
