"""The verb onu, as a person or a script types it, with no agent running."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.cli import onu  # noqa: F401  (the verb under test, reached by its name)
from agent.cli.main import run
from backends.omci.capture import HEAD
from tests.waiting import HANGS

GET = "8001490a00020000" + "8000" + "00" * 30 + "00000028" + "c0cbc482"
ANSWER = "8119290a01078001" + "00 0077 d56a 38 10 0407 81 0a" + "00" * 21 + "00000028"
ALARM = "0000100a01078001" + "82" + "00" * 30 + "07" + "00000028"
EXAMPLE = "8000490a01000000" + "0080" + "00" * 30 + "00000028" + "78dca53d"
KEY = "184b8ad4d1ac4af4dd4b339ecc0d3370"

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    def say(*arguments: object, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        status = run(["onu", *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return say


def test_a_person_reads_what_a_frame_means(said: Say) -> None:
    status, out, _ = said("decode", ANSWER, ALARM, GET)
    assert status == 0
    assert out.splitlines() == [
        "Get Response  AniG (263) 32769  tci 0x8119, baseline, trailer none",
        "  OpticalSignalLevel = -10902 (-21.804 dBm)",
        "  LowerOpticalThreshold = 56 (-28.000 dBm)",
        "  UpperOpticalThreshold = 16 (-8.000 dBm)",
        "  TransmitOpticalLevel = 1031 (2.062 dBm)",
        "  LowerTransmitPowerThreshold = -127 (the ONU's own)",
        "  UpperTransmitPowerThreshold = 10 (5.000 dBm)",
        "  result: 0 (ok)",
        "Alarm Notification  AniG (263) 32769  tci 0x0000, baseline, trailer none",
        "  alarm 0: Low received optical power",
        "  alarm 6: Laser bias current",
        "  sequence: 7",
        "Get Request  OnuData (2) 0  tci 0x8001, baseline, trailer crc32",
        "  MibDataSync",
    ]


def test_the_entities_of_an_upload_stand_below_it(said: Say) -> None:
    upload = "00012e0a00020000" + "0100 0000 8000 47504f4e" + "00" * 22 + "00000028"
    assert said("decode", upload)[1].splitlines() == [
        "MIB Upload Next Response  OnuData (2) 0  tci 0x0001, baseline, trailer none",
        "  OnuG (256) 0",
        "    VendorId = GPON",
    ]


def test_a_script_gets_a_list_with_a_document_for_each_frame(said: Say) -> None:
    status, out, _ = said("decode", "--json", GET, "1234", "zz")
    assert status == 0
    assert json.loads(out) == [
        {
            "tci": 0x8001,
            "type": "Get Request",
            "device": "baseline",
            "class": 2,
            "class_name": "OnuData",
            "instance": 0,
            "attributes": {"MibDataSync": None},
            "trailer": "crc32",
        },
        {"error": "2 octets are less than a frame's head", "octets": "1234"},
        {"error": "it is not hexadecimal", "octets": "zz"},
    ]


def test_nothing_decoded_is_a_problem(said: Say) -> None:
    status, out, _ = said("decode", "00")
    assert (status, out) == (1, "not decoded: 1 octets are less than a frame's head  (00)\n")


def test_what_is_no_frame_cannot_move_the_cursor(said: Say) -> None:
    assert "\x1b" not in said("decode", "\x1b[2J")[1]


@pytest.mark.parametrize("spelt", [[GET[at : at + 2] for at in range(0, 96, 2)], [GET.upper()], ["0x" + GET]])
def test_the_octets_may_be_spelt_in_many_ways(said: Say, spelt: list[str]) -> None:
    assert said("decode", *spelt)[1].startswith("Get Request  OnuData (2) 0")


def test_the_frames_of_a_log_are_read_from_standard_input(said: Say) -> None:
    log = f"booting\n0749.0185:omci capture:{GET}\nOMCI_RX# 1@ 437ms-{ANSWER}\n"
    out = said("decode", "-", "--json", stdin=log)[1]
    assert [document["type"] for document in json.loads(out)] == ["Get Request", "Get Response"]


def test_a_key_tells_whether_a_mic_is_right(said: Say) -> None:
    assert json.loads(said("decode", EXAMPLE, "--json", "--key", KEY)[1])[0]["trailer"] == "cmac"
    assert json.loads(said("decode", EXAMPLE, "--json")[1])[0]["trailer"] == "other"


def test_without_the_library_the_extra_is_named(said: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.cmac", None)
    status, _, err = said("decode", EXAMPLE, "--key", KEY)
    assert status == 1
    assert "cpe-agent[omci]" in err


@pytest.mark.parametrize(
    ("arguments", "octets"),
    [
        (["get", "OnuData", "0", "MibDataSync", "--tci", "0x8001"], GET),
        (["get", "256", "0", "OnuSurvivalTime", "--tci", "0x8000", "--key", KEY, "--trailer", "cmac"], EXAMPLE),
        (["get", "256", "0", "OnuSurvivalTime", "--tci", "0x8000", "--key", KEY], EXAMPLE),
        (["alarm", "AniG", "0x8001", "alarms=0,6", "sequence=7", "--trailer", "none"], ALARM),
        (["alarm", "AniG", "0x8001", "bitmap=82", "sequence=7", "--trailer", "none"], ALARM),
        (
            [
                *(
                    "get-response",
                    "AniG",
                    "0x8001",
                    "result=0",
                    "OpticalSignalLevel=-10902",
                    "TransmitOpticalLevel=1031",
                ),
                *("LowerOpticalThreshold=56", "UpperOpticalThreshold=16", "LowerTransmitPowerThreshold=-127"),
                *("UpperTransmitPowerThreshold=10", "--tci", "0x8119", "--trailer", "none"),
            ],
            ANSWER,
        ),
        (
            ["mib-upload-next", "2", "0", "sequence=3", "--extended", "--trailer", "none"],
            "00014e0b00020000" + "0002" + "0003",
        ),
        (
            ["set", "340", "3585", "AdministrativeState=unlocked", "AcsNetworkAddress=0x8000", "--trailer", "zero"],
            "0001480a01540e01" + "c000" + "00" + "8000" + "00" * 27 + "00000028" + "00000000",
        ),
        (["reboot", "256", "--trailer", "none"], "0001590a01000000" + "00" * 32 + "00000028"),
    ],
)
def test_a_frame_is_made_from_words(said: Say, arguments: list[str], octets: str) -> None:
    assert said("encode", *arguments) == (0, octets.replace(" ", "") + "\n", "")


def test_what_decode_prints_encode_reads(said: Say) -> None:
    decoded = said("decode", GET, ANSWER, ALARM, EXAMPLE, "--json")[1]
    frames = [frame.replace(" ", "") for frame in (GET, ANSWER, ALARM, EXAMPLE)]
    assert said("encode", "-", stdin=decoded)[1].splitlines() == frames
    zeros = said("encode", "-", "--trailer", "zero", stdin=decoded)[1].splitlines()
    assert zeros == [frame[:80] + "00000028" + "00000000" for frame in frames]


def test_a_made_frame_may_be_told_as_json(said: Say) -> None:
    (document,) = json.loads(said("encode", "get", "2", "0", "MibDataSync", "--tci", "0x8001", "--json")[1])
    assert (document["octets"], document["type"]) == (GET, "Get Request")


@pytest.mark.parametrize(
    ("arguments", "stdin", "why"),
    [
        (["fetch", "2"], "", "there is no message 'fetch'"),
        (["get"], "", "a class is missing"),
        (["get", "2", "x"], "", "the instance is a number; 'x' is none"),
        (["set", "340", "0", "AdministrativeState"], "", "set: AdministrativeState has no value"),
        (["get", "2", "0", "--tci", "x"], "", "--tci is a number"),
        (["get", "2", "0", "Colour"], "", "no attribute 'Colour'; it has MibDataSync"),
        (["get", "2", "0", "--key", "00"], "", "--key: it must be 32 hexadecimal digits"),
        (["get", "2", "0", "--trailer", "cmac"], "", "needs the key"),
        (["-"], "nonsense", "not JSON"),
        (["-"], "{}", "no list"),
        (["alarm", "2", "0", "alarms=x"], "", "an alarm is a number"),
        (["-"], "[" * 100_000, "not JSON"),
        (["-"], '[{"type": 5, "class": 2}]', "document 1 of 1: its type is of another kind"),
        (["-"], '[{"type": "get", "class": 2, "attributes": [1]}]', "its attributes is of another kind"),
        (
            ["-"],
            '[{"type": "get", "class": 2, "attributes": {"MibDataSync": []}}]',
            "something in it is of another kind",
        ),
        (
            ["-"],
            '[{"type": "get all alarms next response", "class": 2, "entities": [7]}]',
            "something in it is of another",
        ),
    ],
)
def test_what_cannot_be_made_is_said(said: Say, arguments: list[str], stdin: str, why: str) -> None:
    status, out, err = said("encode", *arguments, stdin=stdin)
    assert (status, out) == (2, "")
    assert why in err


def test_what_was_no_frame_is_named_and_left_out_when_frames_are_made_of_documents(said: Say) -> None:
    documents = said("decode", "--json", "1234", GET)[1]
    status, out, err = said("encode", "-", stdin=documents)
    assert (status, out) == (0, GET + "\n")
    assert err.startswith("document 1 of 2: left out")
    assert said("encode", "-", stdin=said("decode", "--json", "1234")[1])[0] == 1


@pytest.mark.parametrize("length", [4, 8, 16])
def test_groups_of_digits_that_make_one_frame_are_one(said: Say, length: int) -> None:
    groups = [GET[at : at + length] for at in range(0, len(GET), length)]
    (document,) = json.loads(said("decode", "--json", *groups)[1])
    assert document["trailer"] == "crc32"
    assert len(json.loads(said("decode", "--json", *groups[:3])[1])) == 3


def test_the_frames_also_go_into_a_capture(said: Say, tmp_path: Path) -> None:
    file = tmp_path / "bench.pcap"
    said("decode", GET, "1234", ALARM, "--pcap", file)
    written = file.read_bytes()
    assert written.startswith(HEAD)
    assert written.count(b"\x88\xb5") == 2
    assert bytes.fromhex(GET) in written
    status, _, err = said("encode", "reboot", "256", "--pcap", tmp_path / "none" / "x.pcap")
    assert (status, "name another file" in err) == (1, True)


def test_it_needs_neither_the_agent_nor_its_stack() -> None:
    program = f"from agent.cli.main import run\nimport sys\nrun(['onu', 'decode', {GET!r}])\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=HANGS)
    loaded: Any = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"agent.model", "agent.runtime", "lxml", "requests", "serial", "cryptography", "backends.tr181"}


def test_what_was_not_understood_is_left_out_of_a_batch_whatever_was_told_of_it(said: Say) -> None:
    documents = said("decode", "--json", "04454b0b000200000000", GET)[1]
    status, out, err = said("encode", "-", stdin=documents)
    assert (status, out) == (0, f"{GET}\n")
    assert "document 1 of 2: left out, since it was not understood: its contents are 0 octets" in err
    status, _, err = said("encode", "-", stdin='[{"type": "Set Request", "class": 2, "word": "mode"}]')
    assert (status, "its word would be octets in hexadecimal digits" in err) == (2, True)


def test_the_whole_frame_stands_in_the_json_of_what_has_octets_of_its_own_too(said: Say) -> None:
    words = ("download-section", "7", "0", "section=3", "octets=0102")
    (frame,) = said("encode", *words)[1].split()
    made = said("encode", *words, "--json")[1]
    (document,) = json.loads(made)
    assert (document["frame"], document["octets"][:4]) == (frame, "0102")
    assert said("encode", "-", stdin=made)[1] == f"{frame}\n"
    assert said("encode", "-", stdin=said("encode", "get", "2", "0", "MibDataSync", "--json")[1])[0] == 0


def test_a_capture_is_for_its_owner_alone(said: Say, tmp_path: Path) -> None:
    said("decode", GET, "--pcap", str(tmp_path / "a.pcap"))
    assert (tmp_path / "a.pcap").stat().st_mode & 0o777 == 0o600
