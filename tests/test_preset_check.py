"""A preset is held against the data model and the files that it names, each problem with its line."""

import os
from pathlib import Path

import pytest

from agent.model.schema import Schema
from agent.preset_check import Report, check
from agent.shipped import shipped
from agent.shipped_schema import shipped_schema
from tests.runtime.certificates import Authority


@pytest.fixture(scope="module")
def schema() -> Schema:
    return shipped_schema()


def looked_at(directory: Path, text: str, schema: Schema, root: str = "/", mode: int = 0o600) -> Report:
    file = directory / "p.toml"
    file.write_text(text)
    file.chmod(mode)
    return check(str(file), schema, root)


@pytest.mark.parametrize(
    ("text", "line", "what", "step"),
    [
        ("[acs]\nurrl = 1", 2, "unknown key 'urrl'", "allowed are url"),
        (
            "[values]\n\n'Device.Time.Enabel' = true",
            3,
            "the data model has no such path",
            "near it: Device.Time.Enable",
        ),
        ("[values]\n'Device.Nowhere.X' = 1", 2, "has no such path", "`cpe-agent schema show Device.`"),
        ("[values]\n'Device.DeviceInfo.UpTime' = 1", 2, "is read-only in the data model", "take it out"),
        ("[values]\n'Device.Time.Enable' = 'maybe'", 2, "'maybe' is no boolean", "Device.Time.Enable` shows"),
        (
            "[values]\n'Device.Hosts.Host.[x].Alias' = 'y'",
            2,
            "no rows be added to Device.Hosts.Host., so",
            "take it out",
        ),
        ("[attributes]\n'Device.Nowhere.' = 'off'", 2, "has no such path", "near it: "),
        ("[attributes]\n'Device.Nowhere.X' = 'off'", 2, "has no such path", "`cpe-agent schema show"),
        ("[attributes]\n'Device.DeviceInfo.UpTime' = 'active'", 2, "changes too often", 'write "passive"'),
        ("[attributes]\n'Device.DeviceInfo.SoftwareVersion' = 'off'", 2, "forces active", "take it out"),
        ("[acs]\nca_file = 'absent.pem'", 2, "absent.pem: No such file", "without / at its start it is beside"),
        ("[acs]\nca_file = 'p.toml'", 2, "there is no certificate in it", "name a file"),
        ("[acs]\nclient_certificate = 'p.toml'", 2, "it is no PEM file", "name a file"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, schema: Schema, text: str, line: int, what: str, step: str
) -> None:
    [problem] = looked_at(tmp_path, text, schema).problems
    assert (problem.line, what in problem.what, step in problem.next) == (line, True, True), problem


def test_values_references_and_notifications_that_can_be_are_taken(tmp_path: Path, schema: Schema) -> None:
    text = """[values]
    "Device.Time.Enable" = true
    "Device.WiFi.SSID.[home].SSID" = "home"
    "Device.WiFi.AccessPoint.[home].SSIDReference" = "Device.WiFi.SSID.[home]"
    "Device.ManagementServer.CWMPRetryMinimumWaitInterval" = 30
    [attributes]
    "Device.WiFi.SSID." = "passive"
    "Device.WiFi." = "off"
    """
    assert looked_at(tmp_path, text, schema).problems == ()


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path, schema: Schema) -> None:
    text = "[acs]\nurrl = 1\nca_file = 'absent.pem'\ndhcp_may_replace = 1\n[values]\n'Device.Nowhere.X' = 1\n"
    assert [one.line for one in looked_at(tmp_path, text, schema).problems] == [2, 3, 4, 6]


def test_a_name_that_the_agent_never_reads_is_no_presets(tmp_path: Path, schema: Schema) -> None:
    for name in ("c.txt", ".c.toml"):
        (tmp_path / name).write_text("[values]\n'Device.Time.Enable' = true\n")
        [problem] = check(str(tmp_path / name), schema).problems
        assert (problem.line, problem.next) == (0, "name it c.toml")


def test_a_preset_that_says_nothing_is_said_to(tmp_path: Path, schema: Schema) -> None:
    for text in ("", "description = 'x'\n"):
        [warning] = looked_at(tmp_path, text, schema).warnings
        assert "it says nothing" in warning


def test_a_secret_value_is_not_repeated(tmp_path: Path, schema: Schema) -> None:
    text = f"[values]\n'Device.WiFi.AccessPoint.1.Security.KeyPassphrase' = '{'canary' * 20}'"
    [problem] = looked_at(tmp_path, text, schema).problems
    assert "canary" not in str(problem)
    assert problem.next.startswith("the value does not fit; allowed: 8 to 63 characters")


def test_a_password_that_others_can_read_and_plain_http_are_warned_of(tmp_path: Path, schema: Schema) -> None:
    text = "example = true\n[acs]\nurl = 'http://acs/'\npassword = 'canary'\n"
    report = looked_at(tmp_path, text, schema, mode=0o644)
    assert report.problems == ()
    assert ["http://" in one or "can read it" in one or "an example" in one for one in report.warnings] == [True] * 3
    assert "canary" not in str(report.warnings)
    assert len(looked_at(tmp_path, text, schema, mode=0o600).warnings) == 2


def test_files_of_an_image_are_looked_for_there(tmp_path: Path, schema: Schema) -> None:
    (tmp_path / "image/etc").mkdir(parents=True)
    authority = Authority(tmp_path / "authority")
    (tmp_path / "image/etc/ca.pem").write_bytes(authority.pair.certificate.read_bytes())
    text = "[acs]\nca_file = '/etc/ca.pem'"
    assert looked_at(tmp_path, text, schema, str(tmp_path / "image")).problems == ()
    assert len(looked_at(tmp_path, text, schema).problems) == 1


def test_the_shipped_examples_are_right(schema: Schema) -> None:
    for file in shipped("presets").glob("*.toml"):
        assert check(str(file), schema).problems == (), file


def test_what_is_no_file_and_what_never_ends_is_not_read(tmp_path: Path, schema: Schema) -> None:
    os.mkfifo(tmp_path / "fifo.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    for name in ("fifo.toml", "zero.toml"):
        with pytest.raises(OSError, match="it is no file"):
            check(str(tmp_path / name), schema)
    for named in ("fifo.toml", "zero.toml"):
        [problem] = looked_at(tmp_path, f"[acs]\nca_file = '{named}'", schema).problems
        assert "it is no file" in problem.what
    with (tmp_path / "large.toml").open("wb") as large:
        large.truncate(2**40)
    [problem] = check(str(tmp_path / "large.toml"), schema).problems
    assert "it is larger than" in problem.what


def test_what_the_agent_would_not_trust_is_said(tmp_path: Path, schema: Schema) -> None:
    report = looked_at(tmp_path, "[acs]\nurl = 'https://acs.example/'", schema, mode=0o664)
    assert (report.problems, ["writable by others" in one for one in report.warnings]) == ((), [True])
    [problem] = looked_at(tmp_path, "[acs]\nurl = 'https://acs.example/'", schema, mode=0o666).problems
    assert "everybody can write it" in problem.what
    assert problem.next.startswith("chmod go-w ")


@pytest.mark.slow
def test_thousands_of_problems_are_told_as_a_few(tmp_path: Path, schema: Schema) -> None:
    text = "[values]\n" + "".join(f"'Device.WiFi.Nothing{number}' = 1\n" for number in range(5000))
    report = looked_at(tmp_path, text, schema)
    assert len(report.problems) == 21
    assert len(str(report.problems)) < 20_000
