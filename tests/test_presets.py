"""Presets are found where the firmware and the owner put them, and only where nobody else could have."""

import logging
import os
from pathlib import Path

import pytest

from agent.discovery.identity import Who
from agent.presets import Found, contents, directories, find
from agent.shipped import shipped

WHO = Who("Acme", "00D09E", "R1", "7", "R1", "00D09E000007", ("acme,r1",))
PRESET = '[acs]\nurl = "https://{name}.example/"\nca_file = "ca.pem"\n'


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("presets", "firmware"):
        (tmp_path / name).mkdir(mode=0o755)
    return tmp_path / "presets", tmp_path / "firmware"


def put(place: Path, name: str, more: str = "", mode: int = 0o644) -> Path:
    file = place / name
    file.write_text(more or PRESET.format(name=name.partition(".")[0]))
    file.chmod(mode)
    return file


def found(places: tuple[Path, Path]) -> Found:
    return find([str(place) for place in places], lambda: WHO)


def url(places: tuple[Path, Path]) -> str:
    return str(found(places).settings.get("acs.url", ""))


def test_no_directory_and_none_that_is_wanted(tmp_path: Path) -> None:
    def nobody() -> Who:
        raise AssertionError("nothing asks who the device is")

    assert directories("/etc/cpe-agent/agent.toml", "/usr/share/x") == ["/etc/cpe-agent/presets", "/usr/share/x"]
    assert directories("/etc/cpe-agent/agent.toml", "") == []
    assert find([str(tmp_path / "absent")], nobody) == Found()


def test_what_the_presets_say_is_known_by_its_checksum(places: tuple[Path, Path]) -> None:
    names = [str(place) for place in places]
    assert contents(names) == {}
    file = put(places[1], "b.toml")
    before = contents(names)
    assert before.keys() == {str(file)}
    put(places[1], "b.toml")
    assert contents(names) == before
    put(places[1], "b.toml", "example = true\n")
    assert contents(names) != before
    file.chmod(0o666)
    assert contents(names) == {str(file): -1}


def test_the_owners_comes_before_the_firmwares(places: tuple[Path, Path]) -> None:
    owner, firmware = places
    put(firmware, "b.toml")
    assert url(places) == "https://b.example/"
    put(firmware, "a.json", '{"acs": {"url": "https://a.example/"}}')
    assert url(places) == "https://a.example/"
    put(owner, "z.toml")
    put(owner, ".hidden.toml")
    put(owner, "readme.txt")
    assert url(places) == "https://z.example/"
    assert found(places).settings["acs.ca_file"] == str(owner / "ca.pem")
    assert [one.is_chosen for one in found(places).verdicts] == [True, False, False]


def test_a_broken_one_is_left_out_alone(places: tuple[Path, Path], caplog: pytest.LogCaptureFixture) -> None:
    put(places[1], "good.toml")
    broken = put(places[1], "a.toml", "[acs]\nurrl = 'x'\n")
    seen = found(places)
    assert seen.settings["acs.url"] == "https://good.example/"
    assert "line 2: unknown key 'urrl' in [acs]; allowed are url" in seen.broken[str(broken)]
    assert f"the preset {broken} is left out" in caplog.text


def test_what_others_could_have_written_is_not_believed(
    places: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    put(places[1], "a.toml", mode=0o666)
    os.mkfifo(places[1] / "b.toml")
    (places[1] / "c.toml").mkdir()
    (places[1] / "d.toml").symlink_to("nowhere")
    assert url(places) == ""
    assert "it is writable by others; chmod go-w" in caplog.text
    assert len(found(places).broken) == 4
    (places[1] / "a.toml").chmod(0o644)
    assert url(places) == "https://a.example/"
    places[1].chmod(0o777)
    assert url(places) == ""
    assert "others than root and the agent's user can write there" in caplog.text


def test_one_that_does_not_fit_the_device_is_not_replaced_by_another(
    places: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    put(places[1], "a.toml", '[acs]\nurl = "https://acs/"\nusername = "{model}-{serial}"\n')
    put(places[1], "b.toml")
    seen = find([str(places[1])], lambda: WHO._replace(model=""))
    assert seen.preset is None
    assert "this device has no {model}" in caplog.text


def test_a_readable_password_and_an_open_wire_are_told_and_the_password_never(
    places: tuple[Path, Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    put(places[1], "a.toml", '[acs]\nurl = "http://acs/"\npassword = "canary-4711"\n')
    found(places)
    assert "has a password and every user can read it; chmod 600" in caplog.text
    assert "http://: anybody on the way" in caplog.text
    assert "canary" not in caplog.text
    assert "canary" not in repr(found(places).verdicts)


def test_the_shipped_examples_are_never_active_by_themselves() -> None:
    examples = shipped("presets")
    seen = find([str(examples)], lambda: WHO)
    assert seen.preset is None
    assert seen.broken == {}
    assert len(seen.verdicts) == len(list(examples.glob("*.*"))) >= 2
    assert all("an example" in verdict.why for verdict in seen.verdicts)
