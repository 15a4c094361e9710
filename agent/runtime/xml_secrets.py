"""Where secrets stand in an XML message: by what its elements mean, however they are spelt."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

IsSecret = Callable[[str], bool]
Hides = Callable[[str, str], bool]
Span = tuple[int, int]

_LONGEST_NAME = 1024  # characters of an element's text that are looked at as a name
_DEEPEST = 64  # elements within one another, as of a message that is read
_ROOTS = ("device.", "internetgatewaydevice.")
# What stands beside a parameter's name in other messages, and lists of nothing but names.
_BESIDE_NAMES = frozenset(
    {"writable", "notification", "notificationchange", "accesslist", "accesslistchange", "faultcode", "faultstring"}
)
_IN_LISTS = frozenset({"string", "parameterpath", "objectname", "parametername"})
_TAG = re.compile(rb"<(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>")


class NotXml(Exception):
    """The message is not well-formed, or has a DOCTYPE: nothing is known of what its texts mean."""


@dataclass(slots=True)
class _Element:
    name: str
    begin: int
    end: int = 0
    text: str = ""
    children: "list[_Element]" = field(default_factory=list)

    def is_named(self, is_secret: IsSecret) -> bool:
        """Whether this element is the name of a secret."""
        text = self.text.strip().rstrip(".")
        if self.name == "name":
            return len(self.text) >= _LONGEST_NAME or is_secret(text)  # of a name so long nobody saw the end
        return not self.children and self.name not in _IN_LISTS and text.lower().startswith(_ROOTS) and is_secret(text)


def secret_spans(message: bytes, is_secret: IsSecret, hides: Hides = lambda _text, _raw: False) -> list[Span]:
    """The bytes of UTF-8 that are secret, in order and apart; raises NotXml.

    Secret is the content of an element that is called like a secret, and of all that stands beside a secret's name; and
    where it has references or CDATA, what ``hides`` a secret: its text, and the same as the message has it.
    """
    reader = _Reader(message, is_secret, hides)
    try:
        reader.parser.Parse(message, True)
    except expat.ExpatError as wrong:
        raise NotXml(str(wrong)) from None
    return _apart(_content_of(message, one) for one in reader.secrets)


class _Reader:
    """Collects the elements whose content is secret while expat reads."""

    def __init__(self, message: bytes, is_secret: IsSecret, hides: Hides) -> None:
        self.secrets: list[_Element] = []
        self._message = message
        self._is_secret = is_secret
        self._hides = hides
        self._open = [_Element("", 0)]
        self.parser = expat.ParserCreate("utf-8")  # whatever the declaration says: the bytes were read by it already
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, tag: str, _attributes: dict[str, str]) -> None:
        if len(self._open) > _DEEPEST:
            raise NotXml("nested too deeply")
        self._open.append(_Element(tag.rpartition(":")[2].lower(), self.parser.CurrentByteIndex))

    def _data(self, text: str) -> None:
        top = self._open[-1]
        if len(top.text) < _LONGEST_NAME:
            top.text += (text if top.text else text.lstrip())[:_LONGEST_NAME]

    def _end(self, _tag: str) -> None:
        element, above = self._open.pop(), self._open[-1]
        element.end = self.parser.CurrentByteIndex
        if self._is_secret(element.name) or (not element.children and self._is_hiding(element)):
            self.secrets.append(element)
        named = [one for one in element.children if one.is_named(self._is_secret)]
        if named:
            self.secrets += [one for one in element.children if one not in named and one.name not in _BESIDE_NAMES]
        if element.name == "name" and element.children:
            element.text = "".join([element.text, *(one.text for one in element.children)])[:_LONGEST_NAME]
        element.children = element.children[:1]  # whether there are any is all that is asked later
        above.children.append(element)

    def _is_hiding(self, element: _Element) -> bool:
        raw = self._message[element.begin : element.end]
        return (b"&" in raw or b"<!" in raw) and self._hides(element.text, raw.decode("utf-8", "replace"))

    def _doctype(self, *_names: object) -> None:
        raise NotXml("a DOCTYPE")


def _content_of(message: bytes, element: _Element) -> Span:
    tag = _TAG.match(message, element.begin)
    return (tag.end() if tag else element.begin), element.end


def _apart(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(spans):
        if end > start and (not found or start >= found[-1][1]):
            found.append((start, end))
    return found
