"""Builds the verbs that only a page asks, when one first does: search, log, live, settings and their like."""

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from agent.model.data_model import DataModel
from agent.runtime import loop
from agent.runtime.live import MOST_STATIONS, Live, Load
from agent.runtime.page_verbs import PageVerbs
from agent.runtime.settings_verb import SettingsVerb
from agent.runtime.setup_verb import SetupVerb
from agent.runtime.strip import Strip
from agent.runtime.verbs import ModelVerbs
from backends.echo import Echo, next_router
from backends.errors import MechanismError
from backends.load import TOTAL
from backends.netlink import Netlink
from backends.procfs import Procfs

if TYPE_CHECKING:
    from backends.nl80211 import Nl80211

Verb = Callable[[Mapping[str, Any]], dict[str, Any]]


class Parts(NamedTuple):
    """What the verbs are made of; ``wireless`` is None on a machine without Wi-Fi."""

    model: DataModel
    verbs: ModelVerbs
    log: Callable[[int], list[dict[str, Any]]]
    strip: Strip
    netlink: Netlink
    procfs: Procfs
    wireless: "Nl80211 | None"
    settings_file: Callable[[], Path]
    reload: Callable[[], None]
    has_value: Callable[[str], bool]


def asks(parts: Parts) -> tuple[Mapping[str, Verb], Live]:
    """The verbs by name, and the sampler among them, which has something to do while somebody watches."""
    echo = Echo()
    live = Live(lambda: _load(parts, echo), _clock)
    settings = SettingsVerb(parts.settings_file, parts.reload).answer
    setup = SetupVerb(
        parts.model.root,
        lambda arguments: parts.verbs.answer("get", arguments),
        lambda arguments: parts.verbs.answer("set", arguments),
        settings,
        parts.has_value,
    )
    page = PageVerbs(parts.model, parts.log, live.samples, parts.strip.document)
    return {**page.table, "settings": settings, "setup": setup.answer}, live


def _clock() -> tuple[float, float | None]:
    now = loop.moment()
    return now.monotonic, now.wall


def _load(parts: Parts, echo: Echo) -> Load:
    parts.netlink.forget()
    parts.procfs.forget()
    memory = parts.procfs.memory()
    links = {
        link.name: (link.counters.rx_bytes, link.counters.tx_bytes)
        for link in parts.netlink.links()
        if link.up and not link.loopback
    }
    used = 1 - memory.available / memory.total if memory.total else 0.0
    stations = _stations(parts.wireless) if parts.wireless else {}
    latency = echo.look(*next_router(parts.netlink.routes(), parts.netlink.addresses()))
    return Load(parts.procfs.processor_times()[TOTAL], used, links, stations, latency)


def _stations(wireless: "Nl80211") -> dict[str, tuple[int | None, str]]:
    """By MAC address: signal in dBm, and the SSID of the link."""
    wireless.forget()
    found: dict[str, tuple[int | None, str]] = {}
    try:
        for link in wireless.links():
            ssid = (link.ssid or b"").decode("utf-8", "replace")
            for one in islice(wireless.stations(link.name), MOST_STATIONS):
                found[one.mac] = (one.signal, ssid)
    except MechanismError:
        return found
    return found
