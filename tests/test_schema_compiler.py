"""What is compiled is what the Forum's XML says, every fact of it, and comes out the same each time."""

import gzip
import json
import zlib
from typing import Any

import pytest

from agent.model import schema_text
from agent.schema_compiler import compile_document, pack
from agent.schema_xml import CompileError
from tests.schemas import MODELS, SHIPPED, document

HEAD = '<dm:document xmlns:dm="urn:broadband-forum-org:cwmp:datamodel-1-14" spec="urn:example">'


def model(objects: str, types: str = "", name: str = "Device:2.1") -> bytes:
    return f'{HEAD}{types}<model name="{name}">{objects}</model></dm:document>'.encode()


def parameter(syntax: str, attributes: str = "", types: str = "", path: str = "Device.A.") -> Any:
    xml = f'<object name="{path}"><parameter name="P" {attributes}>{syntax}</parameter></object>'
    return compile_document(model(xml, types))["objects"][path]["parameters"]["P"]


def syntax(inside: str, attributes: str = "") -> Any:
    return parameter(f"<syntax {attributes}>{inside}</syntax>")


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_forum_compiles_with_all_its_objects_and_parameters(name: str) -> None:
    objects = dict(document(name)["objects"])
    count = sum(len(facts.get("parameters", {})) for facts in objects.values())
    objects.pop("", None)
    assert (len(objects), count) == MODELS[name]


def test_the_shipped_file_is_what_the_xml_compiles_to_now() -> None:
    compiled = document("tr-181-2-19-1-cwmp-full.xml")
    shipped = SHIPPED.read_bytes()
    assert gzip.decompress(shipped) == schema_text.write(compiled)
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # another deflate makes other bytes of the same text
        assert pack(compiled) == shipped


def test_a_packed_file_says_neither_when_nor_where_nor_under_which_name_it_was_made() -> None:
    packed = pack({"schema": 1, "objects": {}})
    assert packed[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    assert json.loads(gzip.decompress(packed)) == {"schema": 1, "objects": {}}


def test_the_order_of_the_xml_is_kept() -> None:
    compiled = compile_document(
        model(
            '<object name="Device."><parameter name="Z"><syntax><int/></syntax></parameter>'
            '<parameter name="A"><syntax><int/></syntax></parameter></object><object name="Device.B."/>'
            '<object name="Device.A."/>'
        )
    )
    assert list(compiled["objects"]) == ["Device.", "Device.B.", "Device.A."]
    assert list(compiled["objects"]["Device."]["parameters"]) == ["Z", "A"]


def test_a_parameter_with_nothing_to_say_is_its_type_alone() -> None:
    assert parameter("<syntax><boolean/></syntax>", 'access="readOnly" activeNotify="normal"') == "boolean"


def test_what_a_parameter_is_for_management_is_kept() -> None:
    attributes = 'access="readWrite" forcedInform="true" activeNotify="canDeny" status="deprecated" version="2.3"'
    facts = parameter('<syntax hidden="true" secured="true" command="true"><string/></syntax>', attributes)
    assert facts == {
        "type": "string",
        "access": "readWrite",
        "forcedInform": True,
        "activeNotify": "canDeny",
        "hidden": True,
        "secured": True,
        "command": True,
        "version": "2.3",
        "status": "deprecated",
    }


def test_one_size_or_range_stands_alone_and_several_in_a_list() -> None:
    assert syntax('<string><size minLength="1" maxLength="5"/></string>') == {
        "type": "string",
        "minLength": 1,
        "maxLength": 5,
    }
    assert syntax('<hexBinary><size maxLength="0"/><size/><size minLength="5" maxLength="5"/></hexBinary>')[
        "sizes"
    ] == [
        {"maxLength": 0},
        {"minLength": 5, "maxLength": 5},
    ]
    ranged = '<int><range minInclusive="-4" maxInclusive="4" step="2"/><units value="dB"/></int>'
    assert syntax(ranged) == {"type": "int", "min": -4, "max": 4, "step": 2, "units": "dB"}
    assert syntax('<int><range maxInclusive="-1"/><range minInclusive="1"/></int>')["ranges"] == [
        {"max": -1},
        {"min": 1},
    ]


def test_words_and_patterns_are_kept_with_what_limits_them() -> None:
    words = (
        '<string><enumeration value="A"/><enumeration value="B" optional="true" access="readOnly" version="2.2"/>'
        '<enumeration value="C" status="deleted"/></string>'
    )
    assert syntax(words)["enumeration"] == [
        "A",
        {"value": "B", "optional": True, "access": "readOnly", "version": "2.2"},
        {"value": "C", "status": "deleted"},
    ]
    assert syntax('<string><pattern value=""/><pattern value="\\d+"/></string>')["patterns"] == ["", "\\d+"]


def test_a_list_keeps_its_own_facets_and_its_default_is_the_text_on_the_wire() -> None:
    listed = (
        '<list minItems="1" maxItems="4" nestedBrackets="required"><size maxLength="64"/></list><int/>'
        '<default type="factory" value="[1,2]"/>'
    )
    assert syntax(listed) == {
        "list": {"minItems": 1, "maxItems": 4, "maxLength": 64, "nestedBrackets": "required"},
        "type": "int",
        "default": "1,2",
        "defaultType": "factory",
    }
    assert syntax('<string/><default type="object" value="[1]"/>')["default"] == "[1]"


def test_named_types_come_along_with_what_they_are_based_on_and_private_ones_are_merged() -> None:
    types = (
        '<dataType name="_Common"><string><size maxLength="64"/></string></dataType>'
        '<dataType name="_AliasCWMP" base="_Common"/><dataType name="Unused"><string/></dataType>'
        '<dataType name="Address"><string><size maxLength="45"/></string></dataType>'
        '<dataType name="Narrow" base="Address"><size maxLength="15"/><pattern value="x"/></dataType>'
    )
    xml = (
        '<object name="Device."><parameter name="Alias"><syntax><dataType ref="_AliasCWMP"/></syntax></parameter>'
        '<parameter name="N"><syntax><list/><dataType ref="Narrow"><units value="u"/></dataType></syntax></parameter>'
        "</object>"
    )
    compiled = compile_document(model(xml, types))
    assert compiled["types"] == {
        "Address": {"type": "string", "maxLength": 45},
        "Alias": {"type": "string", "maxLength": 64},
        "Narrow": {"type": "Address", "maxLength": 15, "patterns": ["x"]},
    }
    assert compiled["objects"]["Device."]["parameters"] == {
        "Alias": "Alias",
        "N": {"type": "Narrow", "list": {}, "units": "u"},
    }


def test_types_may_come_from_a_file_of_their_own() -> None:
    xml = model('<object name="D."><parameter name="P"><syntax><dataType ref="T"/></syntax></parameter></object>')
    types = f'{HEAD}<dataType name="T"><int/></dataType></dm:document>'.encode()
    assert compile_document(xml, types)["types"] == {"T": {"type": "int"}}
    with pytest.raises(CompileError, match=r"the type T is not defined .* --types"):
        compile_document(xml)


def test_an_object_keeps_its_counts_keys_and_switches() -> None:
    xml = (
        '<object name="Device."/><object name="Device.T.{i}." access="readWrite" minEntries="2" maxEntries="4" '
        'numEntriesParameter="TNumberOfEntries" enableParameter="Enable" discriminatorParameter="Kind" version="2.1" '
        'status="deleted"><uniqueKey functional="false"><parameter ref="Alias"/></uniqueKey>'
        '<uniqueKey functional="true"><parameter ref="A"/><parameter ref="B"/></uniqueKey></object>'
    )
    assert compile_document(model(xml))["objects"]["Device.T.{i}."] == {
        "access": "readWrite",
        "minEntries": 2,
        "maxEntries": 4,
        "entriesParameter": "TNumberOfEntries",
        "uniqueKeys": [["A", "B"]],
        "nonFunctionalKeys": [["Alias"]],
        "enableParameter": "Enable",
        "discriminatorParameter": "Kind",
        "version": "2.1",
        "status": "deleted",
    }


@pytest.mark.parametrize(
    ("target", "template"),
    [
        ("Device.X.Y.", "Device.X.Y.{i}."),
        (".X.Y.", "Device.X.Y.{i}."),
        ("Z.", "Device.A.B.{i}.Z.{i}."),
        ("#.Z.", "Device.A.Z.{i}."),
        ("##.X.", "Device.X.{i}."),
        ("#", "Device.A.{i}."),
    ],
)
def test_the_target_of_a_reference_is_found_from_where_it_is_said(target: str, template: str) -> None:
    said = f'<syntax><string><pathRef refType="weak" targetType="row" targetParent="{target}"/></string></syntax>'
    facts = parameter(said, path="Device.A.B.{i}.").get("reference")
    assert facts == {"targets": [template], "refType": "weak"}


def test_a_reference_without_a_parent_may_name_any_row() -> None:
    anywhere = '<string><pathRef refType="strong" targetType="row" targetParent="."/></string>'
    assert syntax(anywhere)["reference"] == {}
    kind = '<string><pathRef refType="weak" targetType="parameter"/></string>'
    assert syntax(kind)["reference"] == {"targetType": "parameter", "refType": "weak"}


def test_a_reference_above_the_root_is_refused() -> None:
    with pytest.raises(CompileError, match=r"Device\.A\.: the reference ###\.X\. leaves the model"):
        syntax('<string><pathRef refType="weak" targetType="row" targetParent="###.X."/></string>')


def test_the_values_of_another_parameter_are_found_too() -> None:
    said = '<string><enumerationRef targetParam="#.Supported" nullValue="None"/></string>'
    assert syntax(said)["enumerationRef"] == {"parameter": "Device.Supported", "nullValue": "None"}


def test_a_service_has_its_counter_beside_its_root_and_neighbours_below_the_root_above() -> None:
    compiled = document("tr-140-1-3-1-cwmp-full.xml")
    assert compiled["objects"][""] == {"parameters": {"StorageServiceNumberOfEntries": "unsignedInt"}}
    array = compiled["objects"]["StorageService.{i}.StorageArray.{i}."]["parameters"]["PhysicalMediumReference"]
    assert array["reference"]["targets"] == ["StorageService.{i}.PhysicalMedium.{i}."]
    push = document("tr-135-1-4-1-cwmp-full.xml")["objects"]["STBService.{i}.Applications.CDSPush."]
    assert "^.Services.StorageService.{i}.LogicalVolume.{i}." in push["parameters"]["Reference"]["reference"]["targets"]


def test_commands_and_events_keep_their_arguments_and_objects() -> None:
    objects = document("tr-181-2-19-1-usp-full.xml")["objects"]
    assert sum(len(facts.get("commands", {})) for facts in objects.values()) == 179
    assert sum(len(facts.get("events", {})) for facts in objects.values()) == 53
    ping = objects["Device.IP.Diagnostics."]["commands"]["IPPing()"]
    assert ping["async"] is True
    assert ping["input"]["parameters"]["Host"] == {
        "type": "string",
        "maxLength": 256,
        "mandatory": True,
        "version": "2.12",
    }
    assert ping["output"]["parameters"]["IPAddressUsed"]["type"] == "IPAddress"
    trace = objects["Device.IP.Diagnostics."]["commands"]["TraceRoute()"]["output"]["objects"]["RouteHops.{i}."]
    assert trace["parameters"]["RTTimes"]["list"] == {"minItems": 1, "maxItems": 3}
    assert list(objects["Device."]["events"]["Boot!"]["parameters"])[:2] == ["CommandKey", "Cause"]
    install = objects["Device.SoftwareModules."]["commands"]["InstallDU()"]["input"]["parameters"]
    assert install["ExecutionEnvRef"]["reference"]["targets"] == ["Device.SoftwareModules.ExecEnv.{i}."]


def test_profiles_keep_what_they_demand_and_what_they_are_based_on() -> None:
    xml = (
        '<object name="Device."/><profile name="B:2" base="B:1" extends="_B:2 C:1" version="2.2" status="deprecated">'
        '<object ref="Device.T.{i}." requirement="createDelete"><parameter ref="A" requirement="readWrite "/>'
        '<parameter ref="B" requirement="readOnly"/><parameter ref="Z" requirement="readOnly" status="deleted"/>'
        '<command ref="Go()"><input><parameter ref="In"/></input><output><object ref="R.{i}."><parameter ref="Out"/>'
        '</object></output></command><event ref="Push!"/></object><object ref="Device.Z." status="deleted"/></profile>'
    )
    assert compile_document(model(xml))["profiles"]["B:2"] == {
        "base": "B:1",
        "extends": ["_B:2", "C:1"],
        "version": "2.2",
        "status": "deprecated",
        "objects": {
            "Device.T.{i}.": {
                "requirement": "createDelete",
                "readWrite": ["A"],
                "readOnly": ["B"],
                "commands": {"Go()": {"input": ["In"], "output": ["R.{i}.", "R.{i}.Out"]}},
                "events": {"Push!": {}},
            }
        },
    }


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"<dm:document", "it is not XML"),
        (b"<html/>", "not a Broadband Forum data model"),
        (f"{HEAD}</dm:document>".encode(), "no <model>"),
        (model(""), "no objects"),
        (f'{HEAD}<import file="x"/><model name="M"/></dm:document>'.encode(), "-full.xml"),
        (model('<object name="A."><parameter name="P"/></object>'), r"A\.P: no <syntax>"),
        (model('<object name="A."><parameter name="P"><syntax/></parameter></object>'), "a parameter without a type"),
        (model('<object name="A."><parameter/></object>'), "<parameter> without name="),
    ],
)
def test_what_cannot_be_compiled_is_refused_with_the_reason(xml: bytes, reason: str) -> None:
    with pytest.raises(CompileError, match=reason):
        compile_document(xml)


def test_a_private_type_that_is_based_on_itself_is_refused() -> None:
    types = '<dataType name="_A" base="_B"/><dataType name="_B" base="_A"/>'
    with pytest.raises(CompileError, match="based on itself"):
        parameter('<syntax><dataType ref="_A"/></syntax>', types=types)
