"""One line about a message, for the traces that people read; secrets never stand in it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from agent.cwmp import messages as m

MASK = "******"
MOST_ITEMS = 8
LONGEST_TEXT = 80
# What an Inform nearly always says anew; the rest is shown before it.
_IN_EVERY_INFORM = (
    ".RootDataModelVersion",
    ".DeviceSummary",
    ".DeviceInfo.SpecVersion",
    ".DeviceInfo.HardwareVersion",
    ".DeviceInfo.SoftwareVersion",
    ".ManagementServer.AliasBasedAddressing",
    ".ManagementServer.ConnectionRequestURL",
    ".ManagementServer.ParameterKey",
)
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def describe(envelope: m.Envelope | None, is_secret: Callable[[str], bool]) -> str:
    """The method and what matters of it, without line breaks; "-" for an empty body.

    ``is_secret`` says of a parameter's path or a field's name whether its value must not be shown. Of long lists the
    first ``MOST_ITEMS`` are shown, of long texts ``LONGEST_TEXT`` characters.
    """
    if envelope is None or isinstance(envelope.message, m.Nothing):
        return "-"
    words = [m.name_of(envelope.message), *_some(_words(envelope.message, is_secret))]
    return "  ".join([*words, "(holds requests)"] if envelope.hold_requests else words)


def _some(words: Iterable[str]) -> Iterator[str]:
    hidden = 0
    for number, word in enumerate(words):
        if number < MOST_ITEMS:
            yield _short(word)
        else:
            hidden += 1
    if hidden:
        yield f"… and {hidden} more"


def _short(word: str) -> str:
    word = _BREAKS.sub(" ", word)
    return word if len(word) <= LONGEST_TEXT else word[: LONGEST_TEXT - 1] + "…"


def _words(message: m.Message, is_secret: Callable[[str], bool]) -> Iterable[str]:
    match message:
        case m.Inform(parameter_list=values):
            news_first = sorted(values, key=lambda one: one.name.endswith(_IN_EVERY_INFORM))
            return [*_occasion(message), *_values(news_first, is_secret)]
        case m.SetParameterValues(parameter_list=values) | m.GetParameterValuesResponse(parameter_list=values):
            return _values(values, is_secret)
        case _:
            return _WORDS[type(message)](message) if type(message) in _WORDS else _fields(message, is_secret)


_WORDS: dict[type[m.Message], Callable[[Any], Iterable[str]]] = {
    m.GetParameterValues: lambda message: (name or '""' for name in message.parameter_names),
    m.GetParameterAttributes: lambda message: (name or '""' for name in message.parameter_names),
    m.GetParameterNames: lambda message: (
        message.parameter_path or '""',
        "one level" if message.next_level else "all below",
    ),
    m.GetParameterNamesResponse: lambda message: (info.name for info in message.parameter_list),
    m.GetParameterAttributesResponse: lambda message: (f"{x.name}={x.notification}" for x in message.parameter_list),
    m.SetParameterAttributes: lambda message: (
        f"{change.name}={change.notification if change.notification_change else '-'}"
        for change in message.parameter_list
    ),
    m.GetRPCMethodsResponse: lambda message: message.method_list,
    m.Fault: lambda fault: (
        f"{fault.code or fault.soap_code} {fault.string}".rstrip(),
        *(f"{row.name}={row.code}" for row in fault.parameter_faults),
    ),
    m.UnknownRequest: lambda _: ("(unknown)",),
    m.InvalidRequest: lambda request: (f"(invalid: {request.reason})",),
    m.NotUnderstood: lambda request: (f"(under a header that is not understood: {request.header})",),
}


def _occasion(inform: m.Inform) -> Iterator[str]:
    yield ", ".join(f"{event.event_code} {event.command_key}".rstrip() for event in inform.event) or "no event"
    if inform.retry_count:
        yield f"retry {inform.retry_count}"


def _values(values: Sequence[m.ParameterValueStruct], is_secret: Callable[[str], bool]) -> Iterator[str]:
    for one in values:
        # A value that is not there is no secret, and people look for exactly that.
        yield f"{one.name}={MASK if one.value and is_secret(one.name) else one.value}"


def _fields(message: m.Message, is_secret: Callable[[str], bool]) -> Iterator[str]:
    """What is neither empty nor zero of any other message; what lies in structures is only counted."""
    for entry in fields(message):  # type: ignore[arg-type]  # every message on the wire is a dataclass
        value = getattr(message, entry.name)
        if isinstance(value, str | int):
            if value or entry.name == "status":
                yield f"{entry.name}={MASK if is_secret(entry.name) or 'password' in entry.name else value}"
        elif isinstance(value, m.FaultStruct):
            yield f"{entry.name}={value.fault_code} {value.fault_string}".rstrip()
        elif isinstance(value, tuple | list):
            yield f"{entry.name}: {len(value)}"
