"""The verb schema, as a person types it, with no agent running."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli import schema  # noqa: F401  (the verb under test, reached by its name)
from agent.cli.main import run
from tests.schemas import SHIPPED, XML

EXTENSION = {
    "schema": 1,
    "model": "X_ACME",
    "objects": {"Device.X_ACME_Thing.": {"parameters": {"Address": "IPAddress", "Level": {"type": "int", "min": 1}}}},
}
SMALL = (
    b'<dm:document xmlns:dm="urn:broadband-forum-org:cwmp:datamodel-1-14" spec="urn:example"><model name="Small:1.0">'
    b'<object name="Device."><parameter name="P"><syntax><int/></syntax></parameter></object></model></dm:document>'
)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Any:
    def say(*arguments: object) -> tuple[int, str, str]:
        status = run(["schema", *map(str, arguments)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return say


def test_the_shipped_model_is_shown_by_template_or_path(said: Any) -> None:
    status, out, _ = said("show", "Device.IP.Interface.3.MaxMTUSize")
    assert status == 0
    assert out.splitlines() == [
        "path     Device.IP.Interface.{i}.MaxMTUSize",
        "type     unsignedInt",
        "access   readWrite",
        "ranges   minimum 64, maximum 65535",
        "version  2.0",
    ]
    assert said("show", "Device.IP.Interface.{i}.MaxMTUSize")[1] == out


def test_every_kind_of_fact_is_shown_in_words(said: Any) -> None:
    shown = "\n".join(
        said("show", path)[1]
        for path in (
            "Device.IP.Interface.1.Router",
            "Device.IP.Interface.1.LowerLayers",
            "Device.IP.Diagnostics.IPPing.DiagnosticsState",
            "Device.Ethernet.Interface.1.MACAddress",
            "Device.Users.User.1.Password",
            "Device.IP.Interface.1.IPv4Address.1.",
        )
    )
    for words in (
        "reference  Device.Routing.Router.{i}. (row, strong)",
        "default    '', of a new row or after a restart",
        "reference  any (row, strong)",
        "Canceled (optional), Complete (read-only)",
        "patterns    '' or '([0-9A-Fa-f]",
        "secured  yes",
        "IPAddress + SubnetMask (of enabled rows); Alias",
        "parameters         Enable  Status  Alias",
    ):
        assert words in shown


def test_json_has_the_facts_that_say_something(said: Any) -> None:
    status, out, _ = said("show", "Device.IP.", "--json")
    document = json.loads(out)
    assert status == 0
    assert document["schema"] == 1
    assert document["object"]["objects"][0] == "Device.IP.Interface.{i}."
    out = said("show", "Device.ManagementServer.Password", "--json")[1]
    assert json.loads(out)["parameter"]["access"] == "readWrite"
    assert "forced_inform" not in json.loads(out)["parameter"]


def test_an_unknown_path_is_refused_with_those_near_it(said: Any) -> None:
    status, _, err = said("show", "Device.IP.Interface.1.Enabel")
    assert status == 4
    assert "Device.IP.Interface.{i}.Enabel: the schema has no such path" in err
    assert "near it: Device.IP.Interface.{i}.Enable" in err
    status, out, _ = said("show", "Nothing.", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (4, "unknown_path")


def test_an_extension_is_tried_out_on_top_of_the_shipped_model(said: Any, tmp_path: Path) -> None:
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(EXTENSION))
    status, out, _ = said("show", "Device.X_ACME_Thing.Address", "--schema", file)
    assert status == 0
    assert "named type  IPAddress" in out


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "it is not JSON"),
        ("[]", "an object with some of"),
        (json.dumps({"schema": 1, "objects": {"Device.": {"acces": "x"}}}), "acces: not known; allowed: access"),
    ],
)
def test_an_extension_that_is_wrong_is_told_why(said: Any, tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "acme.json"
    file.write_text(text)
    status, _, err = said("show", "Device.X_ACME_Thing.", "--schema", file)
    assert status == 1
    assert f"{file}" in err
    assert reason in err
    assert "config/datamodel/README.md" in err


def test_a_model_is_compiled_and_shown_again(said: Any, tmp_path: Path) -> None:
    xml, packed = tmp_path / "small.xml", tmp_path / "small.json.gz"
    xml.write_bytes(SMALL)
    status, out, _ = said("compile", xml, "-o", packed)
    assert status == 0
    assert out.splitlines()[0] == "Small:1.0: 1 objects, 1 parameters"
    assert f"{packed}: {packed.stat().st_size} bytes from {len(SMALL)}, in " in out
    assert "type    int" in said("show", "Device.P", "--schema", packed)[1]
    assert said("compile", xml, "-o", tmp_path / "small.json", "--json")[0] == 0
    assert (tmp_path / "small.json").read_bytes() == gzip.decompress(packed.read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.json", "small.json.gz", "small.xml"]


def test_the_shipped_file_comes_out_of_the_command(said: Any, tmp_path: Path) -> None:
    source = XML / "tr-181-2-19-1-cwmp-full.xml"
    if not source.exists():
        pytest.skip(f"the Broadband Forum's XML is not on this machine: {source} is missing")
    made = tmp_path / "made.json.gz"
    status, out, _ = said("compile", source, "-o", made, "--types", XML / "tr-106-types.xml", "--json")
    document = json.loads(out)
    assert status == 0
    assert (document["objects"], document["parameters"], document["profiles"]) == (873, 7343, 243)
    assert gzip.decompress(made.read_bytes()) == gzip.decompress(SHIPPED.read_bytes())


def test_what_cannot_be_read_compiled_or_written_is_a_problem_with_a_reason(said: Any, tmp_path: Path) -> None:
    xml, text = tmp_path / "small.xml", tmp_path / "text"
    xml.write_bytes(SMALL)
    text.write_text("no XML")
    for arguments, reason in (
        (["compile", tmp_path / "none.xml", "-o", tmp_path / "x"], "none.xml: No such file or directory"),
        (["compile", text, "-o", tmp_path / "x"], "text: it is not XML"),
        (["compile", xml, "-o", tmp_path / "no" / "x"], "x: No such file or directory"),
        (["show", "Device.", "--schema", tmp_path / "none.json"], "none.json: No such file or directory"),
    ):
        status, _, err = said(*arguments)
        assert status == 1
        assert reason in err
    (tmp_path / "bad.gz").write_bytes(b"no gzip")
    assert said("show", "Device.", "--schema", tmp_path / "bad.gz")[0] == 1


def test_what_cannot_be_read_compiled_or_written_is_told_with_the_next_step(said: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.xml").write_text("<model/>")
    (tmp_path / "bad.json.gz").write_bytes(b"plain")
    (tmp_path / "small.xml").write_bytes(SMALL)
    for arguments in (
        ("compile", tmp_path / "bad.xml", "-o", tmp_path / "out.json"),
        ("compile", tmp_path / "absent.xml", "-o", tmp_path / "out.json"),
        ("compile", tmp_path / "small.xml", "-o", tmp_path / "no" / "out.json"),
        ("show", "Device.", "--schema", tmp_path / "bad.json.gz"),
        ("show", "Device.", "--schema", tmp_path / "absent.json"),
    ):
        status, _, told = said(*arguments)
        assert (status, "\n  next: " in told) == (1, True), told


def test_without_an_action_the_usage_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["schema"])
    assert ended.value.code == 2
    assert "required: ACTION" in capsys.readouterr().err
