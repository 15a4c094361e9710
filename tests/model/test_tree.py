"""The tree weaves declarations into the schema, and refuses what contradicts it."""

from typing import Any

import pytest

from agent.model.object import Object, Parameter
from agent.model.tree import BindingError, Tree
from tests.model.device import Device, Machine, Memory
from tests.schemas import shipped_schema

BACKEND = Memory("ports", Machine(), [])


def declared(path: str, *parameters: Parameter[Any, Any], **more: Any) -> Object[Any]:
    return Object(path, list, lambda row: row, parameters, **more)


def read(name: str) -> Parameter[Any, Any]:
    return Parameter(name, lambda _row: "")


def written(name: str) -> Parameter[Any, Any]:
    return Parameter(name, lambda _row: "", lambda _row, _value: None)


@pytest.mark.parametrize(
    ("objects", "reason"),
    [
        ([declared("Device.Ethernet.Interface.{i}.", read("Enabled"))], "no such parameter"),
        ([declared("Device.Ethernet.Port.{i}.")], "no such object"),
        ([declared("Device.Ethernet.Interface.{i}")], "ends with a dot"),
        ([declared("Device.Ethernet.Interface.{i}.", written("Name"), backend=BACKEND)], "read-only"),
        ([declared("Device.Ethernet.Interface.{i}.", written("Enable"))], "names no backend"),
        ([declared("Device.Ethernet.Interface.{i}.", add=lambda parents: parents)], "names no backend"),
        ([declared("Device.Ethernet.Interface.{i}.", read("Name"), read("Name"))], "bound twice"),
        ([declared("Device.Ethernet.Interface.{i}.Stats.", read("BytesSent"))], "not its rows"),
        ([declared("Device.Nonsense.", read("Name"))], "no such object"),
    ],
)
def test_a_declaration_that_the_schema_contradicts_is_refused(objects: list[Object[Any]], reason: str) -> None:
    with pytest.raises(BindingError, match=reason):
        Tree(shipped_schema(), objects)


def test_what_is_bound_is_what_is_supported_and_the_model_adds_aliases_and_counts() -> None:
    tree = Tree(shipped_schema(), [declared("Device.Ethernet.Interface.{i}.", read("Name"))])

    [root] = tree.roots.values()
    assert [node.path for node in tree.nodes()] == ["Device.", "Device.Ethernet.", "Device.Ethernet.Interface.{i}."]
    table = tree.node("Device.Ethernet.Interface.{i}.")
    assert table is not None
    assert list(table.leaves) == ["Alias", "Name"]
    ethernet = tree.node("Device.Ethernet.")
    assert ethernet is not None
    assert ethernet.leaves["InterfaceNumberOfEntries"].counts is table
    assert not ethernet.leaves["InterfaceNumberOfEntries"].is_writable
    assert table.leaves["Alias"].is_writable
    assert root.parent is None


def test_names_are_listed_in_the_schemas_order_whatever_the_declarations() -> None:
    device = Device()
    names = [name for name in device.names("Device.", next_level=True) if name.endswith(".")]
    order = [path.removesuffix("{i}.") for path in shipped_schema().objects]

    assert len(names) > 5
    assert names == sorted(names, key=order.index)


def test_two_declarations_may_share_a_table_but_no_parameter() -> None:
    path = "Device.Ethernet.Interface.{i}."
    tree = Tree(shipped_schema(), [declared(path, read("Name")), declared(path, read("Status"))])

    table = tree.node(path)
    assert table is not None
    assert len(table.objects) == 2
    with pytest.raises(BindingError, match="bound twice"):
        Tree(shipped_schema(), [declared(path, read("Name")), declared(path, read("Name"))])


def test_only_what_both_schema_and_system_allow_can_be_added_and_deleted() -> None:
    more: dict[str, Any] = {"add": lambda parents: parents, "delete": lambda row: None, "backend": BACKEND}
    tree = Tree(
        shipped_schema(),
        [
            declared("Device.IP.Interface.{i}.", **more),
            declared("Device.Ethernet.Interface.{i}.", **more),
            declared("Device.Bridging.Bridge.{i}."),
        ],
    )

    def can(path: str) -> tuple[bool, bool]:
        node = tree.node(path)
        assert node is not None
        return node.adder is not None, node.deleter is not None

    assert can("Device.IP.Interface.{i}.") == (True, True)
    assert can("Device.Ethernet.Interface.{i}.") == (False, False)
    assert can("Device.Bridging.Bridge.{i}.") == (False, False)


def test_nothing_below_a_volatile_table_is_durable() -> None:
    tree = Tree(
        shipped_schema(),
        [
            declared("Device.Hosts.Host.{i}.", durable=False),
            declared("Device.Hosts.Host.{i}.IPv4Address.{i}."),
            declared("Device.IP.Interface.{i}."),
            declared("Device.IP.Interface.{i}.IPv4Address.{i}."),
        ],
    )

    durable = {node.path for node in tree.nodes() if node.is_table and node.is_durable}
    assert durable == {"Device.IP.Interface.{i}.", "Device.IP.Interface.{i}.IPv4Address.{i}."}
