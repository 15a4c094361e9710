"""A gateway with a radio on the air of mac80211_hwsim, and stations and strangers around it; for inside the machine."""

import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from agent.model.own_values import OwnValues
from backends import tr181
from backends.addresses import Addresses
from backends.generic_netlink import GenericNetlink
from backends.netlink import Netlink
from backends.procfs import Procfs
from backends.sysfs import Sysfs
from backends.system import System
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Build, Machine
from backends.tr181.staging import LinuxNetwork
from backends.tr181.wifi_tables import wifi_tables
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.waiting import until

NEW_RADIO = 4  # HWSIM_CMD_NEW_RADIO
WIFI = "Device.WiFi."
RADIO, SSID, POINT = f"{WIFI}Radio.1.", f"{WIFI}SSID.", f"{WIFI}AccessPoint."


def run(*command: str) -> str:
    """What a program prints; fails with all that it says."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
    return done.stdout


def iw(link: str) -> dict[str, str]:
    """What iw says of a wireless link."""
    told = run("iw", "dev", link, "info")
    return dict(line.strip().partition(" ")[::2] for line in told.splitlines())


PATIENT = 5.0
"""Seconds for the kernel of a machine whose processors are imitated by busy ones."""


class Gateway(SmallDevice):
    """The device under test. ``manage`` names the links that the owner gave to it, ``services`` what else it has."""

    def __init__(
        self,
        manage: Sequence[str] = ("wlan*", "br*"),
        store: Documents | None = None,
        services: Sequence[Build] = (partial(wifi_tables, deadline=PATIENT),),
    ) -> None:
        self.netlink, procfs = Netlink(deadline=PATIENT, change_deadline=4 * PATIENT), Procfs()
        self.network = LinuxNetwork(self.netlink, procfs, manage, lambda: None)
        own = OwnValues(tr181.OWN_VALUES, {})
        basic = Mechanisms(
            self.netlink,
            Addresses(self.netlink, None),
            procfs,
            Sysfs(),
            System("/"),
            self.network,
            own,
            links=Links(self.network),
            directory=Path("/run/agent"),
        )
        self.machine = Machine(basic, services)
        self.part = next(part for part in self.machine.parts if part.name == "wifi")
        self.tables = self.part.provides["wifi"]
        super().__init__(
            tr181.objects(self.machine.mechanisms),
            own,
            [self.network, *self.machine.backends],
            store=store,
            forget=[self.netlink.forget, procfs.forget, *self.machine.forget],
        )
        if store is not None:
            self.network.apply_at_start()
            self.machine.apply_at_start()

    def access_point(self, ssid: str = "LabNet", **settings: str) -> str:
        """An access point on the radio's own link, on channel 6; its path."""
        self.set({f"{RADIO}Channel": "6"})
        self.set({f"{SSID}1.SSID": ssid, f"{SSID}1.Enable": "1"})
        point = self.add(POINT)
        self.set(
            {
                f"{point}SSIDReference": f"{SSID}1",
                **{point + name.replace("_", "."): value for name, value in settings.items()},
                f"{point}Enable": "1",
            }
        )
        return point

    def associated(self, point: str) -> dict[str, dict[str, str]]:
        """The stations of an access point by address."""
        rows: dict[str, dict[str, str]] = {}
        for name, value in self.tree(f"{point}AssociatedDevice.").items():
            number, _, rest = name.partition(".")
            rows.setdefault(number, {})[rest] = value
        return {row["MACAddress"]: row for row in rows.values()}

    def processes(self) -> dict[str, int]:
        """The daemons that run for us."""
        found = {}
        for file in Path("/run/agent/wifi").glob("*/*.pid"):
            told = re.search(r'"pid": (\d+)', file.read_text())
            if told and Path(f"/proc/{told[1]}").exists():
                found[f"{file.parent.name}/{file.stem}"] = int(told[1])
        return found

    @contextmanager
    def watched(self) -> Iterator[list[tuple[float, frozenset[str]]]]:
        """What the watch tells, and when."""
        told: list[tuple[float, frozenset[str]]] = []
        stop = threading.Event()
        assert self.part.watch is not None
        watch = threading.Thread(
            target=self.part.watch, args=(lambda topics: told.append((time.monotonic(), topics)), stop)
        )
        watch.start()
        time.sleep(0.6)  # it has to hear our own daemons before anything happens
        try:
            yield told
        finally:
            stop.set()
            watch.join()


class Station:
    """Somebody with a radio, in a network namespace of its own, with a wpa_supplicant."""

    def __init__(self, number: int) -> None:
        self.link, self.space = f"wlan{number}", f"space{number}"
        self.mac = Path(f"/sys/class/net/{self.link}/address").read_text().strip()
        phy = Path(f"/sys/class/net/{self.link}/phy80211").resolve().name
        run("ip", "netns", "add", self.space)
        run("iw", "phy", phy, "set", "netns", "name", self.space)
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.space, *command]

    def join(self, ssid: str, password: str | None = None, keys: str = "WPA-PSK", **more: str) -> None:
        """Begin to look for a network."""
        self.leave()
        told = [f"ssid={ssid.encode().hex()}", f"key_mgmt={keys}", "scan_ssid=1", "scan_freq=2412 2437 2462"]
        if password is not None:
            told += [f'psk="{password}"'] if "PSK" in keys else []
            told += [f'sae_password="{password}"', "ieee80211w=1"] if "SAE" in keys else []
        told += [f"{name}={value}" for name, value in more.items()]
        file = Path(f"/run/{self.space}.conf")
        body = "\n".join(told)
        file.write_text(f"ctrl_interface=/run/{self.space}\nnetwork={{\n{body}\n}}\n")
        self._process = subprocess.Popen(
            self.command("wpa_supplicant", "-i", self.link, "-D", "nl80211", "-c", str(file)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def leave(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def status(self) -> dict[str, str]:
        told = subprocess.run(
            self.command("wpa_cli", "-p", f"/run/{self.space}", "-i", self.link, "status"),
            capture_output=True,
            text=True,
            check=False,
        ).stdout
        return dict(line.partition("=")[::2] for line in told.splitlines() if "=" in line)

    def is_connected(self, ssid: str | None = None) -> bool:
        told = self.status()
        return told.get("wpa_state") == "COMPLETED" and ssid in (None, told.get("ssid"))

    def connects(self, ssid: str | None = None, seconds: float = 15) -> dict[str, str]:
        """Wait until it is connected; what it says of that."""
        until(lambda: self.is_connected(ssid), f"{self.link} connects to {ssid}: {self.status()}", seconds)
        return self.status()


class Stranger:
    """Another's access point with a hostapd of its own."""

    def __init__(self, station: Station, configuration: str) -> None:
        file = Path(f"/run/{station.space}-ap.conf")
        file.write_text(f"interface={station.link}\ndriver=nl80211\n{configuration}\n")
        self._process = subprocess.Popen(station.command("hostapd", str(file)), stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "AP-ENABLED" in line:
                break

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


def more_radios(number: int) -> None:
    """Make the air busier: radios, each with a link wlanN."""
    hwsim = GenericNetlink("MAC80211_HWSIM")
    for _ in range(number):
        hwsim.ask(NEW_RADIO)
    hwsim.close()
