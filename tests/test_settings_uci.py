"""The settings in OpenWrt's form mean what they mean in TOML; mistakes are told by file, line and option."""

import re
from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.runtime.settings_verb import SettingsVerb
from agent.settings import CHECKS, Settings, SettingsError, load, parse
from agent.settings_file import NotChangeable, changed
from agent.settings_uci import replace

FILE = "/etc/config/cpe-agent"
TEXT = """# my router
config acs 'acs'
	# the provider's
	option url 'https://acs.example/'
	option password 'it'\\''s a canary'

config network 'network'
	list manage 'eth1'
	list manage 'lan*'

config inform
	option enable 'off'
	option interval 600

config system 'system'
	option manage '1'
	list reboot_command 'sync-and-reboot'
	list reboot_command '-f'

config openwrt 'openwrt'
	option user 'nobody'
"""


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(text, FILE)
    return str(caught.value)


def settings_file(directory: Path, text: str) -> Path:
    file = directory / "etc/config/cpe-agent"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def test_sections_are_tables_and_options_are_settings_of_their_types() -> None:
    found = parse(TEXT)
    assert (found.acs.url, found.acs.password) == ("https://acs.example/", "it's a canary")
    assert found.network.manage == ("eth1", "lan*")
    assert (found.inform.enable, found.inform.interval) == (False, 600)
    assert (found.system.manage, found.system.reboot_command) == (True, ("sync-and-reboot", "-f"))
    assert found.trace == Settings().trace


@pytest.mark.parametrize("word", ["1", "on", "true", "yes", "enabled"])
def test_every_word_that_openwrts_scripts_take_for_yes_is_one(word: str) -> None:
    assert parse(f"config discovery 'discovery'\n\toption allow_http {word}\n").discovery.allow_http


@pytest.mark.parametrize("text", ["\toption manage 'eth1 lan*'\n", "\tlist manage eth1\n\tlist manage lan*\n"])
def test_a_list_may_be_a_text_with_blanks_as_everywhere_in_uci(text: str) -> None:
    assert parse(f"config network 'network'\n{text}").network.manage == ("eth1", "lan*")


def test_a_command_is_a_list_and_restart_is_a_word() -> None:
    assert parse("config system\n\toption reboot_command restart\n").system.reboot_command == "restart"
    assert parse("config system\n\toption reboot_command 'reboot -f'\n").system.reboot_command == ("reboot", "-f")


def test_no_preset_directory_is_said_by_a_word_because_uci_keeps_no_empty_texts() -> None:
    assert parse("config preset\n\toption directory 'none'\n").preset.directory is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("config acs\n\n\toption url 3", f'{FILE}:3: acs.url: it must be "http://host[:port]/path"'),
        ("config acs\n\toption tls_profile old", f"{FILE}:2: acs.tls_profile is 'old': it must be \"modern\" or"),
        ("config inform 'inform'\n\toption enable maybe", f"{FILE}:2: inform.enable is 'maybe': it must be 1 or 0"),
        ("config inform\n\toption interval 0", "inform.interval is 0: it must be a whole number from 1 to 4294967295"),
        ("config inform\n\toption interval 1e3", f"{FILE}:2: inform.interval is '1e3': it must be a whole number"),
        ("config acs\n\tlist username me\n", f"{FILE}:2: acs.username is ['me']: it must be one line of text"),
        ("config acs\n\toption urrl x", f"{FILE}:2: unknown option 'urrl' in acs; allowed are url, username"),
        ("\nconfig acss 'acss'\n\toption url x", f"{FILE}:2: unknown section 'acss'; sections are acs, identity"),
        ("config openwrt\n\toption fire 1", f"{FILE}:2: unknown option 'fire' in openwrt; allowed are enabled"),
        ("config acs 'acs'\nconfig acs\n\toption url ''\n", "there are two sections 'acs'"),
        ("config network\n\tlist manage 'a/b'", f"{FILE}:2: network.manage is ['a/b']: it must be a list of interface"),
        ("config acs 'acs\n", f"{FILE}:1: this is not UCI: "),
        ("confg acs\n", f"{FILE}:1: this is not UCI: "),
        ("config acs\n\toption ca_file '/none.pem'", ""),
    ],
)
def test_a_mistake_is_told_with_file_line_and_what_is_allowed(text: str, told: str) -> None:
    if told:
        said = refusal(text)
        assert told in said
        assert "quotes" not in said
    else:
        assert parse(text, FILE).acs.ca_file == Path("/none.pem")


def test_all_mistakes_are_told_at_once_in_their_order() -> None:
    said = refusal("config log\n\toption level loud\nconfig inform\n\toption interval x\n").splitlines()
    assert [line.split(":")[1] for line in said] == ["2", "4"]


def test_a_secret_is_never_told() -> None:
    assert "canary" not in refusal("config acs\n\toption password 'canary\there'\n\toption url 'ftp://canary/'\n")


def test_a_file_of_uci_is_known_by_its_place_and_its_paths_count_from_etc(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "config state\n\toption directory 'state'\n")
    loaded = load(file)
    assert loaded.settings.state.directory == tmp_path / "etc/cpe-agent/state"
    assert loaded.refusal("state.directory", "no").problems == (f"{file}:2: state.directory: no",)
    file.write_text("")
    assert load(file).settings == Settings()


def test_a_file_that_is_named_and_missing_is_told_by_line_and_option(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "config acs\n\toption client_key 'key.pem'\n")
    with pytest.raises(SettingsError) as caught:
        load(file)
    missing = tmp_path / "etc/cpe-agent/key.pem"
    assert f"{file}:2: acs.client_key: {missing} is no file that can be read" in caught.value.problems
    assert f"{file}:2: acs.client_key needs a client_certificate beside it" in caught.value.problems


def test_what_openwrts_agent_keeps_survives_and_the_rest_is_in_memory() -> None:
    found = parse("config state\n\toption directory '/etc/cpe-agent/state'\n")
    assert found.control_socket() == Path("/var/run/cpe-agent/control.sock")
    assert found.services_directory() == Path("/var/run/cpe-agent/services")
    assert found.trace_directory() == Path("/var/run/cpe-agent/sessions")


OTHER: dict[str, Any] = {
    "acs.url": "https://other.example/'; reboot; '",
    "acs.username": 'a "name" \\ and $(more)',
    "inform.enable": True,
    "inform.interval": 7,
    "network.manage": ["wan", "br-*"],
    "web.interfaces": ["br-lan"],
    "system.factory_reset_command": ["firstboot", "-y"],
    "preset.directory": "",
}


def test_what_is_changed_reads_back_equal_and_all_else_stays_as_it_is_written() -> None:
    new = changed(TEXT, {**OTHER, "acs.url": "https://other.example/"})
    found, before = parse(new), parse(TEXT)
    assert (found.acs.url, found.acs.username) == ("https://other.example/", OTHER["acs.username"])
    assert (found.inform.enable, found.inform.interval) == (True, 7)
    assert (found.network.manage, found.web.interfaces) == (("wan", "br-*"), ("br-lan",))
    assert found.system.factory_reset_command == ("firstboot", "-y")
    assert found.preset.directory is None
    assert (found.acs.password, found.system.manage) == (before.acs.password, True)
    assert "# my router\n" in new
    assert "\t# the provider's\n" in new
    assert "option user 'nobody'" in new


@pytest.mark.parametrize("key", [key for key in CHECKS if not key.startswith("ieee8021x.")])
def test_every_setting_that_is_written_means_what_it_says(key: str) -> None:
    default = settings.flat(Settings())[key]
    value = [*default] if isinstance(default, tuple) else default
    assert settings.flat(parse(changed("", {key: value}, FILE), FILE))[key] == default


def test_a_text_that_uci_cannot_hold_is_refused() -> None:
    with pytest.raises(NotChangeable):
        changed(TEXT, {"acs.username": "a\0b"})


def test_the_page_writes_uci_and_a_staged_edit_of_a_person_is_not_lost(tmp_path: Path) -> None:
    file = settings_file(tmp_path, TEXT)
    reloads: list[int] = []
    verb = SettingsVerb(lambda: file, lambda: reloads.append(1))
    listed = {one["key"]: one for one in verb.answer({})["settings"]}
    assert listed["inform.interval"]["value"] == 600
    assert verb.answer({"values": {"inform.interval": 1800, "log.level": "debug"}}) == {
        "written": ["inform.interval", "log.level"]
    }
    assert reloads == [1]
    assert (parse(file.read_text()).inform.interval, parse(file.read_text()).log.level) == (1800, "debug")
    assert re.search(r"^config log 'log'\n\toption level 'debug'$", file.read_text(), re.MULTILINE)
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_somebody_else_has_written_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    file = settings_file(tmp_path, TEXT)
    with pytest.raises(OSError, match="written by somebody else"):
        replace(file, "config acs\n", "config log\n")
    assert file.read_text() == TEXT
