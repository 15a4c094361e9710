"""A busy gateway in a network namespace of its own: 20 interfaces, 100 hosts, 50 leases, 40 rules, 2 radios with 20
stations each (see radios.py), 200 settings.

python -m tests.bench.gateway      prints its figures as JSON; the bench runs it in a new namespace
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

from backends.hostapd import Hostapd
from tests.bench.radios import RADIOS, STATIONS
from tests.bench.stage import Stage, stage
from tests.waiting import PATIENCE

PAIRS, HOSTS, LEASES, RULES, MAPPINGS, ROUTES, STATIC = 10, 100, 50, 40, 20, 20, 30
IP, ROUTER = "Device.IP.Interface.", "Device.Routing.Router.1.IPv4Forwarding."
NAT = "Device.NAT.PortMapping."
POOL, SHAPER = "Device.DHCPv4.Server.Pool.", "Device.QoS.Shaper."
RADIO, SSID, POINT = "Device.WiFi.Radio.", "Device.WiFi.SSID.", "Device.WiFi.AccessPoint."
PASSPHRASE = f"{POINT}1.Security.KeyPassphrase"
CHANNELS = {1: ("2.4GHz", 6), 2: ("5GHz", 36)}
HAS_RADIOS = shutil.which("hostapd", path="/usr/local/sbin:/usr/sbin:/sbin:/usr/bin") is not None
ACTIVE = 2
DUMP = re.compile(r"nlmsg_type=(\w+(?:<<8\|\w+)?), nlmsg_flags=[A-Z_|]*NLM_F_DUMP[^{]*(\{[^}]*\}.*)")


def run(command: str) -> str:
    """A command of iproute2 or nft in this namespace."""
    return subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout


def build() -> None:
    """The interfaces and the neighbours."""
    run("ip link set lo up")
    for number in range(PAIRS):
        run(f"ip link add g{number} type veth peer name p{number}")
        run(f"ip link set g{number} up")
        run(f"ip link set p{number} up")
    for number in range(RADIOS):
        run(f"ip link add wlan{number} type veth peer name air{number}")
        run(f"ip link set wlan{number} up")
    run("ip address add 192.168.1.1/24 dev g0")
    run("ip address add 203.0.113.2/24 dev g9")
    for number in range(HOSTS):
        run(f"ip neigh add 192.168.1.{number + 100} lladdr 02:00:00:00:01:{number:02x} dev g0 nud reachable")


def lease_file(state: Path) -> None:
    """What dnsmasq kept of its clients."""
    until = int(time.time()) + 3600
    lines = [
        f"{until} 02:00:00:00:01:{n:02x} 192.168.1.{n + 100} host-{n} 01:02:00:00:00:01:{n:02x}\n"
        for n in range(LEASES)
    ]
    (state / "dhcp.leases").write_text("".join(lines))


class Gateway:
    """The stage, as an ACS configures it."""

    def __init__(self, live: Stage) -> None:
        self.live = live
        names = self.values(IP)
        self.of = {
            text: path.rpartition(".")[0]
            for path, text in names.items()
            if re.fullmatch(r".*Interface\.\d+\.Name", path)
        }

    def values(self, path: str) -> dict[str, str]:
        """What the ACS reads below a path."""
        result = self.live.done("GetParameterValues", names=[path]).result
        return {one["path"]: one["value"] for one in (result or {})["parameters"]}

    def add(self, table: str) -> str:
        """A new row."""
        result = self.live.done("AddObject", path=table).result
        return f"{table}{(result or {})['instance_number']}."

    def set(self, values: dict[str, Any]) -> float:
        """Set; the seconds from the request's last byte to the answer."""
        seconds = self.live.done("SetParameterValues", parameters=values).seconds
        assert seconds is not None
        return seconds

    def rows(self, table: str, count: int, values: Any) -> list[str]:
        """So many rows, set in one request."""
        rows = [self.add(table) for _ in range(count)]
        self.set({row + name: value for number, row in enumerate(rows) for name, value in values(number).items()})
        return rows

    def configure(self) -> tuple[str, str, str]:
        """Two hundred settings and more; a mapping, a route and a shaper to change later."""
        wan, lan = self.of["g9"], self.of["g0"]
        outside = self.add("Device.NAT.InterfaceSetting.")
        self.set({f"{outside}Interface": wan, f"{outside}Enable": "1"})
        mappings = self.rows(NAT, MAPPINGS, lambda n: {
            "Interface": wan, "ExternalPort": 8000 + n, "InternalPort": 80, "Protocol": "TCP",
            "InternalClient": f"192.168.1.{n + 100}", "Description": f"mapping {n}", "Enable": "1",
        })  # fmt: skip
        level = self.add("Device.Firewall.Level.")
        chain = self.values(level)[f"{level}Chain"] + "."
        self.rows(f"{chain}Rule.", RULES, lambda n: {
            "Target": "Accept", "DestIP": f"192.168.1.{n + 1}", "Protocol": 6, "DestPort": 1000 + n, "Enable": "1",
        })  # fmt: skip
        self.set({
            f"{chain}Enable": "1", "Device.Firewall.Config": "Advanced", "Device.Firewall.AdvancedLevel": level[:-1],
            "Device.Firewall.Enable": "1",
        })  # fmt: skip
        routes = self.rows(ROUTER, ROUTES, lambda n: {
            "DestIPAddress": f"10.{n}.0.0", "DestSubnetMask": "255.255.0.0", "GatewayIPAddress": "203.0.113.1",
            "Enable": "1",
        })  # fmt: skip
        if shutil.which("dnsmasq"):
            pool = self.add(POOL)
            self.set({
                f"{pool}Interface": lan, f"{pool}MinAddress": "192.168.1.100", f"{pool}MaxAddress": "192.168.1.240",
                f"{pool}SubnetMask": "255.255.255.0", f"{pool}Enable": "1", "Device.DHCPv4.Server.Enable": "1",
            })  # fmt: skip
            self.rows(f"{pool}StaticAddress.", STATIC, lambda n: {
                "Chaddr": f"02:00:00:00:02:{n:02x}", "Yiaddr": f"192.168.1.{n + 10}", "Enable": "1",
            })  # fmt: skip
        if HAS_RADIOS:
            self.access_points()
        shaper = self.add(SHAPER)
        self.set({f"{shaper}Interface": wan, f"{shaper}ShapingRate": 50_000_000, f"{shaper}Enable": "1"})
        return mappings[0], routes[0], shaper

    def access_points(self) -> None:
        """A network on each radio."""
        for number, (band, channel) in CHANNELS.items():
            point = self.add(POINT)
            self.set({
                f"{RADIO}{number}.OperatingFrequencyBand": band, f"{RADIO}{number}.Channel": channel,
                f"{SSID}{number}.SSID": f"busy {number}", f"{SSID}{number}.Enable": "1",
                f"{point}SSIDReference": f"{SSID}{number}", f"{point}Security.KeyPassphrase": "correct horse",
                f"{point}Enable": "1",
            })  # fmt: skip
            assert self.values(point)[f"{point}AssociatedDeviceNumberOfEntries"] == str(STATIONS)

    def is_sent_as(self) -> str:
        """The name of the first radio's network as its hostapd tells it."""
        sockets = self.live.state / "services/wifi/phy0/control"
        return Hostapd(sockets / "wlan0").status()["ssid[0]"]


def dumps_of(gateway: Gateway) -> int:
    """The most dumps of one kind that reading the whole tree asks the kernel for, over what a session needs anyway.

    The least of three: what is looked after every half minute may fall into a session.
    """
    little = _dumps(gateway, "Device.DeviceInfo.UpTime")
    return min(max((_dumps(gateway, "Device.") - little).values(), default=0) for _ in range(3))


def _dumps(gateway: Gateway, path: str) -> Counter[str]:
    """The dumps of each kind in a session that reads a path."""
    with tempfile.NamedTemporaryFile() as seen:
        command = ["strace", "-f", "-e", "trace=sendto,sendmsg", "-o", seen.name, "-p", str(gateway.live.agent.pid)]
        strace = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert strace.stderr is not None
        strace.stderr.readline()  # it is attached
        gateway.values(path)
        strace.terminate()
        strace.wait(10)
        asked = Path(seen.name).read_text()
    return Counter(found[1] + found[2] for found in DUMP.finditer(asked))  # links, IPv4 routes, IPv6 routes …


def told_within(gateway: Gateway) -> float:
    """Seconds from a link's fall to the Inform that tells it."""
    path = f"{gateway.of['g5']}.Status"
    gateway.live.done("SetParameterAttributes", parameters={path: {"notification": ACTIVE}})
    known = len(gateway.live.acs.informs)
    begun = time.monotonic()
    run("ip link set p5 down")
    inform = gateway.live.acs.wait_for_inform("4 VALUE CHANGE", after=known)
    gateway.live.acs.wait_for_session_end(timeout=PATIENCE)
    return inform.at - begun


def system(live: Stage) -> list[object]:
    """All that services of ours have in the kernel, but for counters, and in files; and which daemons run."""
    services = live.state / "services"
    files = [path for path in services.glob("**/*") if path.suffix in (".conf", ".pid", ".accept")]
    kernel = [run("nft -a -s list ruleset"), run("ip -d route"), run("tc class show dev g9")]
    return [*kernel, *((str(path), path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(files))]


def main() -> int:
    """Measure, and print [[name, value, unit, target]…]."""
    if len(socket.if_nameindex()) > 1:
        sys.exit("a network namespace of its own is needed: `make bench ARGS=gateway` makes one")
    figures: list[tuple[str, float, str, float]] = []
    build()
    program = "tests.bench.radios" if HAS_RADIOS else "agent"
    with stage(more='[network]\nmanage = ["g*", "wlan*"]\n', prepare=lease_file, program=program) as live:
        gateway = Gateway(live)
        mapping, route, shaper = gateway.configure()
        best, parameters = 1e9, 0
        for _ in range(5):
            rpc = live.done("GetParameterValues", names=["Device."])
            parameters, best = len((rpc.result or {})["parameters"]), min(best, rpc.seconds or 1e9)
        size = f"{parameters} parameters, {RADIOS if HAS_RADIOS else 'no'} radios"
        figures.append((f"full tree of a busy gateway ({size})", best, "s", 0.4))
        figures.append(("kernel dumps of one kind for it", dumps_of(gateway), "", 1))
        kinds = {
            "one mapping, one route and one shaper": lambda n: {f"{shaper}ShapingRate": 4000 * n},
            "one Wi-Fi name, one mapping and one route": lambda n: {f"{SSID}1.SSID": f"busy {n}"},
            "one Wi-Fi passphrase, one mapping and one route": lambda n: {PASSPHRASE: f"correct horse {n}"},
        }
        for first, (what, values) in zip(count(9000, 5), kinds.items(), strict=False):
            if HAS_RADIOS or "Wi-Fi" not in what:
                took = [
                    gateway.set({f"{mapping}ExternalPort": port, f"{route}ForwardingMetric": port} | values(port))
                    for port in range(first, first + 5)
                ]
                figures.append((f"setting {what}", min(took), "s", 0.3))
        assert not HAS_RADIOS or gateway.is_sent_as() == "busy 9009"
        figures.append(("kernel event to VALUE CHANGE on the wire", told_within(gateway), "s", 1.0))
        before = system(live)
        log = live.restart()
        seconds = float((re.search(r"what was configured holds after ([\d.]+) s", log) or ["", "nan"])[1])
        figures.append(("re-apply at a start, nothing changed", seconds, "s", 0.2))
        figures.append(("what it changed in the kernel, in files and of daemons", float(system(live) != before), "", 0))
        daemons = [json.loads(known.read_text())["pid"] for known in (live.state / "services").glob("**/*.pid")]
    subprocess.run(["kill", *map(str, daemons)], check=False)  # now that nobody starts them again
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
