"""What the schema answers, for TR-181 and for a vendor's extension put on top of it."""

import json
from typing import Any

import pytest

from agent.model import schema_text
from agent.model.schema import Schema, SchemaError, template_of
from agent.model.schema_entries import Default, Range, Reference, Size, UniqueKey
from agent.shipped import shipped
from tests.schemas import document, shipped_schema

THING = "Device.X_ACME_Thing.{i}."


def extension(objects: dict[str, Any], **more: Any) -> Schema:
    return Schema.from_document({"schema": 1, "model": "X_ACME", "objects": objects, **more}, "acme.json")


def example() -> dict[str, Any]:
    text = shipped("datamodel/README.md").read_text()
    found: dict[str, Any] = json.loads(text.partition("```json\n")[2].partition("```")[0])
    return found


def test_a_parameter_is_found_by_its_template() -> None:
    entry = shipped_schema().parameters["Device.IP.Interface.{i}.MaxMTUSize"]
    assert (entry.name, entry.type, entry.access, entry.version) == ("MaxMTUSize", "unsignedInt", "readWrite", "2.0")
    assert entry.ranges == (Range(64, 65535),)
    assert entry.writable
    assert shipped_schema().parameter("Device.IP.Interface.{i}.Enable").default == Default("object", "false")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "path", ["Device.IP.Interface.1.Enable", "Device.IP.Interface.{i}.", "Device.IP.Nothing", "Nothing", "Enable", ""]
)
def test_what_is_no_parameters_template_is_not_found(path: str) -> None:
    assert path not in shipped_schema().parameters
    assert shipped_schema().parameter(path) is None
    assert shipped_schema().object(path.rstrip(".")) is None


def test_a_parameter_of_a_named_type_has_the_facets_of_all_it_is_based_on() -> None:
    entry = shipped_schema().parameters["Device.IP.Interface.{i}.IPv4Address.{i}.IPAddress"]
    assert (entry.named_type, entry.type, entry.sizes) == ("IPv4Address", "string", (Size(0, 15),))
    assert entry.patterns[0] == ""
    url = shipped_schema().parameters["Device.ManagementServer.URL"]
    assert (url.named_type, url.type, url.sizes) == ("URL", "string", (Size(0, 2048),))
    octets = shipped_schema().parameters["Device.IP.Interface.{i}.Stats.BytesSent"]
    assert (octets.named_type, octets.type, octets.wire_type) == ("StatsCounter64", "unsignedLong", "unsignedLong")


def test_a_list_of_a_type_that_is_a_list_has_brackets_inside() -> None:
    facet = shipped_schema().parameters["Device.DSL.Diagnostics.SELTUER.UER"].list
    assert facet is not None
    assert (facet.min_items, facet.max_items, facet.nested_brackets) == (1, 4096, "required")
    assert facet.inner is not None
    assert (facet.inner.min_items, facet.inner.max_items) == (2, 2)


def test_a_list_goes_over_the_wire_as_a_string() -> None:
    entry = shipped_schema().parameters["Device.IP.Interface.{i}.LowerLayers"]
    assert entry.list is not None
    assert entry.list.sizes == (Size(0, 1024),)
    assert entry.reference == Reference((), strong=True)
    assert entry.wire_type == "string"


def test_a_table_knows_its_counter_and_keys_and_what_makes_rows() -> None:
    schema = shipped_schema()
    table = schema.objects["Device.IP.Interface.{i}.IPv4Address.{i}."]
    assert table.is_table
    assert table.addable_and_deletable
    assert (table.min_entries, table.max_entries) == (0, None)
    assert table.entries_parameter == "Device.IP.Interface.{i}.IPv4AddressNumberOfEntries"
    assert table.unique_keys == (UniqueKey(("IPAddress", "SubnetMask"), True), UniqueKey(("Alias",), False))
    assert table.enable_parameter == "Enable"
    assert schema.table_counted_by("Device.IP.Interface.{i}.IPv4AddressNumberOfEntries") == table.path
    assert schema.table_counted_by("Device.IP.Interface.{i}.Enable") is None
    assert not schema.objects["Device.IP."].is_table


def test_what_is_below_an_object_comes_in_the_schemas_order() -> None:
    schema = shipped_schema()
    assert schema.children_of("") == ("Device.",)
    assert schema.children_of("Device.IP.") == (
        "Device.IP.Interface.{i}.",
        "Device.IP.ActivePort.{i}.",
        "Device.IP.Diagnostics.",
    )
    assert schema.children_of("Device.IP.ActivePort.{i}.") == ()
    assert schema.parameter_names("Device.IP.")[:3] == ("IPv4Capable", "IPv4Enable", "IPv4Status")
    assert schema.parameter_names("Device.Nothing.") == ()


def test_the_parameters_of_every_inform_are_listed() -> None:
    assert shipped_schema().forced_inform() == (
        "Device.RootDataModelVersion",
        "Device.DeviceInfo.HardwareVersion",
        "Device.DeviceInfo.SoftwareVersion",
        "Device.DeviceInfo.ProvisioningCode",
        "Device.ManagementServer.ParameterKey",
        "Device.ManagementServer.ConnectionRequestURL",
        "Device.ManagementServer.AliasBasedAddressing",
    )


def test_secrets_are_known_by_template_and_by_path() -> None:
    schema = shipped_schema()
    assert "Device.ManagementServer.Password" in schema.secrets()
    assert len(schema.secrets()) == 50
    assert all(schema.parameters[path].is_secret for path in schema.secrets())
    assert schema.is_secret("Device.Users.User.3.Password")
    assert not schema.is_secret("Device.Users.User.3.Username")
    assert not schema.is_secret("Device.Nothing")


def test_a_template_has_placeholders_for_numbers_aliases_and_wildcards() -> None:
    assert template_of("Device.A.1.B.[x.1].C.*.D") == "Device.A.{i}.B.{i}.C.{i}.D"
    assert template_of("Device.A.12.") == "Device.A.{i}."
    assert template_of("Device.A1.2B") == "Device.A1.2B"


def test_commands_and_events_are_found_with_their_arguments() -> None:
    schema = Schema.compiled(schema_text.write(document("tr-181-2-19-1-usp-full.xml")))
    ping = schema.commands["Device.IP.Diagnostics.IPPing()"]
    assert ping.is_async
    assert ping.version == "2.12"
    assert ping.input.parameters["Host"].mandatory
    assert ping.input.parameters["Host"].path == "Device.IP.Diagnostics.IPPing().Host"
    assert ping.output.parameters["IPAddressUsed"].named_type == "IPAddress"
    hops = schema.commands["Device.IP.Diagnostics.TraceRoute()"].output
    assert hops.objects["RouteHops.{i}."].is_table
    assert hops.parameters["RouteHops.{i}.HostAddress"].type == "string"
    assert "Cause" in schema.events["Device.Boot!"].arguments.parameters
    assert schema.command_names("Device.IP.Diagnostics.")[0] == "IPPing()"
    assert "Boot!" in schema.event_names("Device.")
    assert (len(schema.commands), len(schema.events)) == (179, 53)
    assert schema.profiles["IPPingDetailed:2"].objects["Device.IP.Diagnostics."].commands["IPPing()"][-1] == (
        "input.ProtocolVersion"
    )
    assert schema.profiles["Reboot:1"].objects["Device."].events == ("Boot!",)
    assert "Device.Reboot!" not in schema.events
    assert "Device.IP.Diagnostics.Nothing()" not in schema.commands


def test_the_readmes_extension_stands_on_top_of_tr_181() -> None:
    own = Schema.from_document(example(), "acme.json")
    schema = shipped_schema().merged_with(own)
    assert schema.root == "Device."
    assert schema.models == ("Device:2.19", "X_CPEAGENT", "X_ACME")
    assert schema.objects[THING].entries_parameter == "Device.X_ACME_ThingNumberOfEntries"
    assert schema.parameters[THING + "Address"].sizes == (Size(0, 45),)  # IPAddress, of TR-181
    assert schema.parameters[THING + "Level"].ranges == (Range(-10, 10),)
    assert [word.text for word in schema.parameters[THING + "Colours"].enumeration] == ["red", "green", "broken"]
    assert schema.parameters[THING + "Interface"].reference == Reference(("Device.IP.Interface.{i}.",))
    assert schema.parameter_names("Device.")[-1] == "X_ACME_ThingNumberOfEntries"
    assert schema.children_of("Device.")[-1] == THING
    assert schema.is_secret("Device.X_ACME_Thing.7.Secret")
    assert THING + "Secret" in schema.secrets()
    assert schema.profiles["X_ACME_Thing:1"].objects[THING].parameters == {"Enable": "readWrite"}
    assert THING not in shipped_schema().objects


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        (
            {"Device.IP.": {"access": "readOnly"}},
            r"Device\.IP\.: access: the object is defined already; allowed: param",
        ),
        ({"Device.IP.": {"parameters": {"IPv4Enable": "boolean"}}}, r"Device\.IP\.IPv4Enable: it is defined already"),
        ({"Device.X_A.X_B.": {}}, r"Device\.X_A\.X_B\.: its parent Device\.X_A\. is not in any schema"),
        ({"Device.X_A.{i}.": {"entriesParameter": "N"}}, r"entriesParameter: no schema has Device\.N"),
        ({"Device.X_A.": {"parameters": {"P": "Colour"}}}, r"Device\.X_A\.P: type: 'Colour' is no base type"),
    ],
)
def test_an_extension_that_contradicts_what_is_there_is_refused(objects: dict[str, Any], reason: str) -> None:
    with pytest.raises(SchemaError, match=reason) as caught:
        shipped_schema().merged_with(extension(objects))
    assert str(caught.value).startswith("acme.json: ")


def test_a_profile_is_not_defined_twice() -> None:
    with pytest.raises(SchemaError, match=r"profile Baseline:4: it is defined already"):
        shipped_schema().merged_with(extension({"Device.X_A.": {}}, profiles={"Baseline:4": {}}))


def test_two_extensions_do_not_define_the_same() -> None:
    once = shipped_schema().merged_with(extension({"Device.X_A.": {"parameters": {"P": "int"}}}))
    again = extension({"Device.X_A.": {"parameters": {"P": "int"}}})
    with pytest.raises(SchemaError, match=r"it is defined already, in acme\.json"):
        once.merged_with(again)
    assert once.merged_with(extension({"Device.X_A.": {"parameters": {"Q": "int"}}})).parameter_names(
        "Device.X_A."
    ) == ("P", "Q")


def test_a_borrowed_type_is_asked_for_when_the_schema_stands_alone() -> None:
    alone = extension({"Device.X_A.": {"parameters": {"P": "IPAddress"}}})
    with pytest.raises(SchemaError, match="'IPAddress' is no base type and not defined"):
        alone.parameter("Device.X_A.P")


def test_a_service_is_mounted_below_the_device() -> None:
    text = schema_text.write(document("tr-140-1-3-1-cwmp-full.xml"))
    service = Schema.compiled(text, "tr-140", mount="Device.Services.")
    schema = shipped_schema().merged_with(service)
    assert "Device.Services.StorageServiceNumberOfEntries" in schema.parameters
    assert schema.children_of("Device.Services.") == ("Device.Services.StorageService.{i}.",)
    table = schema.objects["Device.Services.StorageService.{i}."]
    assert table.entries_parameter == "Device.Services.StorageServiceNumberOfEntries"
    medium = schema.parameters["Device.Services.StorageService.{i}.StorageArray.{i}.PhysicalMediumReference"]
    assert medium.reference == Reference(("Device.Services.StorageService.{i}.PhysicalMedium.{i}.",), strong=False)
    box = Schema.compiled(schema_text.write(document("tr-135-1-4-1-cwmp-full.xml")), mount="Device.Services.")
    reference = box.parameters["Device.Services.STBService.{i}.Applications.CDSPush.Reference"].reference
    assert reference is not None
    assert reference.targets[0] == "Device.Services.StorageService.{i}.PhysicalMedium.{i}."
    baseline = schema.profiles["StorageService.Baseline:1"]
    assert "Device.Services.StorageService.{i}.Capabilities." in baseline.objects
    assert schema.profiles["Baseline:4"] == shipped_schema().profiles["Baseline:4"]


def test_a_parameter_follows_its_objects_version_and_status() -> None:
    schema = extension({"Device.X_A.": {"version": "1.2", "status": "deprecated", "parameters": {"P": "int"}}})
    entry = schema.parameters["Device.X_A.P"]
    assert (entry.version, entry.status) == ("1.2", "deprecated")


def test_what_is_compiled_and_what_is_read_whole_answer_alike() -> None:
    compiled = document("tr-098-1-8-0-full.xml")
    lazy, whole = Schema.compiled(schema_text.write(compiled)), Schema.from_document(compiled)
    assert dict(lazy.objects) == dict(whole.objects)
    assert dict(lazy.parameters) == dict(whole.parameters)
    assert lazy.secrets() == whole.secrets()
    assert list(lazy.profiles) == list(whole.profiles)


def test_text_that_is_not_json_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"x\.json\.gz: it is not JSON"):
        Schema.compiled(b"PK", "x.json.gz")
