"""The verb onu watch: what happens at an ONT, line by line, also when it is unplugged meanwhile."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.lab.onu import LabOnu
from tests.lab.onus import lab_onu
from tests.waiting import PATIENCE


def watching(onu: LabOnu, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "agent", "onu", "watch", "--device", onu.device, *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})


def following(process: subprocess.Popen[str]) -> dict[str, object]:
    assert process.stdout
    return dict(json.loads(process.stdout.readline()))


def test_light_alarms_and_changes_are_told_as_they_come_and_the_device_is_waited_for(tmp_path: Path) -> None:
    with lab_onu(tmp_path / "tty") as onu:
        onu.order("light -20")
        with watching(onu, "--json", "--pcap", str(tmp_path / "x.pcap")) as process:
            assert following(process)["receive_dbm"] == -20.0
            onu.order("alarm 0 on")
            assert following(process)["alarms"] == {"0": "Low received optical power"}
            onu.order("avc 329 0x0e01 2 1")
            told = following(process)
            assert (told["type"], told["attributes"]) == ("Attribute Value Change", {"OperationalState": 1})
            onu.order("unplug")
            assert following(process)["is_there"] is False
            onu.order("plug")
            assert following(process)["is_there"] is True
            assert following(process)["event"] == "light"
            process.terminate()
            process.wait(PATIENCE)
        assert (tmp_path / "x.pcap").read_bytes().count(b"\x88\xb5") >= 8


def test_a_person_reads_lines_and_count_ends_it(tmp_path: Path) -> None:
    with lab_onu() as onu:
        onu.order("light -20")
        with watching(onu, "--count", "2") as process:
            assert process.stdout
            assert process.stdout.readline().endswith("light 0x8001  receives -20.00 dBm, sends 2.10 dBm\n")
            onu.order("light -21")
            assert "OpticalSignalLevel = -10500 (-21.000 dBm)" in process.stdout.readline()
            assert process.wait(PATIENCE) == 0


def test_a_mirror_s_frames_are_all_shown() -> None:
    with lab_onu(is_mirror=True) as onu, watching(onu, "--listen", "--json", "--count", "2") as process:
        while process.poll() is None:
            onu.order("lock")
            time.sleep(0.05)
        assert process.stdout
        types = [json.loads(line)["type"] for line in process.stdout]
        assert sorted(types) == ["Set Request", "Set Response"]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_what_an_olt_tells_of_a_password_is_shown_only_when_it_is_asked_for(form: list[str]) -> None:
    with lab_onu(is_mirror=True) as onu, watching(onu, "--listen", *form, "--count", "40") as process:
        while process.poll() is None:
            onu.order("acs http://acs.example/ --user lab --password geheim")
            time.sleep(0.05)
        assert process.stdout
        seen = process.stdout.read()
    assert "geheim" not in seen
    assert "********" in seen


def test_once_it_ends_with_the_line() -> None:
    with lab_onu() as onu, watching(onu, "--once") as process:
        assert process.stdout
        process.stdout.readline()
        onu.order("unplug")
        assert process.wait(PATIENCE) == 1


def test_a_console_tells_light_and_state() -> None:
    with lab_onu(console="lantiq") as onu, watching(onu, "--json", "--driver", "lantiq", "--count", "2") as process:
        assert following(process)["event"] == "light"
        assert following(process)["state"] == "O5"
        assert process.wait(PATIENCE) == 0
