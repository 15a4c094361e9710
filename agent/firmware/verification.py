"""Whether an image may be installed on this device: who signed it, is it whole, for this board, and not too old."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.transfers.failures import Cause, TransferFailed
from backends.errors import MechanismError
from backends.firmware_manifest import ImageRefused, Sealed, checked, cut, sealed, whole
from backends.installers.installer import Installer
from backends.trusted_keys import NotSigned, TrustedKeys
from backends.versions import is_older

NOT_SIGNED: Final = "the image has no signed manifest, or was cut off: cpe-agent firmware join puts one behind it"


@dataclass(frozen=True, slots=True)
class Rules:
    """What [firmware] says."""

    require_signature: bool = True
    allow_downgrade: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """What an image is compared with. ``minimum``: the last versions that proved themselves, by Verified.package."""

    boards: Collection[str]
    version: str
    minimum: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verified:
    """An image that is whole, and by whom it has to be. ``digest`` is its SHA-256 where a manifest told it.

    ``seal`` is what stands behind it in its file still, ``package`` the part of the system that it is, "" the whole.
    """

    version: str = ""
    name: str = ""
    digest: str = ""
    seal: Sealed | None = None
    package: str = ""


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
            is_asked = self._rules().require_signature
            if seal is None:
                if is_asked and not self._installer.is_signed_inside:
                    raise NotSigned(NOT_SIGNED)
                return Verified()
            manifest = checked(image, seal, self._trusted, cancelled) if is_asked else whole(image, seal, cancelled)
            if manifest.boards and not set(manifest.boards) & set(device.boards):
                raise ImageRefused(f"the image is for {_some(manifest.boards)}, this is {_some(device.boards)}")
            return Verified(manifest.version, manifest.name, manifest.sha256, seal)

    def test(self, image: Path, found: Verified, device: Device) -> Verified:
        """Whether the machine's installer takes it, and it is not too old. Its file has the image alone then."""
        with _told():
            if found.seal is not None:
                cut(image, found.seal)
            told = self._installer.test(image)
            version = found.version or told.version
            package, here = ("", device.version) if told.replaces is None else (told.name, told.replaces)
            if not self._rules().allow_downgrade:
                _check_age(version, here, device.minimum.get(package, ""))
            return Verified(version, found.name or told.name, found.digest, package=package)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NotSigned as nobody:
        raise TransferFailed(Cause.NOT_GENUINE, nobody.reason) from nobody
    except MechanismError as refused:
        raise TransferFailed(Cause.CORRUPTED, refused.reason) from refused


def _check_age(version: str, *others: str) -> None:
    """Neither older than what it replaces, nor than what has proved itself on this device."""
    if not version:
        raise ImageRefused("the image does not say its version, and an older one is not to be installed")
    for other in filter(None, others):
        if is_older(version, other):
            raise ImageRefused(f"the image's version {version} is older than {other}")


def _some(names: Collection[str]) -> str:
    shown = ", ".join(sorted(names)[:4])
    return shown[:120] or "an unknown board"
