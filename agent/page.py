"""The page as a part of the daemon: where it is served, who may log in, its verbs; nothing is loaded when off."""

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from agent.runtime.store import FileStore
from agent.settings import Web
from backends.errors import MechanismError
from backends.files import read_text
from backends.netlink import Netlink
from backends.netlink_types import MAIN_TABLE, Route

if TYPE_CHECKING:
    from agent.runtime.live import Live
    from agent.runtime.page_access import PageAccess
    from agent.runtime.page_places import PagePlaces
    from agent.web.start import RunningPage

log = logging.getLogger(__name__)

PPPOE_SESSIONS: Final = "/proc/net/pppoe"
TOPICS: Final = frozenset({"link", "address", "route", "everything"})
"""What may change where it is to be served."""
SERVING: Final = ("DHCPv4.Server.", "DHCPv6.Server.", "RouterAdvertisement.")
"""What in the model says where this machine gives addresses to others."""
MISSING: Final = "this installation is without the page (OpenWrt's: LuCI has one)"
LOCAL_TABLE: Final = 255
MOST_TABLES: Final = 16
MOST_URLS: Final = 16

ACCESS: Final = ("page_state", "page_secret", "page_try_code", "page_keep", "page_forget", "page_refused")
"""The verbs of ``PageAccess`` that are its own alone."""
ASKS: Final = ("search", "schema", "log", "live", "strip", "settings", "setup")
"""The verbs of ``agent.page_asks``, which are built when somebody first asks one."""

Document = dict[str, Any]
Verb = Callable[[Mapping[str, Any]], Document]


class Surroundings(NamedTuple):
    """What the page needs of the daemon; for ``apart`` to ``home`` see Ground."""

    web: Callable[[], Web]
    apart: Callable[[], Iterable[str]]
    named_out: Callable[[], Iterable[str]]
    leased: Callable[[], Iterable[str]]
    serving: Callable[[], Iterable[str]]
    home: Callable[[], Iterable[str]]
    netlink: Netlink
    control_socket: str
    refused: Callable[[str, str], object]
    device: Callable[[], Mapping[str, str]]
    asks: Callable[[], "tuple[Mapping[str, Verb], Live]"]


class PageService:
    """Called by the owner's thread only. A chore (agent.runtime.housekeeping) while somebody watches live."""

    def __init__(self, store: FileStore, around: Surroundings) -> None:
        self._around = around
        self._page: RunningPage | None = None
        self._store = store
        self._is_known_to_be_missing = False
        self._asks: Mapping[str, Verb] = {}
        self._live: Live | None = None
        self.table: Mapping[str, Verb] = {
            **{name: self._of_access(name) for name in ACCESS},
            "page_code": self._code,
            "page_where": lambda _arguments: self.facts(),
            **{name: self._asked(name) for name in ASKS},
        }

    @cached_property
    def access(self) -> "PageAccess":
        """Who may log in."""
        from agent.runtime.page_access import DOCUMENT, PageAccess

        store = self._store
        return PageAccess(
            lambda: store.read(DOCUMENT),
            lambda document: store.remove(DOCUMENT) if document is None else store.write(DOCUMENT, document),
            random.SystemRandom().choice,
            self.where,
            self._note_refused,
            self._end_sessions,
            self._around.device,
            time.monotonic,
        )

    @cached_property
    def _places(self) -> "PagePlaces":
        from agent.runtime.page_places import DOCUMENT, PagePlaces

        return PagePlaces(
            lambda: self._store.read(DOCUMENT), lambda document: _quietly(self._store, DOCUMENT, document)
        )

    def due(self, now: float) -> float | None:
        """When the next live sample is to be taken."""
        return self._live.due(now) if self._live else None

    def act(self, now: float) -> frozenset[str]:
        """Take it."""
        return self._live.act(now) if self._live else frozenset()

    def follow(self) -> None:
        """Serve where it is to be served now: at the start, and when links, addresses, routes or settings change."""
        wanted = self._around.web()
        if self._page is not None and (not wanted.enable or self._page.asked_port != wanted.port):
            self.stop()
        if not wanted.enable:
            return
        try:
            interfaces = self._interfaces(wanted)
        except MechanismError as failure:
            log.warning("where the page is to be served could not be looked up: %s", failure)
            return
        if self._page is None:
            try:
                from agent.web.start import RunningPage
            except ModuleNotFoundError:
                if not self._is_known_to_be_missing:
                    log.warning("[web] enable: %s", MISSING)
                self._is_known_to_be_missing = True
                return
            self._page = RunningPage(self._around.control_socket, wanted.port)
        self._page.follow(interfaces)

    def forget(self) -> None:
        """Factory reset, which goes on whether or not it can be written down: the store says so in the log."""
        with suppress(OSError):
            self.access.forget()
        self._places.forget()

    def stop(self) -> None:
        """Serve nowhere."""
        if self._page is not None:
            self._page.stop()
            self._page = None

    def where(self) -> tuple[list[str], str]:
        """The page's URLs, and why there are none."""
        if not self._around.web().enable:
            return [], "the page is switched off"
        if self._page is None or not self._page.interfaces():
            if self._is_known_to_be_missing:
                return [], MISSING
            problems = self._page.problems() if self._page else {}
            return [], next(iter(problems.values()), "the page is served nowhere")
        return self._urls(), ""

    def led_out(self) -> list[str]:
        """The cables that lead out or have led out, as far as that was looked at."""
        return self._places.cables

    def port(self) -> int:
        """The port that it has, else the one that it is to have."""
        return (self._page.port if self._page else 0) or self._around.web().port

    def facts(self) -> Document:
        """For people: whether and where it is served, and what keeps it from that."""
        urls, problem = self.where()
        return {
            "enable": self._around.web().enable,
            "port": self._page.port if self._page else 0,
            "interfaces": self._page.interfaces() if self._page else [],
            "urls": urls,
            "problem": problem,
            "problems": self._page.problems() if self._page else {},
            "left_out": dict(self._places.left_out),
        }

    def _code(self, arguments: Mapping[str, Any]) -> Document:
        """PageAccess's, and ``left_out``: why the page is served on this machine only."""
        told = self.access.table["page_code"](arguments)
        is_inside = self._page is not None and len(self._page.interfaces()) > 1
        return told if "error" in told or is_inside else {**told, "left_out": dict(self._places.left_out)}

    def _of_access(self, name: str) -> Verb:
        def answer(arguments: Mapping[str, Any]) -> Document:
            return self.access.table[name](arguments)

        return answer

    def _asked(self, name: str) -> Verb:
        def answer(arguments: Mapping[str, Any]) -> Document:
            if self._live is None:
                self._asks, self._live = self._around.asks()
            return self._asks[name](arguments)

        return answer

    def _urls(self) -> list[str]:
        if self._page is None:
            return []
        served, port = self._page.interfaces(), self._page.port
        found = []
        with suppress(MechanismError):
            for one in self._around.netlink.addresses():
                address = ip_address(one.address)
                if one.interface in served and not address.is_link_local:
                    shown = f"[{address}]" if address.version == 6 else str(address)
                    found.append((address.is_loopback, address.version, f"http://{shown}:{port}/"))
        return [url for *_, url in sorted(found)][:MOST_URLS]

    def _interfaces(self, wanted: Web) -> tuple[str, ...]:
        from agent.runtime.page_places import Ground

        around, netlink = self._around, self._around.netlink
        ground = Ground(
            netlink.links(),
            self._routes(),
            netlink.addresses(),
            frozenset(around.apart()),
            frozenset(around.named_out()),
            frozenset(around.leased()),
            _below_ppp(),
            frozenset(around.serving()),
            frozenset(around.home()),
        )
        return self._places.interfaces(wanted.interfaces, ground)

    def _routes(self) -> list[Route]:
        """Those of every table that a rule leads to: a way out of its own is one as well."""
        netlink = self._around.netlink
        tables = dict.fromkeys([MAIN_TABLE, *(rule.table for rule in netlink.rules() if rule.table != LOCAL_TABLE)])
        return [route for table in [*tables][:MOST_TABLES] for route in netlink.routes(table)]

    def _note_refused(self, source: str, text: str) -> None:
        log.warning("%s, from %s", text, source or "an unknown address")
        self._around.refused(source, text)

    def _end_sessions(self, generation: int) -> None:
        if self._page is not None:
            self._page.end_sessions(generation)


def _below_ppp() -> frozenset[str]:
    """The links that carry PPPoE sessions of the kernel's: its number, the other side and the link, a line each."""
    lines = (read_text(PPPOE_SESSIONS) or "").splitlines()[1:]
    return frozenset(words[2] for line in lines if len(words := line.split()) == 3)


def _quietly(store: FileStore, name: str, document: Mapping[str, Any]) -> None:
    with suppress(OSError):  # the store has said so in the log
        store.write(name, document)
