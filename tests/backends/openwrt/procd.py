"""Those whom a router asks over the bus: procd, netifd and odhcpd, with the answers that a test gives them."""

import threading
from functools import partial
from pathlib import Path
from typing import Any

from backends.ubus import BusService, Kind, Method, Published, Request
from tests.fakes.ubusd import FakeUbusd
from tests.waiting import PATIENCE


class Procd:
    """``running``: the services that run; ``told``: what was called, in order; ``refuses``: objects that answer no."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.running = {"dnsmasq", "odhcpd"}
        self.services: dict[str, Any] = {}
        """What procd says of a service, in full."""
        self.links: dict[str, str] = {}
        self.leases4: dict[str, Any] = {}
        self.leases6: dict[str, Any] = {}
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        self.refuses: set[str] = set()
        self.interfaces: list[dict[str, Any]] = []
        """What netifd says of its interfaces, beside what ``links`` says of their links."""
        self.dumps = 0
        self._bus = FakeUbusd(path)
        self._bus.start()
        self._stop = threading.Event()
        self._more: list[tuple[BusService, threading.Event, threading.Thread]] = []
        self._service = BusService(path)
        any_kind = {"name": Kind.STRING}
        event = {"type": Kind.STRING, "data": Kind.TABLE}
        for name, methods in {
            "service": {"list": Method(self._list, any_kind), "event": Method(self._note, event)},
            "network": {"reload": Method(self._note)},
            "network.interface": {"dump": Method(self._dump)},
            "dhcp": {
                "ipv4leases": Method(lambda request: self._answer(request, {"device": self.leases4})),
                "ipv6leases": Method(lambda request: self._answer(request, {"device": self.leases6})),
            },
        }.items():
            self._service.publish(Published(name, methods))
        there = threading.Event()
        self._service.on_connect(there.set)
        self._thread = threading.Thread(target=self._service.run, args=(self._stop,), daemon=True)
        self._thread.start()
        assert there.wait(PATIENCE)

    def close(self) -> None:
        """End all of it."""
        for service, stop, thread in [*self._more, (self._service, self._stop, self._thread)]:
            stop.set()
            service.wake()
            thread.join(PATIENCE)
            service.close()
        self._bus.stop()

    def serve_interface(self, name: str) -> None:
        """Have an interface's own object on the bus, from now on or as soon as the bus has seen it."""
        service, path = BusService(self.path), f"network.interface.{name}"
        service.publish(Published(path, {one: Method(partial(self._command, path)) for one in ("up", "down", "renew")}))
        there, stop = threading.Event(), threading.Event()
        service.on_connect(there.set)
        thread = threading.Thread(target=service.run, args=(stop,), daemon=True)
        thread.start()
        assert there.wait(PATIENCE)
        self._more.append((service, stop, thread))

    def notify(self, path: str, name: str, values: dict[str, Any]) -> None:
        """Tell those who have subscribed to an object."""
        self._service.notify(path, name, values)

    def events(self) -> list[str]:
        """The packages of which procd was told, and netifd's reloads."""
        return [str(values.get("data", {}).get("package", method)) for _, method, values in self.told]

    def _list(self, request: Request) -> None:
        name = str(request.arguments.get("name", ""))
        found = {name: {"instances": {"one": {"running": name in self.running, "pid": 1}}}}
        if name in self.services:
            found = {name: self.services[name]}
        request.answer(found if name in self.running or name in self.services else {})

    def _dump(self, request: Request) -> None:
        self.dumps += 1
        links = [{"interface": name, "l3_device": link} for name, link in self.links.items()]
        request.answer({"interface": [*links, *self.interfaces]})

    def _answer(self, request: Request, document: dict[str, Any]) -> None:
        request.answer(document)

    def _command(self, path: str, request: Request) -> None:
        if request.method in self.refuses:
            request.answer(None, 9)
            return
        self.told.append((path, request.method, {}))
        request.answer({})

    def _note(self, request: Request) -> None:
        if request.method in self.refuses:
            request.answer(None, 9)
            return
        self.told.append(("", request.method, dict(request.arguments)))
        request.answer({})
