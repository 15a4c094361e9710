"""Settings are told with what they are for, and written back as a person would have done."""

from pathlib import Path
from typing import Any

import pytest

from agent import settings
from agent.runtime.settings_verb import SettingsVerb, descriptions

TEXT = """# my router
[acs]
url = "https://acs.example/"  # the provider's
password = "canary-secret"

[log]
level = "info"
"""


class Asked:
    def __init__(self, file: Path) -> None:
        self.file = file
        self.reloads = 0
        self.verb = SettingsVerb(lambda: file, self.reload)

    def reload(self) -> None:
        self.reloads += 1

    def listed(self) -> dict[str, dict[str, Any]]:
        return {one["key"]: one for one in self.verb.answer({})["settings"]}

    def write(self, **values: Any) -> dict[str, Any]:
        return self.verb.answer({"values": {key.replace("__", "."): value for key, value in values.items()}})


@pytest.fixture
def ask(tmp_path: Path) -> Asked:
    file = tmp_path / "agent.toml"
    file.write_text(TEXT)
    file.chmod(0o640)
    return Asked(file)


def test_every_setting_is_told_with_its_default_and_what_it_is_for(ask: Asked) -> None:
    listed = ask.listed()
    assert set(listed) == set(settings.CHECKS) == set(descriptions())
    assert all(one["description"] for one in listed.values())
    assert listed["log.level"]["value"] == listed["log.level"]["default"] == "info"
    assert listed["acs.url"]["value"] == "https://acs.example/"
    assert listed["web.interfaces"]["value"] == []
    assert listed["state.directory"]["in_the_file_only"]
    assert listed["trace.sessions"]["at_start_only"]


def test_a_secret_is_never_told(ask: Asked) -> None:
    assert "canary" not in str(ask.verb.answer({}))
    assert ask.listed()["acs.password"]["is_set"]
    assert not ask.listed()["connection_request.password"]["is_set"]


def test_values_are_written_and_comments_stay(ask: Asked) -> None:
    assert ask.write(log__level="debug", web__port=8081) == {"written": ["log.level", "web.port"]}
    text = ask.file.read_text()
    assert "# my router" in text
    assert "# the provider's" in text
    now = settings.parse(text)
    assert (now.log.level, now.web.port, now.acs.password) == ("debug", 8081, "canary-secret")
    assert ask.reloads == 1
    assert ask.file.stat().st_mode & 0o777 == 0o640


def test_who_types_into_a_page_is_told_nothing_of_quotes(ask: Asked) -> None:
    for values in ({"web__port": "x"}, {"acs__url": 1}, {"log__level": "loud"}, {"web__enable": 1}):
        assert "quotes" not in ask.write(**values)["error"]["message"]


def test_what_is_so_already_is_not_written(ask: Asked) -> None:
    assert ask.write(log__level="info", web__port=8080) == {"written": []}
    assert ask.file.read_text() == TEXT
    assert ask.reloads == 0


def test_a_secret_stays_is_changed_or_is_taken_away(ask: Asked) -> None:
    ask.write(acs__password="")
    assert settings.parse(ask.file.read_text()).acs.password == "canary-secret"
    ask.write(acs__password="another")
    assert settings.parse(ask.file.read_text()).acs.password == "another"
    ask.write(acs__password=None)
    assert settings.parse(ask.file.read_text()).acs.password == ""


@pytest.mark.parametrize(
    "values",
    [
        {"log__level": "loud"},
        {"web__port": "8080"},
        {"web__port": 70_000},
        {"nothing__at_all": 1},
        {"log": "x"},
        {"system__reboot_command": ["/bin/sh"]},
        {"extensions__directory": "/tmp"},
        {"state__directory": "/tmp"},
        {"log__level": "debug", "web__port": True},
        {"acs__url": "https://a/\n[system]"},
        {"log__level": {"a": 1}},
        {"acs__ca_file": "/nonexistent/ca.pem"},
        {"acs__ca_file": __file__},
        {"ieee8021x__ca_file": __file__},
        {"ieee8021x__client_key": __file__},
        {"acs__password": 1},
    ],
)
def test_what_cannot_be_is_refused_as_a_whole(ask: Asked, values: dict[str, Any]) -> None:
    assert ask.write(**values)["error"]["code"] == "refused"
    assert ask.file.read_text() == TEXT
    assert ask.reloads == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e999, -1, "60"])
def test_what_is_no_number_is_told_by_what_is_allowed(ask: Asked, value: object) -> None:
    assert "inform.interval: it must be a whole number from 1" in ask.write(inform__interval=value)["error"]["message"]


def test_a_file_that_would_not_start_the_agent_is_told_and_can_be_mended(ask: Asked) -> None:
    broken = TEXT.replace("[log]", 'ca_file = "gone.pem"\n[log]')
    ask.file.write_text(broken)
    assert "gone.pem is no file" in ask.write(log__level="debug")["error"]["message"]
    assert ask.file.read_text() == broken
    assert ask.write(acs__ca_file="") == {"written": ["acs.ca_file"]}


def test_the_password_does_not_follow_to_another_host(ask: Asked) -> None:
    ask.write(acs__url="https://acs.example/other")
    assert settings.parse(ask.file.read_text()).acs.password == "canary-secret"
    assert ask.write(acs__url="https://evil.example/") == {"written": ["acs.password", "acs.url"]}
    assert settings.parse(ask.file.read_text()).acs.password == ""
    ask.write(acs__url="https://third.example/", acs__password="for the third")
    assert settings.parse(ask.file.read_text()).acs.password == "for the third"


def test_a_trial_writes_nothing(ask: Asked) -> None:
    told = ask.verb.answer({"values": {"log.level": "debug"}, "dry_run": True})
    assert told == {"written": ["log.level"]}
    assert (ask.file.read_text(), ask.reloads) == (TEXT, 0)


def test_a_file_that_is_not_there_is_made_for_its_owner_only(tmp_path: Path) -> None:
    ask = Asked(tmp_path / "new.toml")
    assert ask.write(log__level="debug") == {"written": ["log.level"]}
    assert ask.file.stat().st_mode & 0o777 == 0o600


def test_a_link_to_the_file_stays_one(ask: Asked) -> None:
    link = ask.file.with_name("link.toml")
    link.symlink_to(ask.file)
    Asked(link).write(log__level="debug")
    assert link.is_symlink()
    assert settings.parse(ask.file.read_text()).log.level == "debug"


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    told = Asked(tmp_path / "none" / "agent.toml").write(log__level="debug")["error"]
    assert "change the file on the device" in told["next"]
