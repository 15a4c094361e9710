"""A machine made of files: /proc, /sys and /etc below a folder, as a small router would show them."""

import os
import struct
import time
from pathlib import Path

from backends.procfs import TICKS, Procfs
from backends.sysfs import Sysfs
from backends.system import System

BOOT_ID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
TCP_HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


class FakeMachine:
    """Writes the files, and can change what they say."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.host_names: list[str] = []
        self.restarts = 0
        self.put("proc/meminfo", "MemTotal: 262144 kB\nMemFree: 65536 kB\nMemAvailable: 131072 kB\nSwapTotal: 0 kB\n")
        self.put("proc/uptime", "4711.08 9000.00\n")
        self.put("proc/loadavg", "0.50 0.25 0.10 1/77 4242\n")
        self.put("proc/sys/kernel/random/boot_id", BOOT_ID + "\n")
        self.put("proc/sys/net/ipv4/ip_forward", "1\n")
        self.put("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n")
        self.put("proc/sys/net/ipv4/tcp_congestion_control", "cubic\n")
        self.put("proc/sys/net/ipv6/conf/eth0/disable_ipv6", "0\n")
        self.cpu(busy=1000, idle=9000)
        self.process(1, "init")
        self.process(os.getpid(), "cpe-agent", state="R")
        self.listen("127.0.0.1", 7547)
        self.put("proc/net/udp", TCP_HEADER)
        self.put("sys/class/net/lo/speed", "")
        self.put(
            "etc/os-release", 'NAME="Example Linux"\nVERSION_ID="1.2"\nPRETTY_NAME="Example Linux 1.2"\nBUILD_ID=r7\n'
        )
        self.put("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.put("etc/hostname", "gateway\n")

    def put(self, path: str, content: str | bytes) -> Path:
        """Write a file below the root."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def cpu(self, busy: int, idle: int) -> None:
        """Ticks since the boot; the first processor had two thirds of the work, the second one third."""
        parts = [busy * 2 // 3, busy - busy * 2 // 3]
        rows = [
            f"cpu{number} {part // 2} 0 {part - part // 2} {idle // 2} 0 0 0 0 0 0" for number, part in enumerate(parts)
        ]
        self.put(
            "proc/stat", f"cpu  {busy // 2} 0 {busy - busy // 2} {idle} 0 0 0 0 0 0\n" + "\n".join(rows) + "\nbtime 1\n"
        )

    def process(self, pid: int, name: str, state: str = "S", started: int = 100, ticks: int = TICKS) -> None:
        """A process that has run for ``ticks`` and holds 250 pages."""
        fields = f"{state} 0 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {started} 9999999 250 0"
        self.put(f"proc/{pid}/stat", f"{pid} ({name}) {fields}\n")

    def listen(self, address: str, port: int) -> None:
        """A TCP socket that listens, and one that is connected."""
        (number,) = struct.unpack("=I", bytes(int(part) for part in address.split(".")))
        rows = [f"   0: {number:08X}:{port:04X} 00000000:0000 0A", f"   1: {number:08X}:{port:04X} 0200A8C0:1F90 01"]
        self.put(
            "proc/net/tcp",
            TCP_HEADER + "\n".join(f"{row} 00000000:00000000 00:00000000 00000000" for row in rows) + "\n",
        )

    def thermal_zone(self, number: int, kind: str, milli_degrees: int | None) -> None:
        """A thermal zone; None: its file cannot be read."""
        folder = f"sys/class/thermal/thermal_zone{number}"
        self.put(f"{folder}/type", f"{kind}\n")
        if milli_degrees is not None:
            self.put(f"{folder}/temp", f"{milli_degrees}\n")

    def monitor(self, number: int, chip: str, device: str, milli_degrees: int, label: str = "") -> None:
        """A hardware monitor with one temperature."""
        folder = f"sys/class/hwmon/hwmon{number}"
        self.put(f"{folder}/name", f"{chip}\n")
        self.put(f"{folder}/temp1_input", f"{milli_degrees}\n")
        if label:
            self.put(f"{folder}/temp1_label", f"{label}\n")
        (self.root / "sys/devices" / device).mkdir(parents=True, exist_ok=True)
        (self.root / folder / "device").symlink_to(self.root / "sys/devices" / device)

    def procfs(self) -> Procfs:
        """Procfs on these files."""
        return Procfs(self.root / "proc", time.monotonic)

    def sysfs(self) -> Sysfs:
        """Sysfs on these files."""
        return Sysfs(self.root / "sys")

    def system(self) -> System:
        """System on these files; the kernel's host name is only noted."""
        return System(self.root, restart=self.restart, set_kernel_host_name=self.host_names.append)

    def restart(self) -> None:
        """Note that the agent was asked to start anew."""
        self.restarts += 1
