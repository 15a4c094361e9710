"""Whether an image may be installed on this device: who signed it, is it whole, for this board, and not too old."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.transfers.failures import Cause, TransferFailed
from backends.errors import MechanismError
from backends.firmware_manifest import ImageRefused, Sealed, checked, cut, sealed, whole
from backends.installers.installer import Installer
from backends.trusted_keys import NotSigned, TrustedKeys
from backends.versions import is_older

NOT_SIGNED: Final = "the image has no signed manifest"


@dataclass(frozen=True, slots=True)
class Rules:
    """What [firmware] says."""

    require_signature: bool = True
    allow_downgrade: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """What an image is compared with. ``minimum`` is the version of the last image that proved itself, "" none."""

    boards: Collection[str]
    version: str
    minimum: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """An image that is whole, and by whom it has to be. ``digest`` is its SHA-256 where a manifest told it.

    ``is_vouched_for``: a signature of ours has held. ``seal`` is what stands behind it in its file still.
    """

    version: str = ""
    name: str = ""
    digest: str = ""
    is_vouched_for: bool = False
    seal: Sealed | None = None


class Verification:
    """For one machine. Its methods take as long as reading the image does: they are for a worker's thread.

    They raise TransferFailed, with 9019 or 9018 and the reason.
    """

    def __init__(self, installer: Installer, trusted: TrustedKeys, rules: Callable[[], Rules]) -> None:
        self._installer = installer
        self._trusted = trusted
        self._rules = rules

    def verify(self, image: Path, device: Device, cancelled: Callable[[], bool] = lambda: False) -> Verified:
        """What the image is. Its file stays as it is."""
        with _told():
            seal = sealed(image)
            if seal is None:
                return Verified()
            is_asked = self._rules().require_signature
            manifest = checked(image, seal, self._trusted, cancelled) if is_asked else whole(image, seal, cancelled)
            if manifest.boards and not set(manifest.boards) & set(device.boards):
                raise ImageRefused(f"the image is for {_some(manifest.boards)}, this is {_some(device.boards)}")
            return Verified(manifest.version, manifest.name, manifest.sha256, is_asked, seal)

    def test(self, image: Path, found: Verified, device: Device) -> Verified:
        """Whether the machine's installer takes it, and it is not too old. Its file has the image alone then."""
        rules = self._rules()
        with _told():
            if found.seal is not None:
                cut(image, found.seal)
            told = self._installer.test(image)
            if rules.require_signature and not found.is_vouched_for and not told.is_signed:
                raise NotSigned(NOT_SIGNED)
            version = found.version or told.version
            if not rules.allow_downgrade:
                _check_age(version, device, told.replaces)
            return Verified(version, found.name or told.name, found.digest, found.is_vouched_for)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NotSigned as nobody:
        raise TransferFailed(Cause.NOT_GENUINE, nobody.reason) from nobody
    except MechanismError as refused:
        raise TransferFailed(Cause.CORRUPTED, refused.reason) from refused


def _check_age(version: str, device: Device, replaces: str | None) -> None:
    """Neither older than what it replaces, nor than what has proved itself on this device."""
    if not version:
        raise ImageRefused("the image does not say its version, and an older one is not to be installed")
    oldest = device.minimum or (device.version if replaces is None else replaces)
    if is_older(version, oldest):
        raise ImageRefused(f"the image's version {version} is older than {oldest}")


def _some(names: Collection[str]) -> str:
    shown = ", ".join(sorted(names)[:4])
    return shown[:120] or "an unknown board"
