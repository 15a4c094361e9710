"""netifd and its hostapd on the bus, with the answers that a test gives them."""

import threading
from pathlib import Path

from backends.ubus import BusService, Method, Published, Request
from tests.fakes.ubusd import FakeUbusd
from tests.waiting import PATIENCE


class Netifd:
    """``links``: the interfaces' names by section; ``state`` hostapd's; ``asked`` what was asked, ``told`` reloads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.links: dict[str, str] = {}
        self.state = "ENABLED"
        self.asked: list[str] = []
        self.told: list[str] = []
        self._bus = FakeUbusd(path)
        self._bus.start()
        self._service = BusService(path)
        self._service.publish(Published("network.wireless", {"status": Method(self._status)}))
        self._service.publish(Published("network", {"reload": Method(self._reload)}))
        self._service.publish(Published("hostapd.phy0-ap0", {"get_status": Method(self._state)}))
        self._stop, there = threading.Event(), threading.Event()
        self._service.on_connect(there.set)
        self._thread = threading.Thread(target=self._service.run, args=(self._stop,), daemon=True)
        self._thread.start()
        assert there.wait(PATIENCE)

    def notify(self, name: str) -> None:
        """hostapd tells of something."""
        self._service.notify("hostapd.phy0-ap0", name, {"address": "0c:00:00:00:00:01"})

    def close(self) -> None:
        """End all of it."""
        self._stop.set()
        self._service.wake()
        self._thread.join(PATIENCE)
        self._service.close()
        self._bus.stop()

    def _status(self, request: Request) -> None:
        self.asked.append("status")
        interfaces = [{"section": one, "ifname": link, "config": {"key": "x"}} for one, link in self.links.items()]
        request.answer({"radio0": {"up": True, "interfaces": interfaces}})

    def _state(self, request: Request) -> None:
        self.asked.append("get_status")
        request.answer({"status": self.state})

    def _reload(self, request: Request) -> None:
        self.told.append("reload")
        request.answer({})
