"""The verb history on the control socket: the event history as JSON, served from its file without asking the owner."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from agent.runtime.control import Stream, error
from agent.runtime.history import MOST_ASKED, Entry, History

LONGEST_KIND: Final = 32


def history_stream(history: History, kinds: Collection[str] = ()) -> Stream:
    """Make the stream for ``ControlServer``; ``kinds`` are those that there are, none: any.

    Arguments: ``after`` (a number), ``most``, ``kind`` (absent: all), ``follow``. One line of answer: ``events``, the
    newest first, and ``next``: what to ask after then. With ``follow`` each further event is a line, ``event``.
    """
    return lambda arguments: _stream(history, kinds, arguments)


def _stream(history: History, kinds: Collection[str], arguments: Mapping[str, Any]) -> Iterator[dict[str, Any] | None]:
    follows, kind = arguments.get("follow", False), arguments.get("kind")
    numbers = [arguments.get("after", 0), arguments.get("most", MOST_ASKED)]
    if not isinstance(follows, bool) or not (kind is None or (isinstance(kind, str) and len(kind) <= LONGEST_KIND)):
        yield error("invalid_arguments", "follow is true or false, kind a word", "see the verb's --help")
        return
    if any(type(one) is not int or not 0 <= one < 2**53 for one in numbers):
        yield error("invalid_arguments", "after and most are whole numbers from 0", "see the verb's --help")
        return
    if kind is not None and kinds and kind not in kinds:
        yield error("invalid_arguments", f"the kinds are {', '.join(sorted(kinds))}", "name one of these")
        return
    after, most = numbers
    found = history.entries(after)
    after = found[-1]["n"] if found else after
    fitting = [one for one in found if kind in (None, one["kind"])]
    yield {"events": [_shown(one) for one in reversed(fitting[max(0, len(fitting) - most) :])], "next": after}
    while follows:
        found = history.entries(after)
        for one in found:
            after = one["n"]
            if kind in (None, one["kind"]):
                yield {"event": _shown(one)}
        yield None


def _shown(entry: Entry) -> dict[str, Any]:
    return {**{key: value for key, value in entry.items() if key != "about"}, "source": entry["about"]}
