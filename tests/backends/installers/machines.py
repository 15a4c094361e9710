"""Machines to install into: each answers the commands of one way as the real programs do, and can be started anew."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from backends.errors import MechanismError
from backends.installers.installer import Installer, Surroundings

GOOD, BAD = b"GOOD image", b"BAD image"


class Machine:
    """``calls`` are the commands; ``is_up`` whether what runs now is what was installed last."""

    name = ""
    programs: tuple[str, ...] = ()
    keeps_former = True

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[tuple[str, ...]] = []
        self.given = Surroundings(
            root,
            root / "var/lib/cpe-agent",
            laboratory=self.laboratory(),
            banks=self.banks(),
            start=self.start,
            find=lambda name: Path("/usr/bin", name) if name in self.programs else None,
        )
        self.prepare()

    def laboratory(self) -> Path | None:
        return None

    def banks(self) -> tuple[str, ...]:
        return ()

    def prepare(self) -> None:
        """Files of the machine."""

    def put(self, path: str, content: bytes | str = b"") -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def image(self, content: bytes = GOOD) -> Path:
        return self.put("downloads/image", content)

    def start(self, arguments: Sequence[str], given: str = "", seconds: float = 2.0, lines: int = 1, **_: Any) -> str:
        assert seconds >= 2
        self.calls.append(tuple(arguments))
        return self.answer(list(arguments), given)

    def answer(self, arguments: list[str], given: str) -> str:
        raise AssertionError(arguments)

    def boot(self) -> None:
        """The machine starts anew."""


class OpenWrt(Machine):
    name = "sysupgrade"
    programs = ("sysupgrade",)
    keeps_former = False

    def prepare(self) -> None:
        self.put("etc/openwrt_release", "DISTRIB_ID='OpenWrt'\n")
        self.flashed: Path | None = None

    def answer(self, arguments: list[str], given: str) -> str:
        match arguments:
            case ["sysupgrade", "-T", image]:
                if Path(image).read_bytes() != GOOD:
                    raise MechanismError("sysupgrade ended with status 1: Image check failed.")
            case ["sysupgrade", image]:
                self.flashed = Path(image)
                assert self.flashed.read_bytes() == GOOD
            case _:
                raise AssertionError(arguments)
        return ""

    def boot(self) -> None:
        if self.flashed is not None:
            (self.root / "etc/.cpe-agent-upgrade").unlink(missing_ok=True)  # no list says that it is kept
            self.flashed = None
        for left in (self.root / "tmp").rglob("*.bin"):
            left.unlink()


class RaucMachine(Machine):
    name = "rauc"
    programs = ("rauc",)

    def prepare(self) -> None:
        self.put("etc/rauc/system.conf", "[system]\ncompatible=acme\n")
        self.booted, self.primary, self.good = "rootfs.0", "rootfs.0", {"rootfs.0"}

    def answer(self, arguments: list[str], given: str) -> str:
        other = "rootfs.1" if self.booted == "rootfs.0" else "rootfs.0"
        match arguments[1:]:
            case ["info", _, image]:
                if Path(image).read_bytes() != GOOD:
                    raise MechanismError("rauc ended with status 1: signature verification failed")
                return json.dumps({"compatible": "acme", "version": "2.0", "description": "Acme 2"})
            case ["status", "--output-format=json"]:
                slots = [
                    {name: {"bootname": name[-1], "state": "booted" if name == self.booted else "inactive"}}
                    for name in ("rootfs.0", "rootfs.1")
                ]
                return json.dumps({"compatible": "acme", "slots": [*slots, {"data.0": {"bootname": None}}]})
            case ["install", _]:
                self.primary = other
                self.good.discard(other)
            case ["status", "mark-good"]:
                self.good.add(self.booted)
                self.primary = self.booted
            case ["status", "mark-active", name]:
                self.primary = other if name == "other" else name
            case ["status", "mark-bad", "booted"]:
                self.good.discard(self.booted)
            case _:
                raise AssertionError(arguments)
        return ""

    def boot(self) -> None:
        self.booted = self.primary
        if self.primary not in self.good:  # the bootloader's one attempt
            self.primary = next(iter(self.good), self.primary)


class MenderMachine(Machine):
    name = "mender"
    programs = ("mender-update",)

    def prepare(self) -> None:
        self.put("etc/mender/mender.conf", '{"ArtifactVerifyKey": "/etc/mender/key.pem"}')
        self.root_is(2)
        self.updated = False

    def root_is(self, number: int) -> None:
        self.running = number
        self.put("proc/cmdline", f"console=ttyS0 root=/dev/mmcblk0p{number} rw\n")

    def image(self, content: bytes = GOOD) -> Path:
        return super().image(content.ljust(257, b"\0") + (b"ustar" if content == GOOD else b"") + bytes(300))

    def answer(self, arguments: list[str], given: str) -> str:
        match arguments[1:]:
            case ["install", _]:
                self.updated = True
            case ["commit"]:
                self.updated = False
            case ["rollback"]:
                self.updated = True
            case _:
                raise AssertionError(arguments)
        return ""

    def boot(self) -> None:
        if self.updated:
            self.root_is(5 - self.running)


class UBootMachine(Machine):
    name = "uboot"
    programs = ("fw_setenv", "fw_printenv")

    def banks(self) -> tuple[str, ...]:
        return ("/dev/mmcblk0p2", "/dev/mmcblk0p3")

    def prepare(self) -> None:
        self.environment = {"bank": "1"}
        for device in self.banks():
            self.put(device.lstrip("/"), bytes(4096))
        self.put("proc/cmdline", "root=/dev/mmcblk0p2")

    def image(self, content: bytes = GOOD) -> Path:
        return super().image(content if content == GOOD else bytes(5000))

    def answer(self, arguments: list[str], given: str) -> str:
        match arguments:
            case ["fw_setenv", "-s", "-"]:
                self.environment.update(line.split(" ", 1) for line in given.splitlines())
            case ["fw_printenv", "-n", name]:
                return f"{self.environment[name]}\n"
            case _:
                raise AssertionError(arguments)
        return ""

    def boot(self) -> None:
        self.put("proc/cmdline", f"root={self.banks()[int(self.environment['bank']) - 1]}")


class DebianMachine(Machine):
    name = "debian"
    programs = ("dpkg",)

    def prepare(self) -> None:
        self.installed = {"cpe-agent": "1.0"}
        former = self.put("var/lib/cpe-agent/packages/good.deb", b"FORMER")
        assert former.exists()
        self.is_locked = 0

    def answer(self, arguments: list[str], given: str) -> str:
        match arguments:
            case ["dpkg-deb", "--field", file, *_]:
                if Path(file).read_bytes() == BAD:
                    raise MechanismError("dpkg-deb ended with status 2: not a Debian format archive")
                return f"Package: cpe-agent\nVersion: {self.version(file)}\nArchitecture: all\n"
            case ["dpkg", "--print-architecture"]:
                return "amd64\n"
            case ["dpkg", "--dry-run", "--install", _]:
                return ""
            case ["dpkg", "--install", "--force-confold", file]:
                if self.is_locked:
                    self.is_locked -= 1
                    raise MechanismError("dpkg ended with status 2: dpkg frontend lock was locked by another process")
                self.installed["cpe-agent"] = self.version(file)
            case ["dpkg-query", "--show", _, package]:
                return f"installed {self.installed[package]}"
            case _:
                raise AssertionError(arguments)
        return ""

    def version(self, file: str) -> str:
        return "1.0" if Path(file).read_bytes() == b"FORMER" else "2.0"


class LaboratoryMachine(Machine):
    name = "laboratory"

    def laboratory(self) -> Path | None:
        return self.root / "lab"

    def image(self, content: bytes = GOOD) -> Path:
        return super().image(content if content == GOOD else b"")


MACHINES: tuple[Callable[[Path], Machine], ...] = (
    OpenWrt, RaucMachine, MenderMachine, UBootMachine, DebianMachine, LaboratoryMachine
)  # fmt: skip


def restart(machine: Machine, installer: Installer) -> None:
    """The machine goes down and comes up with what it starts."""
    installer.start(lambda: None)
    machine.boot()
