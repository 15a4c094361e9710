"""A device whose firmware lives in a laboratory's two banks, with an agent that can be killed anywhere."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.firmware.upgrade import Surroundings, Upgrade
from agent.firmware.verification import Rules, Verification
from agent.runtime.store import FileStore
from agent.transfers.orders import FileOrder, Received
from backends.installers import installer as installers
from backends.installers.installer import Installer
from backends.installers.laboratory import Laboratory
from backends.trusted_keys import TrustedKeys
from tests.backends.signing import Signer, sealed_image

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SIGNER = Signer()
CONTENT = b"GOOD" * 4096


class Killed(BaseException):
    """kill -9: nothing is cleaned up."""


class Counted:
    """Lets everything that reaches the world happen a number of times; the one after that is where the kill comes."""

    def __init__(self, one: Any, device: "Device", names: tuple[str, ...]) -> None:
        self._one = one
        self._device = device
        self._names = names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._one, name)
        if name not in self._names:
            return found

        def counted(*given: Any, **more: Any) -> Any:
            self._device.point()
            answer = found(*given, **more)
            self._device.point()
            return answer

        return counted


class Device:
    """``begin`` is a start of the agent; ``boot`` one of the machine, which only ``reboot`` asks for."""

    def __init__(
        self, folder: Path, *, within: float = 600.0, rules: Rules | None = None, installer: Installer | None = None
    ) -> None:
        self.folder = folder
        self.version = "1.0"
        given = installers.Surroundings(folder, folder / "state", laboratory=folder / "lab")
        self.installer = installer or Laboratory(given)
        self.rules = rules or Rules()
        self.within = within
        self.now = 0.0
        self.kill_at: int | None = None
        self.points = 0
        self.reboots = 0
        self.has_booted = True
        self.has_windows = False
        self.told: list[tuple[str, str]] = []
        self.keys = SIGNER.trusted_in(folder / "keys")
        self.upgrade = self.begin()

    def point(self) -> None:
        self.points += 1
        if self.points == self.kill_at:
            self.kill_at = None
            raise Killed

    def reboot(self) -> None:
        self.point()
        self.reboots += 1
        self.has_booted = True

    def begin(self) -> Upgrade:
        """The agent starts anew, after a boot if there was one."""
        installer: Any = Counted(self.installer, self, ("install", "start", "confirm", "go_back"))
        store: Any = Counted(FileStore(self.folder / "state"), self, ("write",))
        around = Surroundings(
            ask=lambda work: work(),
            restart=self.restart,
            reboot=self.reboot,
            within=lambda: self.within,
            now=lambda: self.now,
            boards=lambda: ("acme,router",),
            version=lambda: self.version,
            directory=self.folder / "images",
            note=lambda kind, about, text, **_: self.told.append((kind, text)),
            stay=lambda: self.installer.boot_next("bank 1"),
            has_windows=lambda _: self.has_windows,
        )
        self.upgrade = Upgrade(
            installer, Verification(installer, TrustedKeys(self.keys), lambda: self.rules), store, around
        )
        is_boot, self.has_booted = self.has_booted, False
        self.upgrade.begin(is_boot=is_boot)
        return self.upgrade

    def restart(self) -> bool:
        self.upgrade.restart()
        return True

    def received(
        self, version: str = "2.0", content: bytes = CONTENT, signer: Signer = SIGNER, **more: Any
    ) -> Received:
        folder = self.upgrade.room(len(content))
        image = sealed_image(folder / "image", content, signer, version, **more)
        return received(image)

    def pass_time(self, seconds: float, do: Callable[[], None] = lambda: None) -> None:
        """Time passes until the agent has something to do, or that long; a boot starts the agent anew."""
        end = self.now + seconds
        while (due := self.upgrade.due(self.now)) is not None and due <= end:
            self.now = max(self.now, due)
            self.upgrade.act(self.now)
            if self.has_booted:
                self.begin()
                do()
        self.now = end


def received(image: Path) -> Received:
    return Received(image, image.stat().st_size, "", NOON, NOON)


def order(number: str = "7") -> FileOrder:
    return FileOrder("http://files/image", "", "", "1 Firmware Upgrade Image", 0, "", False, "key", number)
