"""The daemon as it is shipped with the lab ACS at its side, on a gateway that has Wi-Fi and a provider with PPPoE."""

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.backends.test_whole_gateway_hostile import attempted
from tests.backends.whole_gateway import MAPPINGS, ROUTES, Crossing, WholeGateway
from tests.netlab.gateway import HOST, STRANGER
from tests.netlab.namespace import Namespace
from tests.vm.provider import Provider

WIFI, PPP = "Device.WiFi.", "Device.PPP.Interface."
RADIO, SSID, POINTS = f"{WIFI}Radio.1.", f"{WIFI}SSID.1", f"{WIFI}AccessPoint."
NETWORK, SECRET = "LabNet", "correct horse"
USER, PASSWORD = "user", "pa ss"
TRIES = 4
"""The kernel of an imitated machine does not always answer within the agent's 300 ms; then it is asked again."""


class WirelessGateway(WholeGateway):
    """``router`` has wlan0 as well; ``provider`` answers behind wan0 once it is told to serve."""

    def __init__(self, directory: Path, make_namespace: Callable[[], Namespace], **more: Any) -> None:
        super().__init__(directory, make_namespace, also=["wlan*"], **more)
        phy = Path("/sys/class/net/wlan0/phy80211").resolve().name
        subprocess.run(["iw", "phy", phy, "set", "netns", str(self.router.pid)], check=True)
        self.provider = Provider(self.places.wan, "up0", directory / "provider", {USER: PASSWORD})

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.provider.fall_silent()

    def access_point(self, **more: str) -> str:
        """A row for an access point on wlan0 that has a name and a passphrase, and is off; its path."""
        point = self.add(POINTS)
        self.agent.ask("set", values={
            f"{RADIO}Channel": "6", f"{SSID}.SSID": NETWORK,
            f"{point}SSIDReference": SSID, f"{point}Security.KeyPassphrase": SECRET, **more,
        })  # fmt: skip
        return point

    def connection(self) -> str:
        """A row for a connection by wan0, which is off; its path."""
        links = self.agent.values("Device.Ethernet.Link.*.Name")
        lower = next(path for path, name in links.items() if name == "wan0").removesuffix(".Name")
        row = self.add(PPP)
        self.agent.ask("set", values={
            f"{row}LowerLayers": lower, f"{row}Username": USER, f"{row}Password": PASSWORD,
            f"{row}LCPEcho": "1", f"{row}LCPEchoRetry": "2",
        })  # fmt: skip
        return row

    def wlan(self) -> dict[str, str]:
        """What iw says of wlan0."""
        told = self.router.run("iw", "dev", "wlan0", "info")
        return dict(line.strip().partition(" ")[::2] for line in told.splitlines())


class WirelessCrossing(Crossing):
    """One change of a Wi-Fi network, a port mapping and a route."""

    daemon = "hostapd"

    def __init__(self, gateway: WirelessGateway) -> None:
        self.gateway: WirelessGateway = gateway
        self.point, self.mapping, self.route = gateway.access_point(), gateway.add(MAPPINGS), gateway.add(ROUTES)
        wan = gateway.interface("wan0")
        self.values = {
            f"{SSID}.SSID": NETWORK,
            f"{SSID}.Enable": "true",
            f"{self.point}Enable": "true",
            f"{self.mapping}Interface": wan,
            f"{self.mapping}InternalClient": HOST,
            f"{self.mapping}ExternalPort": "8080",
            f"{self.mapping}InternalPort": "80",
            f"{self.mapping}Protocol": "TCP",
            f"{self.mapping}Enable": "true",
            f"{self.route}DestIPAddress": "198.18.0.0",
            f"{self.route}DestSubnetMask": "255.255.0.0",
            f"{self.route}GatewayIPAddress": STRANGER,
            f"{self.route}Interface": wan,
            f"{self.route}Enable": "true",
        }

    def set(self, values: Mapping[str, str]) -> None:
        """See Crossing; what this slow machine could not do at once is tried again."""
        refused = attempted(self.gateway, dict(values), TRIES)
        if refused is not None:
            raise refused

    def made(self) -> dict[str, bool]:
        """See Crossing."""
        run, wlan = self.gateway.router.run, self.gateway.wlan()
        return {
            "wifi": bool(self.gateway.processes("hostapd")) and (wlan["type"], wlan.get("ssid")) == ("AP", NETWORK),
            "mapping": f"dnat ip to {HOST}:80" in run("nft", "list", "ruleset"),
            "route": "198.18.0.0/16" in run("ip", "route"),
        }


class Witness:
    """Another program that tells what happens, line by line, and when each was read (monotonic seconds)."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[tuple[float, str]] = []
        self._process = process
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append((time.monotonic(), line.strip()))

    def saw(self, pattern: str) -> float:
        """When it first told of something; LookupError where it did not."""
        for at, line in list(self.lines):
            if re.search(pattern, line):
                return at
        raise LookupError(f"nothing like {pattern!r} in {self.lines}")


@contextmanager
def witness(space: Namespace, *command: str) -> Iterator[Witness]:
    """A witness in a namespace, for the length of a ``with``."""
    with subprocess.Popen(space.command(*command), stdout=subprocess.PIPE, text=True) as process:
        yield Witness(process)
        process.terminate()
