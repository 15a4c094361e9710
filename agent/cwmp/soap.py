"""SOAP envelopes, read and written. The only file that imports lxml; no I/O, nothing is logged here.

Lenient in what it reads (DESIGN §7, Interop), strict in what it writes: every envelope is valid by the published XSDs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from agent.cwmp.codec import Node, Unreadable, escape, prefixes, read, write
from agent.cwmp.faults import soap_code
from agent.cwmp.messages import (
    METHODS,
    NOT_ON_THE_WIRE,
    RESPONSES,
    VERSIONS,
    Envelope,
    Fault,
    InvalidRequest,
    Message,
    Nothing,
    NotUnderstood,
    ParameterFault,
    Request,
    UnknownRequest,
    name_of,
)

NAMESPACES = {
    "soap-env": "http://schemas.xmlsoap.org/soap/envelope/",
    "soap-enc": "http://schemas.xmlsoap.org/soap/encoding/",
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_CWMP = "urn:dslforum-org:cwmp-"
_NEXT_ACTOR = "http://schemas.xmlsoap.org/soap/actor/next"
_HEADERS = frozenset(
    {"ID", "HoldRequests", "NoMoreRequests", "SessionTimeout", "SupportedCWMPVersions", "UseCWMPVersion"}
)
_TRUE = frozenset({"1", "true"})
_MEMBERS_AT_ONCE = 64
_MARK = b"\xef\xbb\xbf"
_MARKS_16 = (b"\xff\xfe", b"\xfe\xff")


class Malformed(Exception):
    """The bytes hold no usable envelope; the text says why."""


class _TooMany(Malformed):
    """There are more elements than allowed; ``root`` has those that were."""

    def __init__(self, reason: str, document: Node) -> None:
        super().__init__(reason)
        self.root = document.children[0] if document.children else document


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may cost: bytes, elements and attributes together, and elements within one another."""

    size: int = 1 << 20
    elements: int = 20_000
    depth: int = 64


DEFAULT_LIMITS = Limits()


# --- reading ------------------------------------------------------------------------------------------------------


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS, charset: str | None = None) -> Envelope:
    """The envelope in these bytes, or ``Malformed``.

    ``charset`` is what the HTTP header says; it counts only where the document itself says nothing. A request with
    unreadable or too many arguments is an ``InvalidRequest``, one that nobody knows an ``UnknownRequest``: both have
    their answer. libxml2 keeps every element name that a thread has ever read: call this in threads that end (T2).
    """
    too_many: _TooMany | None = None
    try:
        root, warnings = _read_tree(data, limits, charset)
    except _TooMany as cut:
        root, warnings, too_many = cut.root, [], cut
    if root.name != "Envelope":
        raise too_many or Malformed(f"the root element is {root.name[:40]!r}, not Envelope")
    if root.namespace != NAMESPACES["soap-env"]:
        warnings.append(f"not the SOAP 1.1 namespace: {root.namespace[:80]!r}")
    body = root.child("Body")
    if body is None:
        raise too_many or Malformed("no Body")
    headers = header.children if (header := root.child("Header")) else []
    known = {node.name: node for node in reversed(headers)}
    content = body.children[0] if body.children else None
    message = _cut_off(content, too_many) if too_many else _message(content, _not_understood(headers), warnings)
    return Envelope(
        message,
        id=known["ID"].text if "ID" in known else None,
        hold_requests="HoldRequests" in known and known["HoldRequests"].text.strip().lower() in _TRUE,
        session_timeout=_integer(known.get("SessionTimeout")),
        supported_versions=_listed(known.get("SupportedCWMPVersions")),
        use_version=known["UseCWMPVersion"].text.strip() if "UseCWMPVersion" in known else None,
        version=_version([*([content] if content else []), *headers]),
        warnings=tuple(warnings),
    )


class _Tree:
    """lxml parser target: counts while reading, so that what is too large never becomes a tree."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.elements
        self.document = Node("")
        self._open = [self.document]
        self.odd_name: str | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._left -= 1 + len(attributes)
        if self._left < 0:
            raise _TooMany(f"more than {self._limits.elements} elements and attributes", self.document)
        if len(self._open) > self._limits.depth:
            raise Malformed(f"more than {self._limits.depth} elements within one another")
        namespace, name = _split(tag)
        if self.odd_name is None and ":" in tag.rpartition("}")[2]:
            self.odd_name = tag
        node = Node(name, namespace)
        if attributes:
            node.attributes = {_split(key)[1]: value for key, value in attributes.items()}
        self._open[-1].children.append(node)
        self._open.append(node)

    def end(self, _tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        self._open[-1].pieces.append(text)

    def doctype(self, *_names: str | None) -> None:
        raise Malformed("a DOCTYPE has no place in SOAP (SOAP 1.1 §3)")

    def close(self) -> None:
        """Nothing to hand over: the caller asks for ``document``."""


def _split(tag: str) -> tuple[str, str]:
    """Namespace and local name; an undeclared prefix, or two of them ("soap-env:Body:Fault"), is dropped."""
    namespace, _, name = tag.rpartition("}")
    return namespace[1:], name.rpartition(":")[2]


def _read_tree(data: bytes, limits: Limits, charset: str | None) -> tuple[Node, list[str]]:
    """GenieACS and perl-cwmp use prefixes that they never declare: a parser target gets such names as they stand."""
    if len(data) > limits.size:
        raise Malformed(f"more than {limits.size} bytes")
    data = _from_its_beginning(data)
    tree = _Tree(limits)
    parser = _parser(tree)
    try:
        etree.fromstring(_in_utf8(data, charset) if charset else data, parser)
    except etree.XMLSyntaxError as wrong:
        raise Malformed(f"not well-formed: {_first_error(parser, str(wrong))[:200]}") from None
    odd = tree.odd_name or next((str(entry.message) for entry in parser.error_log if _is_of_names(entry)), None)
    return tree.document.children[0], [f"not well-formed by its namespaces: {odd[:100]}"] if odd else []


def _from_its_beginning(data: bytes) -> bytes:
    """Without the blank lines that templates leave before the XML declaration; a byte order mark keeps its meaning."""
    if data.startswith(_MARKS_16):
        try:
            return data.decode("utf-16").lstrip("\ufeff\t\n\r ").encode("utf-16")
        except ValueError:
            return data
    rest = data.lstrip(_MARK + b"\t\n\r ")  # no byte of a mark begins XML by itself
    return _MARK + rest if _MARK in data[: len(data) - len(rest)] else rest


def _parser(tree: _Tree) -> Any:
    target: Any = tree  # the stubs ask for more than lxml does
    return etree.XMLParser(
        target=target,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )


def _first_error(parser: Any, otherwise: str) -> str:
    return next((str(entry.message) for entry in parser.error_log if not _is_of_names(entry)), otherwise)


def _is_of_names(entry: Any) -> bool:
    return bool(entry.domain == etree.ErrorDomains.NAMESPACE)


def _in_utf8(data: bytes, charset: str) -> bytes:
    """The bytes in UTF-8 where HTTP names another charset and the document none."""
    if data.startswith((_MARK, *_MARKS_16, b"<?xml")):
        return data
    try:
        return data.decode(charset).encode()
    except (LookupError, ValueError):  # unknown, or not so at all: the parser may still find out
        return data


def _not_understood(headers: list[Node]) -> str | None:
    """The first header that must be understood and is not, of those that are meant for us."""
    for header in headers:
        must = header.attributes.get("mustUnderstand", "").strip() in _TRUE
        if must and header.name not in _HEADERS and header.attributes.get("actor", _NEXT_ACTOR) == _NEXT_ACTOR:
            return header.name
    return None


def _message(node: Node | None, not_understood: str | None, warnings: list[str]) -> Message:
    if node is not None and node.name != "Fault" and node.name not in RESPONSES:
        return _request(node, not_understood)
    if not_understood is not None:
        # SOAP 1.1 §4.2.3 forbids to go on as if it were not there, and nothing can answer an answer.
        raise Malformed(f"the header {not_understood[:40]!r} must be understood, and is not")
    if node is None:
        warnings.append("an envelope with an empty body, taken for an empty answer")
        return Nothing()
    if node.name == "Fault":
        return _fault(node)
    try:
        return read(RESPONSES[node.name], node, lenient=True)  # type: ignore[no-any-return]
    except Unreadable as wrong:
        raise Malformed(f"{node.name}: {wrong}") from None


def _request(node: Node, not_understood: str | None) -> Request:
    if not_understood is not None:
        return NotUnderstood(node.name, not_understood)
    if node.name not in METHODS:
        return UnknownRequest(node.name)
    try:
        return read(METHODS[node.name], node)  # type: ignore[no-any-return]
    except Unreadable as wrong:
        return InvalidRequest(node.name, str(wrong))


def _cut_off(node: Node | None, reason: _TooMany) -> Request:
    """A request that is too large has its answer, rather than coming again in session after session."""
    if node is None or node.name not in METHODS:
        raise reason
    return InvalidRequest(node.name, str(reason))


def _fault(node: Node) -> Fault:
    detail = node.child("detail")
    cwmp = (detail.child("Fault") if detail else None) or Node("Fault")
    code, string, soap_string = cwmp.child("FaultCode"), cwmp.child("FaultString"), node.child("faultstring")
    named = string or soap_string
    soap = node.child("faultcode")
    return Fault(
        _integer(code) or 0,
        named.text.strip() if named else "",
        tuple(_parameter_fault(child) for child in cwmp.children if child.name == "SetParameterValuesFault"),
        soap.text.strip().rpartition(":")[2] if soap else "",
    )


def _parameter_fault(node: Node) -> ParameterFault:
    name, string = node.child("ParameterName"), node.child("FaultString")
    return ParameterFault(
        name.text if name else "", _integer(node.child("FaultCode")) or 0, string.text if string else ""
    )


def _integer(node: Node | None) -> int | None:
    text = node.text.strip() if node else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _listed(node: Node | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in node.text.split(",") if part.strip()) if node else ()


def _version(nodes: list[Node]) -> str | None:
    """The CWMP version of the first namespace that names one; 1.3 and 1.4 share that of 1.2."""
    for node in nodes:
        if node.namespace.startswith(_CWMP):
            version = node.namespace.removeprefix(_CWMP).replace("-", ".")
            if version in VERSIONS:
                return version
    return None


# --- writing ------------------------------------------------------------------------------------------------------


def render(envelope: Envelope) -> bytes:
    """The envelope as UTF-8, for ``envelope.version`` ("1.0" … "1.4"; the last when None)."""
    return b"".join(render_chunks(envelope))


def render_chunks(envelope: Envelope) -> Iterator[bytes]:
    """The same piece by piece, some kilobytes each: a list of 5,000 values is never held twice.

    Characters that XML cannot hold are sent as U+FFFD (``codec.escape``). There is never CDATA: GenieACS refuses it.
    """
    message = envelope.message
    if type(message) in NOT_ON_THE_WIRE or isinstance(message, Nothing):
        raise TypeError(f"{type(message).__name__} is read, never sent")
    pieces: list[str] = [_head(envelope)]
    for piece in _fault_xml(message) if isinstance(message, Fault) else _method_xml(message):
        pieces.append(piece)
        if len(pieces) >= _MEMBERS_AT_ONCE:
            yield "".join(pieces).encode()
            pieces.clear()
    yield ("".join(pieces) + "</soap-env:Body></soap-env:Envelope>").encode()


def namespace(version: str) -> str:
    """The namespace of a CWMP version: 1.3 and 1.4 extend that of 1.2."""
    return _CWMP + ("1-2" if version in ("1.3", "1.4") else version.replace(".", "-"))


def _head(envelope: Envelope) -> str:
    version = envelope.version or VERSIONS[-1]
    declaration: Any = type(envelope.message)
    needed = {"soap-env"} | (frozenset() if declaration is Fault else prefixes(declaration))
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items() if prefix in needed)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soap-env:Envelope{declared} xmlns:cwmp="{namespace(version)}">'
        f"{_headers(envelope, version)}<soap-env:Body>"
    )


def _headers(envelope: Envelope, version: str) -> str:
    rows = (
        ("ID", 1, envelope.id, "1.0"),
        ("HoldRequests", 1, "1" if envelope.hold_requests else None, "1.0"),
        ("SessionTimeout", 0, envelope.session_timeout, "1.3"),
        ("SupportedCWMPVersions", 0, ",".join(envelope.supported_versions) or None, "1.4"),
        ("UseCWMPVersion", 1, envelope.use_version, "1.4"),
    )
    written = "".join(
        f'<cwmp:{name} soap-env:mustUnderstand="{must}">{escape(str(value))}</cwmp:{name}>'
        for name, must, value, since in rows
        if value is not None and since <= version
    )
    return f"<soap-env:Header>{written}</soap-env:Header>" if written else ""


def _method_xml(message: Message) -> Iterator[str]:
    name = name_of(message)
    yield f"<cwmp:{name}>"
    yield from write(message)
    yield f"</cwmp:{name}>"


def _fault_xml(fault: Fault) -> Iterator[str]:
    """TR-069 §3.5: faultcode Client or Server, the CWMP fault in the detail; a fault of SOAP's own has no detail."""
    code = fault.soap_code or soap_code(fault.code)
    if not fault.code:
        yield (
            f"<soap-env:Fault><faultcode>soap-env:{escape(code)}</faultcode>"
            f"<faultstring>{escape(fault.string)}</faultstring></soap-env:Fault>"
        )
        return
    yield f"<soap-env:Fault><faultcode>{escape(code)}</faultcode><faultstring>CWMP fault</faultstring><detail>"
    yield f"<cwmp:Fault><FaultCode>{fault.code}</FaultCode><FaultString>{escape(fault.string)}</FaultString>"
    for row in fault.parameter_faults:
        yield (
            f"<SetParameterValuesFault><ParameterName>{escape(row.name)}</ParameterName>"
            f"<FaultCode>{row.code}</FaultCode><FaultString>{escape(row.string)}</FaultString></SetParameterValuesFault>"
        )
    yield "</cwmp:Fault></detail></soap-env:Fault>"
