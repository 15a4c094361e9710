"""SOAP envelopes of CWMP, read with ElementTree and written as text: the lab's own, nothing shared with the agent."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
CWMP = "urn:dslforum-org:cwmp-"

MAX_TAGS = 1_000_000
MAX_DEPTH = 64

_DECLARED = {"soap-enc": SOAP_ENCODING, "xsi": XSI, "xsd": XSD}
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,32})["']""")
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Json = dict[str, Any]


class NotAnEnvelope(Exception):
    """The bytes are no CWMP envelope; the text says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One envelope that a CPE sent."""

    method: str
    """"Inform", "GetParameterValuesResponse", "Fault" …"""
    id: str | None
    namespace: str
    """The CWMP namespace of the body, or of the header for a Fault; "" where there is none."""
    content: Json
    session_timeout: int | None = None
    supported_versions: str = ""
    remarks: tuple[str, ...] = field(default=())
    """What is not as it should be, but could be read."""

    @property
    def is_answer(self) -> bool:
        """Whether it responds to an RPC of the ACS."""
        return self.method == "Fault" or self.method.endswith("Response")


def namespace_of(version: str) -> str:
    """The namespace of CWMP "1.0" … "1.4"."""
    return CWMP + ("1-2" if version in ("1.3", "1.4") else version.replace(".", "-"))


def xml_text(text: str) -> str:
    """Text for an element's content; ValueError for characters that XML cannot hold."""
    if _FORBIDDEN.search(text):
        raise ValueError("the text has characters that XML cannot hold")
    return escape(text, {"\r": "&#13;"})  # a bare one arrives as a line feed (XML 1.0 §2.11)


def render(
    body: str,
    namespace: str,
    *,
    id: str | None = None,  # noqa: A002 - the header is called ID
    hold_requests: bool = False,
    use_version: str = "",
    undeclared_prefixes: bool = False,
) -> bytes:
    """An envelope around the XML of its message. Only the namespaces in use are declared; nothing is indented."""
    must = 'soap:mustUnderstand="1"' if undeclared_prefixes else 's:mustUnderstand="1"'
    header = ""
    if id is not None:
        header += f"<cwmp:ID {must}>{escape(id)}</cwmp:ID>"
    if hold_requests:
        header += f"<cwmp:HoldRequests {must}>1</cwmp:HoldRequests>"
    if use_version:
        header += f"<cwmp:UseCWMPVersion {must}>{escape(use_version)}</cwmp:UseCWMPVersion>"
    if header:
        header = f"<s:Header>{header}</s:Header>"
    declared = "".join(
        f' xmlns:{prefix}="{uri}"'
        for prefix, uri in _DECLARED.items()
        if not undeclared_prefixes and f"{prefix}:" in body
    )
    return (
        f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"{declared} xmlns:cwmp="{namespace}">'
        f"{header}<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault_body(code: int, text: str, malformed: bool = False) -> str:
    """The XML of an ACS fault. ``malformed``: with the doubled prefix that GenieACS writes."""
    fault_code = "Client" if code in (8000, 8003) else "Server"
    inner = f"<cwmp:Fault><FaultCode>{code}</FaultCode><FaultString>{escape(text)}</FaultString></cwmp:Fault>"
    name = "s:Body:Fault" if malformed else "s:Fault"
    return (
        f"<{name}><faultcode>{fault_code}</faultcode><faultstring>CWMP fault</faultstring>"
        f"<detail>{inner}</detail></{name}>"
    )


def parse(data: bytes, charset: str = "") -> Message:
    """The message in an envelope; ``charset`` is that of the Content-Type. NotAnEnvelope for anything else."""
    root = _tree(_decoded(data, charset))
    if root.tag != f"{{{SOAP_ENVELOPE}}}Envelope":
        raise NotAnEnvelope(f"the root is {_brief(root.tag)}, not a SOAP 1.1 Envelope")
    body = root.find(f"{{{SOAP_ENVELOPE}}}Body")
    if body is None or len(body) != 1:
        raise NotAnEnvelope("the Envelope has no Body with one element in it")
    header = root.find(f"{{{SOAP_ENVELOPE}}}Header")
    remarks: list[str] = []
    id_element, namespace = _header(header, "ID")
    timeout, _ = _header(header, "SessionTimeout")
    versions, _ = _header(header, "SupportedCWMPVersions")
    element = body[0]
    body_namespace, method = _split(element.tag)
    if body_namespace == SOAP_ENVELOPE and method == "Fault":
        content = _fault(element, remarks)
    elif body_namespace.startswith(CWMP):
        namespace = body_namespace
        content = _READERS.get(method, _fields)(element, remarks)
    else:
        raise NotAnEnvelope(f"{_brief(element.tag)} is in no CWMP namespace")
    return Message(
        method,
        _text(id_element) if id_element is not None else None,
        namespace,
        content,
        _number(timeout, None),
        _text(versions),
        tuple(remarks),
    )


def _decoded(data: bytes, charset: str) -> str:
    declared = _ENCODING.match(data)
    name = (charset or (declared[1].decode() if declared else "utf-8")).lower()
    if name not in ("utf-8", "utf8", "iso-8859-1", "latin1", "us-ascii"):
        raise NotAnEnvelope(f"the encoding {name} is not UTF-8 or ISO-8859-1")
    try:
        return data.decode("utf-8-sig" if name in ("utf-8", "utf8", "us-ascii") else "latin-1")
    except UnicodeDecodeError as wrong:
        raise NotAnEnvelope(f"not {name}: {wrong.reason} at byte {wrong.start}") from None


def _tree(text: str) -> ET.Element:
    if "<!DOCTYPE" in text:
        raise NotAnEnvelope("a DOCTYPE is refused")
    if text.count("<") > MAX_TAGS:
        raise NotAnEnvelope(f"more than {MAX_TAGS} tags")
    try:
        root = ET.fromstring(text.lstrip())
    except (ET.ParseError, ValueError) as wrong:
        raise NotAnEnvelope(f"not well-formed: {wrong}") from None
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return root
    raise NotAnEnvelope(f"elements are nested deeper than {MAX_DEPTH}")


def _header(header: ET.Element | None, name: str) -> tuple[ET.Element | None, str]:
    for element in header if header is not None else ():
        namespace, local = _split(element.tag)
        if local.lower() == name.lower() and namespace.startswith(CWMP):
            return element, namespace
    return None, ""


def _brief(tag: str) -> str:
    return tag if len(tag) <= 120 else tag[:117] + "…"


def _split(tag: str) -> tuple[str, str]:
    namespace, _, local = tag.rpartition("}")
    return namespace[1:], local


def _text(element: ET.Element | None) -> str:
    return (element.text or "") if element is not None else ""


def _number(element: ET.Element | None, otherwise: Any) -> Any:
    text = _text(element).strip()
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else otherwise


def _boolean(element: ET.Element | None) -> bool:
    return _text(element).strip().lower() in ("1", "true")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _members(element: ET.Element, list_name: str, remarks: list[str]) -> ET.Element | tuple[()]:
    """The members of an array, with a remark when there are not as many as it says."""
    array = element.find(list_name)
    if array is None:
        remarks.append(f"{list_name} is missing")
        return ()
    declared = re.search(r"\[(\d+)\]\s*$", array.get(f"{{{SOAP_ENCODING}}}arrayType", ""))
    if declared is None:
        remarks.append(f"{list_name} has no soap-enc:arrayType")
    elif int(declared[1]) != len(array):
        remarks.append(f"{list_name} says {declared[1]} members and has {len(array)}")
    return array


def _values(element: ET.Element, remarks: list[str]) -> Json:
    found, untyped = [], 0
    for struct in _members(element, "ParameterList", remarks):
        value = struct.find("Value")
        kind = value.get(f"{{{XSI}}}type", "") if value is not None else ""
        untyped += not kind
        name = struct.find("Name")
        found.append({"path": _text(name).strip(), "value": _text(value), "type": kind.rpartition(":")[2]})
    if untyped:
        remarks.append(f"{untyped} values without xsi:type")
    return {"parameters": found}


def _names(element: ET.Element, remarks: list[str]) -> Json:
    members = _members(element, "ParameterList", remarks)
    return {
        "names": [
            {"path": _text(struct.find("Name")).strip(), "writable": _boolean(struct.find("Writable"))}
            for struct in members
        ]
    }


def _attributes(element: ET.Element, remarks: list[str]) -> Json:
    found = []
    for struct in _members(element, "ParameterList", remarks):
        access = struct.find("AccessList")
        found.append(
            {
                "path": _text(struct.find("Name")).strip(),
                "notification": _number(struct.find("Notification"), None),
                "access_list": [_text(member) for member in access] if access is not None else [],
            }
        )
    return {"attributes": found}


def _inform(element: ET.Element, remarks: list[str]) -> Json:
    device = element.find("DeviceId")
    identity = {_snake(_split(part.tag)[1]): _text(part).strip() for part in (device if device is not None else ())}
    events = [
        {"code": _text(event.find("EventCode")).strip(), "command_key": _text(event.find("CommandKey"))}
        for event in _members(element, "Event", remarks)
    ]
    return {
        "device_id": identity,
        "events": events,
        "max_envelopes": _number(element.find("MaxEnvelopes"), None),
        "current_time": _text(element.find("CurrentTime")).strip(),
        "retry_count": _number(element.find("RetryCount"), 0),
        **_values(element, remarks),
    }


def _methods(element: ET.Element, remarks: list[str]) -> Json:
    return {"methods": [_text(member).strip() for member in _members(element, "MethodList", remarks)]}


def _transfers(element: ET.Element, remarks: list[str]) -> Json:
    return {"transfers": [_fields(struct, remarks) for struct in _members(element, "TransferList", remarks)]}


def _results(element: ET.Element, remarks: list[str]) -> Json:
    results = [_fields(result, remarks) for result in element.findall("Results")]
    return {"results": results, "command_key": _text(element.find("CommandKey"))}


def _fields(element: ET.Element, remarks: list[str]) -> Json:
    """Any flat struct: numbers and booleans of known names as such, structs inside by the same rule."""
    found: Json = {}
    for child in element:
        name = _split(child.tag)[1]
        if len(child):
            found[_snake(name)] = _fields(child, remarks)
        elif name in ("Status", "InstanceNumber", "State", "FileSize", "FaultCode"):
            found[_snake(name)] = _number(child, _text(child))
        elif name in ("IsDownload", "Resolved"):
            found[_snake(name)] = _boolean(child)
        else:
            found[_snake(name)] = _text(child)
    return found


def _fault(element: ET.Element, remarks: list[str]) -> Json:
    detail = element.find("detail")
    fault = None
    for child in detail if detail is not None else ():
        namespace, local = _split(child.tag)
        if local == "Fault" and namespace.startswith(CWMP):
            fault = child
    if fault is None:
        remarks.append("the SOAP Fault has no cwmp:Fault in its detail")
        return {"code": 0, "string": _text(element.find("faultstring")), "parameters": []}
    return {
        "code": _number(fault.find("FaultCode"), 0),
        "string": _text(fault.find("FaultString")),
        "parameters": [
            {
                "path": _text(wrong.find("ParameterName")).strip(),
                "code": _number(wrong.find("FaultCode"), 0),
                "string": _text(wrong.find("FaultString")),
            }
            for wrong in fault.findall("SetParameterValuesFault")
        ],
    }


_READERS: dict[str, Callable[[ET.Element, list[str]], Json]] = {
    "Inform": _inform,
    "GetRPCMethodsResponse": _methods,
    "GetParameterValuesResponse": _values,
    "GetParameterNamesResponse": _names,
    "GetParameterAttributesResponse": _attributes,
    "GetQueuedTransfersResponse": _transfers,
    "GetAllQueuedTransfersResponse": _transfers,
    "DUStateChangeComplete": _results,
    "AutonomousDUStateChangeComplete": _results,
}
