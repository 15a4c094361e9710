"""The settings: what a file may say, and what a person is told when it says something else."""

import json
import os
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from agent.settings import (
    CHECKS,
    DEFAULT_STATE,
    RUNTIME,
    Settings,
    SettingsError,
    flat,
    load,
    parse,
    waiting_for_a_start,
)
from agent.shipped import shipped

DOCUMENTED = shipped("agent.toml").read_text()


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        parse(text, "a.toml")
    return str(caught.value)


def settings_file(directory: Path, text: str, mode: int = 0o600) -> Path:
    file = directory / "agent.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_an_empty_file_gives_the_defaults() -> None:
    assert parse("") == Settings()


def test_the_documented_file_has_every_setting_with_its_default() -> None:
    assert parse(DOCUMENTED) == Settings()
    written = set(re.findall(r"^\[(\w+)\]|^(\w+) = ", DOCUMENTED, re.MULTILINE))
    assert {key for _, key in written if key} == {each.partition(".")[2] for each in CHECKS}
    assert {table for table, _ in written if table} == {each.name for each in fields(Settings)}


def test_each_documented_setting_has_one_comment() -> None:
    lines = [line for line in DOCUMENTED.splitlines() if line and not line.startswith(("#", "["))]
    assert len(lines) == len(CHECKS)
    assert [line for line in lines if line.count("# ") != 1] == []


def test_every_setting_has_a_check_and_every_check_a_setting() -> None:
    names = {f"{table.name}.{key.name}" for table in fields(Settings) for key in fields(table.type)}  # type: ignore[arg-type]
    assert names == set(CHECKS)


def test_settings_are_taken_as_written() -> None:
    settings = parse(
        """
        [acs]
        url = "https://acs.example.net:7548/cwmp"
        [network]
        manage = ["eth1", "lan*"]
        [system]
        reboot_command = ["systemctl", "reboot"]
        """
    )
    assert settings.acs.url == "https://acs.example.net:7548/cwmp"
    assert settings.network.manage == ("eth1", "lan*")
    assert settings.system.reboot_command == ("systemctl", "reboot")
    assert settings.system.factory_reset_command == "auto"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[acs]\n\nurl = 3", "a.toml:3: [acs] url: it must be"),
        ("[acs]\nurl = 'ftp://acs/'", 'a.toml:2: [acs] url: it must be "http://host[:port]/path" or "https://…"'),
        ("[acs]\nurl = 'http://acs:99999/'", "a.toml:2: [acs] url"),
        ("[acs]\nurl = 'http:///path'", "a.toml:2: [acs] url"),
        ("[acs]\nurl = 'http://acs/a b'", "a.toml:2: [acs] url"),
        ("[acs]\nurl = 'http://1.2.3/'", "a.toml:2: [acs] url: the host must be a DNS name"),
        ("[acs]\nurl = 'http://me:secret@acs/'", "put the user and the password into username and password"),
        ("[acs]\ntls_profile = 'old'", 'a.toml:2: [acs] tls_profile is \'old\': it must be "modern" or "compat"'),
        ("acs.tls_profile = 'old'", "a.toml:1: [acs] tls_profile"),
        ("\nacs = { tls_profile = 'old' }", "a.toml:2: [acs] tls_profile"),
        ("[acs]\nurrl = ''", "a.toml:2: unknown setting 'urrl' in [acs]; allowed are url, username, password"),
        ('[acs]\nusername = "two\\nlines"', "it must be one line of text"),
        ("\n[acss]\nurl = ''", "a.toml:2: unknown table or setting 'acss'; tables are acs, identity"),
        ("url = ''", "a.toml:1: unknown table or setting 'url'"),
        ("acs = 3", "a.toml:1: acs is a table; write [acs]"),
        ("[identity]\noui = '00259e'", "a.toml:2: [identity] oui is '00259e': it must be six upper-case"),
        ("[inform]\ninterval = 0", "a.toml:2: [inform] interval is 0: it must be a whole number from 1"),
        ("[inform]\nenable = 1", "a.toml:2: [inform] enable is 1: it must be true or false"),
        ("[connection_request]\nport = 65536", "from 0 to 65535"),
        ("[connection_request]\nport = true", "from 0 to 65535"),
        ("[connection_request]\nport = '7547'", "without quotes"),
        ("[connection_request]\npath = 'a/b'", "one path segment"),
        ("[connection_request]\npath = '.'", 'but not "." or ".."'),
        ("\n[connection_request]\npath = '..'", "a.toml:3: [connection_request] path is '..': it must be one path"),
        (f"[control]\nsocket = '/tmp/{'s' * 65}'", "whose name has at most 64 bytes"),
        ("[control]\nsocket = '/tmp/..'", "a.toml:2: [control] socket is '/tmp/..': it must be the path of a file"),
        ("[connection_request]\ninterface = 'a-name-that-is-too-long'", "name of a network interface"),
        ("[connection_request]\ndigest = 'SHA-1'", '"MD5" or "SHA-256"'),
        ("[network]\nmanage = 'eth0'", 'a list of interface names or globs, such as ["eth0", "lan*"]'),
        ("[network]\nmanage = ['eth0', 3]", "a list of interface names or globs"),
        ("[network]\nmanagement_name_servers = '192.0.2.53'", 'a list of IP addresses, such as ["192.0.2.53", "2001'),
        ("[network]\nmanagement_name_servers = ['ns.example']", "a list of IP addresses"),
        ("[transfers]\nschemes = ['tftp']", 'a list of some of "http", "https" and "ftp"'),
        ("[transfers]\nschemes = 'http'", 'a list of some of "http", "https" and "ftp"'),
        ("[transfers]\nhosts = ['http://files.example/']", 'a list of hosts, such as ["files.example.net", "*.cdn.ex'),
        ("[transfers]\nhosts = ['*']", "a list of hosts"),
        ("[transfers]\nhosts = [3]", "a list of hosts"),
        (
            "[omci]\ndevice = 'ttyUSB0'",
            'it must be the path of a device, "socket://host:port" or "rfc2217://host:port"',
        ),
        ("[omci]\ndevice = 3", "it must be the path of a device"),
        ("[omci]\nunlock = ['download']", 'a list of some of "create", "delete", "set"'),
        ("[omci]\nkey = '00'", "it must be 32 hexadecimal digits"),
        ("[system]\nreboot_command = 'reboot'", 'a list of arguments, such as ["systemctl", "reboot"], or "restart"'),
        ("[system]\nreboot_command = []", "a list of arguments"),
        ("[state]\ndirectory = ''", "it must be a path"),
        ("[acs]\nurl = 'http://a/'\nurl = 'http://b/'", "a.toml:3: this is not TOML: "),
        ("[acs\n", "a.toml:1: this is not TOML: "),
    ],
)
def test_a_bad_setting_is_told_with_file_line_and_what_is_allowed(text: str, told: str) -> None:
    assert told in refusal(text)


def test_file_servers_are_names_all_below_one_and_addresses() -> None:
    hosts = parse("[transfers]\nhosts = ['files.example', '*.cdn.example', '192.0.2.7', '2001:db8::7']").transfers.hosts
    assert hosts == ("files.example", "*.cdn.example", "192.0.2.7", "2001:db8::7")


@pytest.mark.parametrize("device", ["", "/dev/ttyUSB0", "/dev/serial/by-id/usb-X_1-if00", "socket://192.0.2.7:2001"])
def test_an_ont_is_behind_a_serial_line_or_a_console_server(device: str) -> None:
    omci = parse(f"[omci]\ndevice = '{device}'\nunlock = ['set', 'mib-reset']").omci
    assert (omci.device, omci.unlock) == (device, ("set", "mib-reset"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("mode = 'monitor'\ndriver = 'lantiq'", "2: [omci] mode: only a line of raw frames can be listened to"),
        ("trailer = 'cmac'", "1: [omci] key: it is for the trailer cmac, which needs it"),
        (f"key = '{'0' * 32}'", "2: [omci] key: it is for the trailer cmac"),
        ("codec = 'slip'\ntrailer = 'none'", "3: [omci] trailer: slip has no check of its own"),
    ],
)
def test_settings_of_an_ont_that_contradict_each_other_are_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(settings_file(tmp_path, f"[omci]\n{text}"))
    assert told in str(refused.value)


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    lines = refusal("[log]\nlevel = 'loud'\n[inform]\ninterval = -1\nsoon = true\n").splitlines()
    assert [line.split(" ")[0] for line in lines] == ["a.toml:2:", "a.toml:4:", "a.toml:5:"]


def test_a_refusal_never_repeats_a_secret() -> None:
    canary = "canary\\n5"
    for text in (
        f'[acs]\npassword = "{canary}"',
        f'[connection_request]\npassword = "{canary}"',
        '[acs]\nurl = "http://me:canary@acs/"',
    ):
        assert "canary" not in refusal(text)


def test_the_representation_has_no_password() -> None:
    settings = parse("[acs]\npassword = 'canary'\n[connection_request]\npassword = 'canary'")
    assert settings.acs.password == "canary"
    assert "canary" not in repr(settings)


def test_a_missing_file_is_an_error_when_it_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no\.toml: cannot be read: No such file"):
        load(tmp_path / "no.toml")


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(file)


def test_relative_paths_count_from_the_files_directory(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    settings = load(settings_file(tmp_path, "[acs]\nca_file = 'ca.pem'\n[state]\ndirectory = 'state'")).settings
    assert settings.acs.ca_file == tmp_path / "ca.pem"
    assert settings.state.directory == tmp_path / "state"
    assert settings.control_socket() == tmp_path / "state" / "control.sock"


def test_a_missing_certificate_file_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"agent\.toml:3: \[acs\] ca_file: .*no\.pem is no file"):
        load(settings_file(tmp_path, "\n[acs]\nca_file = 'no.pem'"))


def test_a_key_without_a_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.pem").touch()
    for table in ("acs", "ieee8021x"):
        with pytest.raises(SettingsError, match=rf":2: \[{table}\] client_key needs a client_certificate"):
            load(settings_file(tmp_path, f"[{table}]\nclient_key = 'key.pem'"))


def test_what_a_wired_network_is_shown_has_to_be_there(tmp_path: Path) -> None:
    text = "[ieee8021x]\nclient_certificate = 'me.pem'"
    with pytest.raises(SettingsError, match=r":2: \[ieee8021x\] client_certificate: .*me\.pem is no file"):
        load(settings_file(tmp_path, text))
    (tmp_path / "me.pem").touch()
    loaded = load(settings_file(tmp_path, text)).settings
    assert loaded.ieee8021x.client_certificate == tmp_path / "me.pem"
    assert waiting_for_a_start(Settings(), loaded) == ["ieee8021x.client_certificate"]


def test_plain_http_is_accepted_with_a_warning(tmp_path: Path) -> None:
    loaded = load(settings_file(tmp_path, "[acs]\nurl = 'http://acs.example.net/'"))
    assert loaded.settings.acs.url == "http://acs.example.net/"
    assert [":2: the ACS is reached by http://" in each for each in loaded.warnings] == [True]


def test_https_needs_no_warning(tmp_path: Path) -> None:
    assert load(settings_file(tmp_path, "[acs]\nurl = 'https://acs.example.net/'")).warnings == ()


@pytest.mark.parametrize(
    ("mode", "warned"),
    [(0o644, "and every user can"), (0o604, "and every user can"), (0o640, "and its group can"), (0o600, "")],
)
def test_a_password_that_others_can_read_is_warned_of(tmp_path: Path, mode: int, warned: str) -> None:
    loaded = load(settings_file(tmp_path, "[connection_request]\npassword = 'canary'", mode))
    assert [warned in each and "chmod 600" in each for each in loaded.warnings] == ([True] if warned else [])
    assert "canary" not in " ".join(loaded.warnings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another group")
def test_a_file_that_root_has_given_to_the_agents_own_group_is_no_concern(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text('[connection_request]\npassword = "x"\n')
    tmp_path.chmod(0o755)
    os.chown(file, 65533, os.getegid())
    file.chmod(0o640)
    assert not any("can read it" in one for one in load(file).warnings)
    os.chown(file, 65533, 65533)
    assert any("its group can read it" in one for one in load(file).warnings)


def test_a_socket_may_lie_deep_and_a_path_may_have_dots() -> None:
    settings = parse(f"[control]\nsocket = '/tmp/{'d/' * 100}{'s' * 64}'\n[connection_request]\npath = '...'")
    assert settings.control.socket
    assert settings.connection_request.path == "..."


def test_what_proves_useless_later_is_told_with_its_line_or_option(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "\n[state]\ndirectory = 'x'")
    assert load(file).refusal("state.directory", "no").problems == (f"{file}:3: [state] directory: no",)
    assert load(file, tmp_path).refusal("state.directory", "no").problems == ("--state-dir: no",)


def test_the_socket_is_under_run_for_the_default_state_directory() -> None:
    assert Settings().control_socket() == RUNTIME / "control.sock"
    assert Settings().state.directory == DEFAULT_STATE


def test_the_socket_follows_a_state_directory_from_the_command_line(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "[state]\ndirectory = '/elsewhere'")
    assert load(file, tmp_path / "own").settings.control_socket() == tmp_path / "own" / "control.sock"


def test_a_socket_that_was_set_wins(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "[control]\nsocket = '/tmp/s'\n[state]\ndirectory = 'own'")
    assert load(file).settings.control_socket() == Path("/tmp/s")


def test_traces_of_two_state_directories_do_not_meet(tmp_path: Path) -> None:
    empty = settings_file(tmp_path, "")
    one, other = (load(empty, tmp_path / name).settings.trace_directory() for name in ("a", "b"))
    assert one != other
    assert tmp_path not in one.parents  # a steady state writes nothing to flash


def test_settings_that_wait_for_a_start_are_named() -> None:
    old = Settings()
    new = replace(
        old,
        identity=replace(old.identity, serial_number="S2"),
        network=replace(old.network, confirm_within=10),
        inform=replace(old.inform, boot_delay=5, interval=60),
    )
    assert waiting_for_a_start(old, new) == ["identity.serial_number", "inform.boot_delay"]
    assert waiting_for_a_start(old, old) == []


def test_all_settings_can_be_told_by_their_names() -> None:
    told = flat(parse('[acs]\nurl = "http://acs/"\n[network]\nmanage = ["eth1"]'))
    assert (told["acs.url"], told["acs.ca_file"], told["network.manage"]) == ("http://acs/", "", ("eth1",))
    assert set(told) == set(CHECKS)
    json.dumps(told)
