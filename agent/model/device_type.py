"""The device type instance (TR-106 Annex B): which parts of a data model this device supports, as an XML document.

The same support makes the same document, byte for byte, and its UUID follows from its content: whoever has seen the one
need not read the other.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.model.tree import Leaf, Node, Tree

NAMESPACE: Final = "urn:broadband-forum-org:cwmp:devicetype-1-6"
_OURS: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cpe-agent:device-type")


@dataclass(frozen=True, slots=True)
class Model:
    """The data model that a document refers to, as its own XML calls itself."""

    name: str
    spec: str
    file: str


DEVICE_2: Final = Model("Device:2.19", "urn:broadband-forum-org:tr-181-2-19-1-cwmp", "tr-181-2-19-1-cwmp.xml")


@dataclass(frozen=True, slots=True)
class DeviceType:
    """A document and its UUID."""

    uuid: str
    xml: str


def device_type(tree: Tree, model: Model = DEVICE_2) -> DeviceType:
    """What is supported of a root model: objects, parameters, and what of them can be written."""
    body = "\n".join(_lines(tree))
    identity = str(uuid.uuid5(_OURS, f"{model.spec}\n{body}"))
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<dt:document xmlns:dt="{NAMESPACE}" deviceType="urn:uuid:{identity}" uuid="{identity}">\n'
        f"  <import file={_quoted(model.file)} spec={_quoted(model.spec)}>\n"
        f"    <model name={_quoted(model.name)}/>\n"
        "  </import>\n"
        f"  <model ref={_quoted(model.name)}>\n"
        f"{body}\n"
        "  </model>\n"
        "</dt:document>\n"
    )
    return DeviceType(identity, xml)


def _lines(tree: Tree) -> Iterator[str]:
    for node in tree.nodes():
        if node.objects or node.leaves:
            yield f'    <object ref={_quoted(node.path)} access="{_access(node)}">'
            for leaf in node.leaves.values():
                yield f"      {_parameter(leaf)}"
            yield "    </object>"


def _access(node: Node) -> str:
    can_add, can_delete = node.adder is not None, node.deleter is not None
    if can_add and can_delete:
        return "createDelete"
    return "create" if can_add else "delete" if can_delete else "readOnly"


def _parameter(leaf: Leaf) -> str:
    access = "readWrite" if leaf.is_writable else "readOnly"
    notify = leaf.entry.active_notify
    more = "" if notify == "normal" else f' activeNotify="{notify}"'
    return f'<parameter ref={_quoted(leaf.name)} access="{access}"{more}/>'


def _quoted(text: str) -> str:
    from xml.sax.saxutils import quoteattr  # who never asks for the document does not pay for an XML library

    return quoteattr(text)
