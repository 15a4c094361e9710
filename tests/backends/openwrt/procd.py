"""Those whom a router asks over the bus: procd, netifd and odhcpd, with the answers that a test gives them."""

import threading
from pathlib import Path
from typing import Any

from backends.ubus import BusService, Kind, Method, Published, Request
from tests.fakes.ubusd import FakeUbusd


class Procd:
    """``running``: the services that run; ``told``: what was called, in order; ``refuses``: objects that answer no."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.running = {"dnsmasq", "odhcpd"}
        self.links: dict[str, str] = {}
        self.leases4: dict[str, Any] = {}
        self.leases6: dict[str, Any] = {}
        self.told: list[tuple[str, str, dict[str, Any]]] = []
        self.refuses: set[str] = set()
        self._bus = FakeUbusd(path)
        self._bus.start()
        self._stop = threading.Event()
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
        assert there.wait(20)

    def close(self) -> None:
        """End all of it."""
        self._stop.set()
        self._service.wake()
        self._thread.join(20)
        self._service.close()
        self._bus.stop()

    def events(self) -> list[str]:
        """The packages of which procd was told, and netifd's reloads."""
        return [str(values.get("data", {}).get("package", method)) for _, method, values in self.told]

    def _list(self, request: Request) -> None:
        name = str(request.arguments.get("name", ""))
        found = {name: {"instances": {"one": {"running": name in self.running, "pid": 1}}}}
        request.answer(found if name in self.running else {})

    def _dump(self, request: Request) -> None:
        request.answer({"interface": [{"interface": name, "l3_device": link} for name, link in self.links.items()]})

    def _answer(self, request: Request, document: dict[str, Any]) -> None:
        request.answer(document)

    def _note(self, request: Request) -> None:
        if request.method in self.refuses:
            request.answer(None, 9)
            return
        self.told.append(("", request.method, dict(request.arguments)))
        request.answer({})
