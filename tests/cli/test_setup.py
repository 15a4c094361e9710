"""Interfaces are given to the agent and taken back, in its own settings and in drop-ins of its own only."""

import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from agent.cli.client import Failure
from agent.cli.main import run
from agent.cli.setup import MANAGERS, with_manage
from agent.settings import load
from tests.waiting import HANGS

NM, NETWORKD = (manager.drop_in for manager in MANAGERS)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    for directory in ("etc/cpe-agent", "etc/NetworkManager/conf.d", "etc/systemd/network"):
        (tmp_path / directory).mkdir(parents=True)
    return tmp_path


def setup(image: Path, *arguments: str) -> int:
    return run(["setup", "--root", str(image), *arguments])


def managed(image: Path) -> list[str]:
    return list(load(image / "etc/cpe-agent/agent.toml").settings.network.manage)


def test_an_interface_is_given_to_the_agent_and_the_others_are_told(image: Path) -> None:
    assert setup(image, "--manage", "eth1", "wlan*") == 0
    assert managed(image) == ["eth1", "wlan*"]
    assert "[keyfile]\nunmanaged-devices+=interface-name:eth1;interface-name:wlan*\n" in (image / NM).read_text()
    assert "Name=eth1 wlan*\n\n[Link]\nUnmanaged=yes\n" in (image / NETWORKD).read_text()


def test_what_was_given_is_taken_back_and_nothing_of_ours_stays(image: Path) -> None:
    setup(image, "--manage", "eth1", "eth2")
    assert setup(image, "--unmanage", "eth1") == 0
    assert managed(image) == ["eth2"]
    assert "eth1" not in (image / NM).read_text()
    assert setup(image, "--unmanage", "eth2") == 0
    assert managed(image) == []
    assert not (image / NM).exists()
    assert not (image / NETWORKD).exists()


def test_who_leaves_keeps_his_settings_and_finds_his_place_again(image: Path) -> None:
    setup(image, "--manage", "eth1")
    before = {name: (image / name).read_text() for name in (NM, NETWORKD)}
    assert setup(image, "--leave") == 0
    assert not any((image / name).exists() for name in before)
    assert managed(image) == ["eth1"]
    assert setup(image, "--rejoin") == 0
    assert {name: (image / name).read_text() for name in (NM, NETWORKD)} == before


def test_who_is_not_installed_is_told_nothing(image: Path) -> None:
    shutil.rmtree(image / "etc/NetworkManager")
    setup(image, "--manage", "eth1")
    assert not (image / NM).exists()
    assert (image / NETWORKD).exists()


def test_giving_the_same_again_changes_nothing(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup(image, "--manage", "eth1")
    before = [(image / name).stat() for name in (NM, NETWORKD, "etc/cpe-agent/agent.toml")]
    capsys.readouterr()
    assert setup(image, "--manage", "eth1") == 0
    assert [(image / name).stat() for name in (NM, NETWORKD, "etc/cpe-agent/agent.toml")] == before
    assert capsys.readouterr().out == "given to the agent: eth1\n"


def test_a_persons_own_settings_stay_as_they_stand(image: Path) -> None:
    file = image / "etc/cpe-agent/agent.toml"
    text = '[acs]\nurl = "https://acs.example.net/"\n\n[network]\n#\nmanage = []  # none\n[log]\nlevel = "info"\n'
    file.write_text(text)
    file.chmod(0o640)
    setup(image, "--manage", "eth1")
    assert file.read_text() == text.replace("manage = []", 'manage = ["eth1"]')
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[acs]\n",
        "[network]\n",
        "[network]\nconfirm_within = 60\n",
        '[network]\nmanage = [\n  "a", # x\n]\n',
    ],
)
def test_settings_of_any_usual_shape_are_changed(text: str, tmp_path: Path) -> None:
    expected = tomllib.loads(text)
    expected.setdefault("network", {})["manage"] = ["eth1"]
    assert tomllib.loads(with_manage(text, ["eth1"], tmp_path)) == expected


def test_settings_that_cannot_be_changed_by_rule_are_left_with_a_word(tmp_path: Path) -> None:
    with pytest.raises(Failure) as failure:
        with_manage("network = {}\n", ["eth1"], tmp_path)
    assert 'manage = ["eth1"]' in failure.value.next_step


def test_what_cannot_be_an_interface_is_refused(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("eth1\nmanaged=1", "a b", 'x"y', "", "longer-than-fifteen"):
        assert setup(image, "--manage", name) == 2
    assert not (image / NM).exists()
    assert "interface" in capsys.readouterr().err


def test_broken_settings_are_not_touched(image: Path) -> None:
    file = image / "etc/cpe-agent/agent.toml"
    file.write_text("[network\n")
    assert setup(image, "--manage", "eth1") == 1
    assert file.read_text() == "[network\n"


def test_programs_see_what_is_given(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup(image, "--manage", "eth1")
    capsys.readouterr()
    assert setup(image, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"schema": 1, "manage": ["eth1"], "done": [], "absent": [], "not_given": []}


@pytest.mark.skipif(shutil.which("NetworkManager") is None, reason="needs network-manager (apt-get install)")
def test_network_manager_understands_the_drop_in(image: Path) -> None:
    setup(image, "--manage", "eth1", "wlan*")
    folder = image / "etc/NetworkManager"
    (folder / "NetworkManager.conf").touch()
    printed = subprocess.run(
        ["NetworkManager", "--print-config", f"--config={folder}/NetworkManager.conf", f"--config-dir={folder}/conf.d"],
        capture_output=True, text=True, check=True, timeout=HANGS,
    )  # fmt: skip
    assert "[keyfile]\nunmanaged-devices=interface-name:eth1,interface-name:wlan*\n" in printed.stdout
    assert "unknown" not in printed.stderr + printed.stdout


def test_a_name_that_no_interface_has_is_given_with_a_word(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (image / "sys/class/net/eth1").mkdir(parents=True)
    setup(image, "--manage", "eth1", "wlan9", "lan*")
    assert managed(image) == ["eth1", "wlan9", "lan*"]
    told = capsys.readouterr().out
    assert "wlan9: there is no such interface now" in told
    assert "eth1: there is no" not in told
    assert "lan*: there is no" not in told


@pytest.mark.parametrize("link", ["etc", "etc/cpe-agent", "etc/cpe-agent/agent.toml", "etc/NetworkManager/conf.d", NM])
@pytest.mark.parametrize("is_absolute", [True, False])
def test_nothing_outside_the_image_is_touched(
    link: str, is_absolute: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image, outside = tmp_path / "image", tmp_path / "outside"
    (image / "etc/NetworkManager/conf.d").mkdir(parents=True)
    (image / "etc/cpe-agent").mkdir()
    outside.mkdir()
    place = image / link
    if place.is_dir():
        shutil.rmtree(place)
    up = "../" * (len(Path(link).parts))
    place.symlink_to(outside if is_absolute else Path(up, "outside"))
    status = setup(image, "--manage", "eth1")
    assert list(outside.iterdir()) == []
    assert status == (0 if is_absolute else 2)
    if not is_absolute:
        assert "leads out of it" in capsys.readouterr().err
        assert [one for one in image.rglob("*") if one.is_file()] == []


def test_links_inside_the_image_are_the_images_own(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (image / "etc/cpe-agent").rmdir()
    (image / "data").mkdir()
    (image / "etc/cpe-agent").symlink_to("/data")
    assert setup(image, "--manage", "eth1") == 0
    assert (image / "data/agent.toml").is_file()
    told = capsys.readouterr().out
    assert "systemctl" not in told
    assert "the image's agent reads it at its next start" in told
    (image / "data/agent.toml").unlink()
    (image / "data/agent.toml").symlink_to("agent.toml")
    assert setup(image, "--manage", "eth1") == 2


def test_a_root_that_is_no_directory_is_refused(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (image / "file").touch()
    for name in ("file", "nowhere"):
        assert setup(image / name, "--manage", "eth1") == 2
        assert "is no directory" in capsys.readouterr().err
    assert not (image / "nowhere").exists()


def test_what_was_never_given_cannot_be_taken_back_unsaid(image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup(image, "--manage", "eth1")
    capsys.readouterr()
    assert setup(image, "--unmanage", "nope") == 0
    assert capsys.readouterr().out == "nope: was not given to the agent\ngiven to the agent: eth1\n"
