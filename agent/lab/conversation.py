"""The decoded conversation: what each message says in one line, for people (colour, arrows) and for machines (JSON)."""

import json
import re
import textwrap
import threading
import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TextIO

from agent.lab.masking import masked, masked_text, masked_value
from agent.lab.records import Line
from agent.lab.soap import Json

_SHOWN = 3
_VALUE = 60
_COLOURS = {"cpe": "36", "acs": "32", "note": "33", "bad": "31", "dim": "2"}
_ARROWS = {"cpe": "→", "acs": "←", "note": "·"}
_PLAIN_ARROWS = {"cpe": "->", "acs": "<-", "note": "--"}


def printable(text: str) -> str:
    """Text that cannot steer a terminal: what is not printable becomes an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def size_text(size: int) -> str:
    """A size for people."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def describe_message(
    method: str, content: Json, before: Mapping[str, str] = MappingProxyType({})
) -> tuple[str, tuple[str, ...]]:
    """The essentials of a CPE's message: one line, and further ones for what does not fit it. Secrets are masked.

    ``before``: the parameters of its Inform before; what differs from them is shown first.
    """
    match method:
        case "Inform":
            events = ", ".join(
                event["code"] + (f" ({event['command_key']})" if event["command_key"] else "")
                for event in content["events"]
            )
            retries = f"  retry {content['retry_count']}" if content["retry_count"] else ""
            parameters = content["parameters"]
            if before:
                parameters = sorted(parameters, key=lambda each: before.get(each["path"]) == each["value"])
            return f"{events or 'no events'}{retries}  {_values(parameters)}", ()
        case "Fault":
            details = tuple(
                f"{wrong['path']} = {wrong['code']} {wrong['string']}".rstrip() for wrong in content["parameters"]
            )
            return f"{content['code']} {content['string']}".strip(), details
        case "GetParameterValuesResponse":
            return _values(content["parameters"]), ()
        case "GetParameterNamesResponse":
            return _listed("name", (name["path"] for name in content["names"]), len(content["names"])), ()
        case "GetParameterAttributesResponse":
            found = [f"{each['path']}={each['notification']}" for each in content["attributes"]]
            return _listed("attribute", found, len(found)), ()
        case "GetRPCMethodsResponse":
            return _listed("method", content["methods"], len(content["methods"])), ()
        case "GetQueuedTransfersResponse" | "GetAllQueuedTransfersResponse":
            found = [f"{each.get('command_key')!r} state {each.get('state')}" for each in content["transfers"]]
            return _listed("transfer", found, len(found)), ()
        case _:
            return describe_fields(content), ()


def describe_request(method: str, arguments: Json) -> tuple[str, tuple[str, ...]]:
    """The essentials of an RPC that the ACS sends, from its JSON arguments. Secrets are masked."""
    shown = masked(arguments)
    if method == "SetParameterValues" and "parameters" in shown:
        return _assignments(shown["parameters"]), ()
    if method in ("GetParameterValues", "GetParameterAttributes") and "names" in shown:
        return _listed("name", shown["names"], len(shown["names"])), ()
    return describe_fields(shown), ()


def describe_fields(content: Json) -> str:
    """``name=value`` for each field that says something."""
    parts = []
    for name, value in masked(content).items():
        if value in ("", None, [], {}):
            continue
        text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
        parts.append(f"{name}={_cut(text)}")
    return "  ".join(parts)


def _cut(text: str) -> str:
    return text if len(text) <= _VALUE else text[: _VALUE - 1] + "…"


def _listed(noun: str, items: Iterable[str], count: int) -> str:
    first = [_cut(masked_text(item)) for item, _ in zip(items, range(_SHOWN), strict=False)]
    more = ", …" if count > _SHOWN else ""
    plural = "" if count == 1 else "s"
    return f"{count} {noun}{plural}" + (f": {', '.join(first)}{more}" if first else "")


def _values(parameters: list[Json]) -> str:
    first = (
        f"{each['path']}={_cut(masked_value(each['path'], each['value']))}"
        for each in parameters[:_SHOWN]
    )  # fmt: skip
    count = len(parameters)
    return f"{count} parameter{'' if count == 1 else 's'}: {', '.join(first)}{', …' if count > _SHOWN else ''}"


def _assignments(parameters: Any) -> str:
    pairs = (
        parameters.items()
        if isinstance(parameters, dict)
        else ((each["path"], each.get("value")) for each in parameters)
    )
    texts = [f"{path}={_cut(str(value['value'] if isinstance(value, dict) else value))}" for path, value in pairs]
    more = ", …" if len(texts) > _SHOWN else ""
    return f"{len(texts)} parameter{'' if len(texts) == 1 else 's'}: {', '.join(texts[:_SHOWN])}{more}"


def line_json(line: Line) -> Json:
    """A line for machines; all sizes in bytes, ``at`` in Unix time, ``seconds`` of an RPC's round trip."""
    return {
        "schema": 1,
        "at": round(line.at, 6),
        "direction": line.direction,
        "message": line.what,
        "device": line.device,
        "session": line.session,
        "exchange": line.exchange,
        "bytes": line.size,
        "id": line.id,
        "summary": line.summary,
        "details": list(line.details),
        "seconds": None if line.seconds is None else round(line.seconds, 6),
        "bad": line.is_bad,
    }


def line_text(line: Line, colour: bool = False, arrows: bool = True) -> str:
    """A line for people; the details follow it, indented."""

    def paint(text: str, name: str) -> str:
        return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m" if colour and text else text

    clock = time.strftime("%H:%M:%S", time.localtime(line.at)) + f".{int(line.at % 1 * 1000):03d}"
    arrow = (_ARROWS if arrows else _PLAIN_ARROWS)[line.direction]
    tone = "bad" if line.is_bad else line.direction
    took = f" in {line.seconds * 1000:.1f} ms" if line.seconds is not None else ""
    size = f"{size_text(line.size)}{took}" if line.size or took else ""
    about = printable("  ".join(part for part in (size, line.summary) if part))
    speaker = {"cpe": "CPE", "acs": "ACS", "note": "   "}[line.direction]
    head = f"{paint(clock, 'dim')}  {speaker} {paint(f'{arrow} {line.what:<26}', tone)}  {about}".rstrip()
    return "\n".join((head, *(f"{'':20}{paint(printable(detail), tone)}" for detail in line.details)))


class Printer:
    """Writes lines to a stream as they come, from any thread; a change of session gets a heading."""

    def __init__(self, stream: TextIO, *, as_json: bool, colour: bool, indent: str = "") -> None:
        """``indent`` goes before each line of the conversation, so that other lines stand out."""
        self._indent = indent
        self._stream, self._as_json, self._colour = stream, as_json, colour
        encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
        self._arrows = encoding.startswith("utf")
        self._lock = threading.Lock()
        self._session: tuple[str, int] = ("", 0)

    def line(self, line: Line) -> None:
        """Write one line of the conversation."""
        with self._lock:
            if self._as_json:
                self._write(json.dumps(line_json(line)))
                return
            if line.session and (line.device, line.session) != self._session:
                self._session = (line.device, line.session)
                self._write(f"\n{printable(line.device)}  session {line.session}")
            self._write(line_text(line, self._colour, self._arrows))

    def envelope(self, xml: str) -> None:
        """Write an envelope after its line; machines find it as ``xml`` of a document of its own."""
        with self._lock:
            if self._as_json:
                self._write(json.dumps({"schema": 1, "xml": xml}))
            else:
                self._write("\n".join(printable(text) for text in xml.splitlines()))

    def say(self, text: str, **facts: Any) -> None:
        """A remark outside any session: ``text`` for people, ``facts`` for machines."""
        with self._lock:
            self._write(json.dumps({"schema": 1, **facts}) if self._as_json else text)

    def _write(self, text: str) -> None:
        text = textwrap.indent(text, self._indent)
        encoded = text.encode(getattr(self._stream, "encoding", None) or "ascii", "backslashreplace")
        print(encoded.decode(getattr(self._stream, "encoding", None) or "ascii"), file=self._stream, flush=True)


def indented_xml(xml: str) -> str:
    """An envelope with one element on a line; text that is no XML comes back as it is."""
    lines: list[str] = []
    depth = 0
    for token in re.findall(r"<[^>]*>[^<]*", xml):
        tag, _, text = token.partition(">")
        closes, empty = tag.startswith("</"), tag.endswith("/") or tag.startswith(("<?", "<!"))
        depth -= closes
        name = re.sub(r"[\s/].*", "", tag.lstrip("</"), flags=re.DOTALL)
        opened = lines[-1].strip() if lines else ""
        if closes and re.fullmatch(rf"<{re.escape(name)}(\s[^>]*)?>[^<]*", opened):
            lines[-1] += f"{tag}>"
        else:
            lines.append("  " * max(depth, 0) + f"{tag}>{text.strip() if not closes else ''}")
        depth += not closes and not empty
    return "\n".join(lines) or xml
