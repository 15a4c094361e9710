"""The machine as a whole: restart, factory reset, host name, clock, time zone, what it is."""

import copy
import ctypes
import hashlib
import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from backends.board import Board, board
from backends.errors import MechanismError
from backends.files import read_text, replace_file
from backends.netlink_types import Link
from backends.sysfs import Machine
from backends.system_settings import Settings, SystemSettings
from backends.time_zone import TimeZone

Command = Sequence[str] | Literal["restart", "auto"]

TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
TIMESYNCD = "run/systemd/timesync"
TIMEX_BYTES = 512  # more than struct timex of any architecture
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COMMAND_SECONDS = 1.0
SYSTEMD, OPENWRT = "run/systemd/system", "etc/openwrt_release"
HOST_NAME_BYTES = 64  # HOST_NAME_MAX


@dataclass(frozen=True, slots=True)
class Storage:
    """A file system's size and what is left of it for others than root, in kB."""

    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Release:
    """What /etc/os-release says of the system, "" where it does not."""

    name: str = ""
    version: str = ""
    pretty_name: str = ""
    build: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a machine tells a management server that it is."""

    manufacturer: str
    oui: str  # six upper-case hexadecimal digits
    model_name: str
    product_class: str
    serial_number: str
    hardware_version: str
    software_version: str


class System:
    """Acts on this machine, with its files below ``root``. Commands are argument lists and never see a shell.

    ``settings`` is the backend through which a transaction changes host name and time zone.
    """

    def __init__(
        self,
        root: str | Path = "/",
        *,
        reboot_command: Command = "restart",
        factory_reset_command: Command = "restart",
        restart: Callable[[], None] | None = None,
        set_kernel_host_name: Callable[[str], None] = socket.sethostname,
    ) -> None:
        """``restart`` is called where a command is the word "restart": the agent starts itself anew as if booted.
        "auto" is the command that this kind of system has.
        """
        self.root = Path(root)
        self._reboot_command = reboot_command
        self._factory_reset_command = factory_reset_command
        self._restart = restart
        self._set_kernel_host_name = set_kernel_host_name
        self.time_zone = TimeZone(root)
        self.settings: Settings = SystemSettings(self, self.time_zone)

    def over(self, settings: Settings, time_zone: TimeZone) -> "System":
        """The same machine, whose host name and time zone others keep."""
        other = copy.copy(self)
        other.settings, other.time_zone = settings, time_zone
        return other

    def forget(self) -> None:
        """Let the next reads ask again."""
        self.time_zone.forget()

    def reboot(self) -> None:
        """Run the configured reboot; MechanismError if it could not be started or failed within a second."""
        self._run(self._reboot_command, "reboot", self._reboot_here)

    def factory_reset(self) -> None:
        """Run the configured factory reset; MechanismError if it could not be started or failed within a second."""
        self._run(self._factory_reset_command, "factory reset", self._factory_reset_here)

    def restart_agent(self) -> None:
        """As where a command is the word "restart". MechanismError where nobody can."""
        self._run("restart", "restart", lambda: "restart")

    def _reboot_here(self) -> Command:
        return ("systemctl", "reboot") if (self.root / SYSTEMD).is_dir() else ("reboot",)

    def _factory_reset_here(self) -> Command:
        """OpenWrt's overlay is emptied and the system restarted; elsewhere only the agent's own state is ours."""
        return ("firstboot", "-y", "-r") if (self.root / OPENWRT).exists() else "restart"

    def host_name(self) -> str:
        """The kernel's host name."""
        return socket.gethostname()

    def check_host_name(self, name: str) -> None:
        """MechanismError unless ``name`` can be a host name (RFC 1123 labels, at most 64 bytes)."""
        label = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        if len(name) > HOST_NAME_BYTES or not re.fullmatch(rf"{label}(\.{label})*", name):
            raise MechanismError(f"{name!r} is no host name", "EINVAL")

    def set_host_name(self, name: str) -> None:
        """Name the machine: /etc/hostname for the next boot, the kernel for this one; both or MechanismError."""
        self.check_host_name(name)
        before = self.host_name()
        try:
            self._set_kernel_host_name(name)
        except OSError as error:
            raise MechanismError(f"host name: {os.strerror(error.errno or 0)}") from error
        try:
            replace_file(self.root / "etc/hostname", f"{name}\n".encode())
        except MechanismError:
            self._set_kernel_host_name(before)
            raise

    def clock(self) -> datetime:
        """The time, in UTC. Of the wall clock, which may not have been set: see ``is_synchronised``."""
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        return EPOCH + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)  # right on 32 bits after 2038 too

    def is_synchronised(self) -> bool | None:
        """Whether something (an NTP daemon) keeps the clock right, by adjtimex(2); where that may not be asked, as
        systemd-timesyncd has noted; None where nobody says.
        """
        buffer = ctypes.create_string_buffer(TIMEX_BYTES)  # modes = 0: only look
        try:
            state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
        except (OSError, AttributeError):
            state = -1
        return self._is_synchronised_by_timesyncd() if state < 0 else bool(state != TIME_ERROR)

    def _is_synchronised_by_timesyncd(self) -> bool | None:
        """systemd-timesyncd.service(8): the file is there once the clock was set since boot."""
        folder = self.root / TIMESYNCD
        return (folder / "synchronized").exists() if folder.is_dir() else None

    def release(self) -> Release:
        """/etc/os-release, else /usr/lib/os-release (os-release(5))."""
        text = read_text(self.root / "etc/os-release") or read_text(self.root / "usr/lib/os-release") or ""
        values = _assignments(text.splitlines())
        return Release(
            name=values.get("NAME", ""),
            version=values.get("VERSION_ID", ""),
            pretty_name=values.get("PRETTY_NAME", ""),
            build=values.get("BUILD_ID", "") or values.get("IMAGE_VERSION", ""),
        )

    def kernel(self) -> str:
        """The kernel's name and release, like "Linux 6.1.0-28"."""
        names = os.uname()
        return f"{names.sysname} {names.release}"

    def architecture(self) -> str:
        """The processor's architecture as uname(2) spells it."""
        return os.uname().machine

    def storage(self) -> Storage:
        """The file system that survives a restart: OpenWrt's overlay where there is one, else the root."""
        overlay = self.root / "overlay"
        try:
            found = os.statvfs(overlay if overlay.is_dir() else self.root)
        except OSError as error:
            raise MechanismError(f"{self.root}: {os.strerror(error.errno or 0)}") from error
        return Storage(found.f_blocks * found.f_frsize // 1024, found.f_bavail * found.f_frsize // 1024)

    def board(self) -> Board:
        """What OpenWrt says of the board; nothing elsewhere."""
        return board(self.root)

    def board_name(self) -> str:
        """What OpenWrt calls the board ("acme,router-1"); "" elsewhere."""
        return self.board().name

    def machine_id(self) -> str:
        """A number of this installation, derived from /etc/machine-id, which is not to be shown; "" without one."""
        secret = read_text(self.root / "etc/machine-id", 64)
        return hashlib.sha256(f"cpe-agent {secret}".encode()).hexdigest()[:16].upper() if secret else ""

    def _run(self, command: Command, what: str, here: Callable[[], Command]) -> None:
        if command == "auto":
            command = here()
        if command == "restart":
            if self._restart is None:
                raise MechanismError(f"{what}: nobody to restart")
            self._restart()
            return
        if not command:
            raise MechanismError(f"{what}: no command is configured")
        try:
            process = subprocess.Popen(list(command), stdin=subprocess.DEVNULL, start_new_session=True)
        except (OSError, ValueError) as error:
            raise MechanismError(f"{what}: {error}") from error
        try:
            status = process.wait(COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            return  # at work: it will end us
        if status != 0:
            raise MechanismError(f"{what}: {shlex.join(command)} ended with status {status}")


def identity(
    machine: Machine, release: Release, links: Iterable[Link], machine_id: str, board: Board | None = None
) -> Identity:
    """Who the machine is: its maker's words where there are some, else its first Ethernet address, else its number.

    The OUI is that of the first physical port's address. A made-up (locally administered) address is used too: an
    identity has to have an OUI, and the settings can say a better one. A veth's is not: it is
    another one each time that its container starts, and so would the device be.
    """
    board = board or Board()
    digits = board.mac or first_mac(links)
    words = board.product or machine.model or board.model or release.name or "Linux"
    maker, _, rest = board.model.partition(" ")
    return Identity(
        manufacturer=board.manufacturer or machine.manufacturer or (maker if rest else "") or release.name or "Linux",
        oui=digits[:6] or "000000",
        model_name=words[:64],
        product_class=re.sub(r"[^A-Za-z0-9_.-]+", "-", words).strip("-")[:64],
        serial_number=(machine.serial_number or digits or machine_id or "0")[:64],
        hardware_version=(board.revision or machine.version or board.name)[:64],
        software_version=" ".join(filter(None, (release.version, release.build)))[:64] or release.pretty_name[:64],
    )


def first_mac(links: Iterable[Link]) -> str:
    """The address of the first port, as twelve upper-case digits; "" on a machine that has none."""
    mac = next((link.permanent_mac or link.mac for link in links if _is_port(link)), "")
    return mac.replace(":", "").upper()


def _is_port(link: Link) -> bool:
    return link.type == 1 and link.kind == "" and bool(link.mac.strip("0:"))


def _assignments(lines: Iterable[str]) -> Mapping[str, str]:
    """NAME=value lines with the shell's quoting; a line that is none is left out."""
    found = {}
    for line in lines:
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            try:
                found[name] = "".join(shlex.split(value))
            except ValueError:
                continue
    return found
