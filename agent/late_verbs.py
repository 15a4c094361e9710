"""Verbs and streams that few ask for: what answers them is loaded, and built, with the first question."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from agent.runtime import loop

if TYPE_CHECKING:
    from agent.wiring import Agent

Verb = Callable[[Mapping[str, Any]], dict[str, Any]]
Stream = Callable[[dict[str, Any]], Iterator[dict[str, Any] | None]]


def late_verbs(agent: "Agent") -> dict[str, Verb]:
    """Those of the owner's thread, by name."""
    return {name: _Late(build, agent, name) for build, names in _VERBS.items() for name in names}


def late_streams(agent: "Agent") -> dict[str, Stream]:
    """Those that are served without asking the owner, by name."""
    return {name: _Late(build, agent, name) for build, names in _STREAMS.items() for name in names}


class _Late:
    """``build`` makes the answers of several verbs at once; those of them that are asked keep one each."""

    def __init__(self, build: "Callable[[Agent], Mapping[str, Any]]", agent: "Agent", name: str) -> None:
        self._build: Callable[[], Any] = lambda: build(agent)[name]
        self._answer: Callable[[Any], Any] | None = None

    def __call__(self, arguments: Any) -> Any:
        if self._answer is None:
            self._answer = self._build()
        return self._answer(arguments)


def _discovery(agent: "Agent") -> Mapping[str, Verb]:
    from agent.runtime.discovery_verbs import DiscoveryVerbs

    return DiscoveryVerbs(agent.discovery, loop.moment, agent.model.forget, agent.model.root).table


def _transfers(agent: "Agent") -> Mapping[str, Verb]:
    from agent.runtime.transfer_verbs import TransferVerbs

    transfers = agent.transfers
    return TransferVerbs(transfers.operation, loop.moment, agent.delivery.save, transfers.requests.check_url).table


def _configuration(agent: "Agent") -> Mapping[str, Verb]:
    from agent.vendor_files.verbs import ConfigurationVerb

    return {"config": ConfigurationVerb(agent.vendor.file).answer}


def _sessions(agent: "Agent") -> Mapping[str, Stream]:
    from agent.runtime.session_stream import session_stream

    return {"sessions": session_stream(agent.traces)}


def _history(agent: "Agent") -> Mapping[str, Stream]:
    from agent.runtime.history_stream import history_stream
    from backends.faults import KINDS

    return {"history": history_stream(agent.history, KINDS)}


_VERBS: Final = {_discovery: ("discover", "dhcp_event"), _transfers: ("transfers",), _configuration: ("config",)}
_STREAMS: Final = {_sessions: ("sessions",), _history: ("history",)}
