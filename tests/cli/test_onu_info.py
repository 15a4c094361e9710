"""The verbs onu info, get and dump, with the lab ONU on a pty."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.lab.onu import LabOnu
from tests.lab.onus import lab_onu

Say = Callable[..., tuple[int, str]]
INFO = """\
ONT            Lab ONU 2500  LABO LAB-R1
serial number  LABO0012A7F3
state          unlocked, operational
image 0        LAB1.4.2  active, committed, valid
image 1        LAB1.4.1  valid
light 0x8001   receives -27.00 dBm, sends 2.10 dBm
port 0x0101    Ethernet  up, 1000 Mbit/s
port 0x0102    Ethernet  down
port 0x0e01    virtual  up
ACS 0x0e01     http://acs.example/
               lab, with a password, digest, VLAN 100, priority 3
"""


@pytest.fixture(autouse=True)
def _prompts_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.consoles.console._QUIET", 0.05)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.setenv("NO_COLOR", "1")

    def say(*arguments: str) -> tuple[int, str]:
        status = main.run(["onu", *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return say


@pytest.fixture
def onu() -> Iterator[LabOnu]:
    with lab_onu() as running:
        running.order("light -27")
        running.order("acs http://acs.example/ --user lab --password geheim --vlan 100 --priority 3")
        yield running


def test_a_person_reads_what_the_ont_is_and_whom_the_olt_names(said: Say, onu: LabOnu) -> None:
    status, text = said("info", "--device", onu.device)
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("up for")]
    assert (status, "".join(lines)) == (0, INFO)


def test_a_script_gets_a_document_without_the_password(said: Say, onu: LabOnu) -> None:
    status, text = said("info", "--json", "--device", onu.device)
    document = json.loads(text)
    assert status == 0
    assert document["optical"][0]["receive_dbm"] == -27.0
    assert document["acs"] == [
        {"instance": 0x0E01, "url": "http://acs.example/", "username": "lab", "has_password": True, "scheme": "digest",
         "realm": "", "vlan": 100, "priority": 3}
    ]  # fmt: skip
    assert "geheim" not in text
    assert document["frames_sent"] < 60


def keys(document: Any) -> set[str]:
    """Of all of it, but for attributes."""
    if isinstance(document, list):
        return {key for each in document for key in keys(each)}
    if not isinstance(document, dict):
        return set()
    return document.keys() | {key for name, each in document.items() if name != "attributes" for key in keys(each)}


def test_the_readme_names_the_keys_of_its_documents(said: Say, onu: LabOnu) -> None:
    told = (Path(__file__).parents[2] / "README.md").read_text()
    for arguments in (["info"], ["get", "256", "0"], ["dump"], ["watch", "--count", "1"]):
        document = json.loads(said(*arguments, "--json", "--device", onu.device)[1])
        assert [key for key in keys(document) - {"schema"} if f'"{key}"' not in told] == []


@pytest.mark.parametrize("family", ["lantiq", "realtek", "cortina"])
def test_every_console_tells_the_same_and_its_activation_state(said: Say, family: str) -> None:
    with lab_onu(console=family, noise_every=400, has_colours=True) as onu:
        onu.order("light -27")
        onu.order("acs http://acs.example/ --user lab --password geheim --vlan 100 --priority 3")
        status, text = said("info", "--device", onu.device, "--driver", family)
        own = ("Rx", "Tx", "Bias", "Temp", "Volt")  # what Realtek's program measures beside
        lines = [line for line in text.splitlines(keepends=True) if not line.startswith(own)]
        assert (status, "".join(lines)) == (0, INFO.replace("state          ", "state          O5, "))


def test_an_entity_is_read_by_name_or_number_and_a_password_is_hidden(said: Say, onu: LabOnu) -> None:
    assert said("get", "AniG", "0x8001", "OpticalSignalLevel", "--device", onu.device) == (
        0,
        "AniG (263) 0x8001\n  OpticalSignalLevel  -13500 (-27.000 dBm)\n",
    )
    assert "********" in said("get", "148", "0", "--device", onu.device)[1]
    assert "geheim" in said("get", "148", "0", "3", "--secrets", "--device", onu.device)[1]
    document = json.loads(said("get", "257", "0", "--json", "--device", onu.device)[1])
    assert document["attributes"]["EquipmentId"] == "Lab ONU 2500"
    assert "PriorityQueueScaleFactor" in document["not_told"]


def test_a_class_that_nobody_knows_is_read_by_masks(said: Say, onu: LabOnu) -> None:
    status, text = said("get", "12345", "1", "0x8000", "--device", onu.device)
    assert (status, "the ONU has no class (12345) 1" in text) == (1, True)
    document = json.loads(said("get", "340", "0x0e01", "0xa000", "--json", "--device", onu.device)[1])
    assert document["attributes"].keys() == {"AdministrativeState", "AssociatedTag"}


@pytest.mark.parametrize("family", ["lantiq", "realtek", "cortina"])
def test_a_class_that_a_console_does_not_have_is_said_not_to_be_there(said: Say, family: str) -> None:
    with lab_onu(console=family) as onu:
        status, text = said("get", "999", "0", "--device", onu.device, "--driver", family)
    assert (status, "somebody else" in text) == (1, False)
    assert "999" in text


def test_of_a_history_the_running_interval_is_read(said: Say, onu: LabOnu) -> None:
    onu.order("service")
    document = json.loads(said("get", "312", "0x8001", "--current", "--json", "--device", onu.device)[1])
    assert document["attributes"]["ThresholdData12Id"] == 0xFFFF
    assert said("get", "340", "0x0e01", "--current", "--device", onu.device)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (["340", "9"], 1, "the ONU has no BbfTr069ManagementServer"),
        (["340", "x"], 2, "the instance is a number"),
        (["Nothing", "0"], 2, "a class that has no name here is a number"),
        (["340", "0", "Colour"], 2, "it has no attribute Colour"),
    ],
)
def test_what_cannot_be_read_is_said(said: Say, onu: LabOnu, arguments: list[str], status: int, why: str) -> None:
    found, text = said("get", *arguments, "--device", onu.device)
    assert (found, why in text) == (status, True), text


@pytest.mark.parametrize("family", ["raw", "lantiq", "realtek", "cortina"])
def test_all_of_it_is_dumped(said: Say, family: str) -> None:
    with lab_onu(console="" if family == "raw" else family) as onu:
        status, text = said("dump", "--json", "--device", onu.device, "--driver", family)
        found = {(each["class"], each["instance"]): each["attributes"] for each in json.loads(text)["entities"]}
        assert status == 0
        assert set(onu.mib.values) - {(2, 0), (287, 0)} <= set(found)
        assert found[256, 0]["VendorId"] == "LABO"


def test_a_capture_has_every_frame_both_ways(said: Say, onu: LabOnu, tmp_path: Path) -> None:
    file = tmp_path / "ont.pcap"
    document: dict[str, Any] = json.loads(said("info", "--json", "--device", onu.device, "--pcap", str(file))[1])
    assert (file.stat().st_size - 24) // (16 + 14 + 48) == 2 * document["frames_sent"]
