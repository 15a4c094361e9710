"""Device.DeviceInfo.FirmwareImage.: which images there are, what became of the last, and which is started next."""

from collections.abc import Callable
from typing import Any, Final

from agent.model.errors import InvalidValue
from agent.model.object import Object, Parameter, Target
from backends.firmware import Firmware, Image, Told
from backends.tr181.device_info import device_identity
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part

IMAGES: Final = "Device.DeviceInfo.FirmwareImage.{i}."
NAMED: Final = frozenset({"Active", "Available", "InstallationFailed", "ActivationFailed"})
"""TR-181, FirmwareImage.{i}.Name: empty in every other status."""
TOPIC: Final = "firmware"


class BootChoice:
    """Which image the next boot takes, as a backend (agent.model.object). The bootloader keeps it."""

    name = "firmware"

    def __init__(self, firmware: Firmware) -> None:
        self.firmware = firmware
        self._wanted: str | None = None
        self._before: str | None = None

    def next(self) -> str | None:
        """The image that is wanted, else the one that was chosen."""
        if self._wanted is not None:
            return self._wanted
        return next((one.key for one in self.firmware.images() if one.is_next), None)

    def choose(self, key: str) -> None:
        """Want another."""
        self._wanted = key

    def begin(self) -> None:
        """See Backend."""
        self._wanted = self._before = None

    def prepare(self) -> bool:
        """An image that cannot be used is none to choose (TR-181: 9007)."""
        image = next((one for one in self.firmware.images() if one.key == self._wanted), None)
        if self._wanted is not None and (image is None or not (image.is_usable or image.is_active)):
            raise InvalidValue("", "this image cannot be started: its Available is false")
        return False

    def undo_record(self) -> Any:
        """See Backend."""
        chosen = next((one.key for one in self.firmware.images() if one.is_next), None)
        return chosen if self._wanted not in (None, chosen) else None

    def commit(self) -> None:
        """Tell the bootloader."""
        before = self.undo_record()
        if before is not None and self._wanted is not None:
            self.firmware.boot_next(self._wanted)
            self._before = before
        self._wanted = None

    def postpone(self) -> None:
        """It cuts nothing off, and never waits."""

    def rollback(self) -> None:
        """See Backend."""
        before, self._before, self._wanted = self._before, None, None
        if before is not None:
            self.firmware.boot_next(before)

    def recover(self, record: Any, same_boot: bool) -> None:  # noqa: ARG002 - see Backend
        """See Backend."""
        if isinstance(record, str):
            self.firmware.boot_next(record)

    def state(self) -> Any:
        """See Backend."""
        return None

    def restore(self, state: Any) -> None:
        """See Backend."""


def firmware(mechanisms: Mechanisms) -> Part:
    """The images that are installed."""
    identity = device_identity(mechanisms)
    release = mechanisms.system.release()
    made = Firmware(
        mechanisms.system.root,
        (release.pretty_name or "Linux")[:64],
        identity.software_version,
        installer=mechanisms.installer,
        told=mechanisms.firmware_told or Told,
    )
    choice = BootChoice(made) if mechanisms.installer is not None else None
    return Part("firmware", {"firmware": made, "boot_choice": choice}, choice, follows=frozenset())


def firmware_images(mechanisms: Mechanisms) -> list[Object[Any]]:
    """FirmwareImage, and which of its rows runs and is next."""
    firmware, choice = mechanisms.firmware, mechanisms.boot_choice
    if firmware is None:
        return []

    def chosen(_: Any) -> Target | None:
        key = choice.next() if choice else next((one.key for one in firmware.images() if one.is_next), None)
        return None if key is None else Target(IMAGES, (key,))

    def choose(_: Any, target: Target | None) -> None:
        if target is None or choice is None:
            raise InvalidValue("", "there has to be an image")
        choice.choose(target.keys[0])

    def status(row: Image) -> str:
        return _status(firmware, row)

    def where_named(value: Callable[[Image], str]) -> Callable[[Image], str]:
        return lambda row: value(row) if status(row) in NAMED else ""

    whole: Object[None] = Object(
        path="Device.DeviceInfo.",
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[
            Parameter("ActiveFirmwareImage", lambda _: Target(IMAGES, (_active(firmware).key,))),
            Parameter("BootFirmwareImage", chosen, choose if choice else None),
        ],
        **_set_by(choice),
        source=lambda _: "what is installed",
    )
    images: Object[Image] = Object(
        path=IMAGES,
        rows=firmware.images,
        keys=lambda row: (row.key,),
        parameters=[
            Parameter("Name", where_named(lambda row: row.name)),
            Parameter("Version", where_named(lambda row: row.version)),
            Parameter("Available", lambda row: row.is_active or row.is_usable),
            Parameter("Status", status),
            Parameter("BootFailureLog", lambda row: "" if row.is_active else firmware.told().failure),
        ],
        source=lambda row: f"image {row.key}",
        changed_by=(TOPIC,),
    )
    return [whole, images]


def _active(firmware: Firmware) -> Image:
    return next(one for one in firmware.images() if one.is_active)


def _status(firmware: Firmware, row: Image) -> str:
    """Of the image that runs; of one that can be started; else of the one that is to be replaced, as whoever does so
    tells. An image that did not come, or was refused, takes nothing from the one that is there.
    """
    if row.is_active:
        return "Active"
    if row.is_usable:
        return "Available"
    others = [one.key for one in firmware.images() if not one.is_active]
    told = firmware.told().status if row.key == others[0] else ""
    return told or "NoImage"


def _set_by(choice: BootChoice | None) -> dict[str, Any]:
    return {"backend": choice, "changed_by": (TOPIC,)} if choice else {}
