"""The document of the supported data model says what is bound, and its UUID follows from that."""

import uuid
from xml.etree import ElementTree as ET

from agent.model.device_type import DEVICE_2, NAMESPACE, device_type
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from agent.model.tree import Tree
from tests.schemas import shipped_schema

INFORM_PARAMETERS = "Device.ManagementServer.InformParameter.{i}."


def tree(*more: Parameter[None, str]) -> Tree:
    own = OwnValues({}, {})
    info = Object(
        "Device.DeviceInfo.",
        lambda: (None,),
        lambda _: (),
        [Parameter("SoftwareVersion", lambda _: "1"), Parameter("UpTime", lambda _: 7), *more],
    )
    table = Object(
        INFORM_PARAMETERS,
        list,
        lambda row: row,
        [Parameter("Enable", lambda _: True, lambda _, __: None)],
        add=lambda _: ("1",),
        delete=lambda _: None,
        backend=own,
    )
    return Tree(shipped_schema(), [info, table])


def test_it_refers_to_the_model_and_lists_what_is_supported_of_it() -> None:
    made = device_type(tree())
    document = ET.fromstring(made.xml)
    assert document.tag == f"{{{NAMESPACE}}}document"
    assert document.get("uuid") == made.uuid == str(uuid.UUID(made.uuid))
    assert document.find("import").get("spec") == DEVICE_2.spec  # type: ignore[union-attr]
    model = document.find("model")
    assert model is not None
    assert model.get("ref") == "Device:2.19"
    told = {
        one.get("ref"): (one.get("access"), {(each.get("ref"), each.get("access")) for each in one}) for one in model
    }
    assert told["Device.DeviceInfo."] == ("readOnly", {("SoftwareVersion", "readOnly"), ("UpTime", "readOnly")})
    assert told[INFORM_PARAMETERS] == ("createDelete", {("Alias", "readWrite"), ("Enable", "readWrite")})
    assert told["Device.ManagementServer."][1] == {("InformParameterNumberOfEntries", "readOnly")}
    assert 'ref="SoftwareVersion" access="readOnly" activeNotify="forceEnabled"' in made.xml


def test_the_same_support_makes_the_same_document_and_another_one_another_uuid() -> None:
    assert device_type(tree()) == device_type(tree())
    more = device_type(tree(Parameter("ModelName", lambda _: "x")))
    assert more.uuid != device_type(tree()).uuid
