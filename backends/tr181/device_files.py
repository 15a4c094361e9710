"""Device.DeviceInfo.: log files, the configuration file, pictures and the place of the device."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent.model.errors import Denied, ResourcesExceeded
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from backends.files import names_in, read_bytes
from backends.log_files import FindLogs, LogFile, log_files
from backends.storage import Storage
from backends.tr181.mechanisms import Mechanisms

log = logging.getLogger(__name__)

LOGS: Final = "Device.DeviceInfo.VendorLogFile.{i}."
CONFIGURATIONS: Final = "Device.DeviceInfo.VendorConfigFile.{i}."
BACKUP: Final = "configuration"
"""Name and key of the row that stands for all that is configured."""
CRASHES: Final = "crash"
"""Where logs of crashes are kept, in the state directory."""
HISTORY_BYTES: Final = 524_288
LONGEST_NAME: Final = 64
LOCATION: Final = "DeviceInfo.Location"
ACS: Final = "ManagementServer.URL"
OWN_VALUES: Final[dict[str, Any]] = {LOCATION: {}}
SETTINGS: Final = ("etc/config/cpe-agent", "etc/cpe-agent/agent.toml")
"""Those of OpenWrt, else of any other system."""
PICTURES: Final = ("etc/cpe-agent/pictures", "usr/share/cpe-agent/pictures")
SIDES: Final = ("Front", "Back", "Left", "Right", "Top", "Bottom")
PICTURE_BYTES: Final = 64 * 1024
KINDS_OF_PICTURE: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8")


def device_files(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The tables of DeviceInfo that are about files."""
    root, storage = mechanisms.system.root, mechanisms.storage
    return [
        _log_files(mechanisms, mechanisms.log_files or partial(log_files, root), storage),
        _configuration_files(root, mechanisms),
        _pictures(root),
        _location(mechanisms.own, mechanisms),
    ]


def _log_files(mechanisms: Mechanisms, found: FindLogs, storage: Storage | None) -> Object[LogFile]:
    def kind_of(path: str) -> str:
        systems = storage.file_systems() if storage else ()
        below = [one for one in systems if f"{path}/".startswith(f"{one.mount_point.rstrip('/')}/")]
        return max(below, key=lambda one: len(one.mount_point)).kind if below else ""

    def rows() -> Iterable[LogFile]:
        if mechanisms.history_file is not None:
            yield LogFile(str(mechanisms.history_file), HISTORY_BYTES, is_persistent=False)
        crashes = mechanisms.state_directory / CRASHES
        yield from (LogFile(str(crashes / name), 0, is_persistent=True) for name in names_in(crashes))
        yield from found(kind_of) if storage else ()

    return Object(
        path=LOGS,
        rows=rows,
        keys=lambda row: (row.path,),
        parameters=[
            Parameter("Name", lambda row: row.path[-LONGEST_NAME:]),
            Parameter("MaximumSize", lambda row: min(2**32 - 1, row.maximum_size)),
            Parameter("Persistent", lambda row: row.is_persistent),
        ],
        source=lambda row: row.path,
    )


@dataclass(frozen=True, slots=True)
class _Configuration:
    key: str
    name: str
    version: str
    date: datetime | None
    description: str
    is_backup: bool


def _configuration_files(root: Path, mechanisms: Mechanisms) -> Object[_Configuration]:
    def rows() -> Iterable[_Configuration]:
        for path in SETTINGS:
            with suppress(OSError):
                date = datetime.fromtimestamp(int((root / path).stat().st_mtime), UTC)
                yield _Configuration(path, Path(path).name, "", date, "The settings of the agent", is_backup=False)
                break
        if mechanisms.backup_version is not None:
            version, changed = mechanisms.backup_version()
            yield _Configuration(BACKUP, BACKUP, version, changed, "All that was configured", is_backup=True)

    return Object(
        path=CONFIGURATIONS,
        rows=rows,
        keys=lambda row: (row.key,),
        parameters=[
            Parameter("Name", lambda row: row.name),
            Parameter("Version", lambda row: row.version),
            Parameter("Date", lambda row: row.date),
            Parameter("Description", lambda row: row.description),
            Parameter("UseForBackupRestore", lambda row: row.is_backup),
        ],
        source=lambda row: f"/{row.key}" if not row.is_backup else "the agent",
    )


@dataclass(frozen=True, slots=True)
class _Picture:
    side: str
    content: bytes


def _pictures(root: Path) -> Object[_Picture]:
    """Whoever builds the device puts them there: Front.png, Back.jpg …"""
    refused: set[str] = set()

    def rows() -> Iterable[_Picture]:
        for side in SIDES:
            files = [root / folder / f"{side}{kind}" for folder in PICTURES for kind in (".png", ".jpg", ".gif")]
            for file in files:
                content = read_bytes(file, PICTURE_BYTES + 1)
                if content is None:
                    continue
                if len(content) <= PICTURE_BYTES and content.startswith(KINDS_OF_PICTURE):
                    yield _Picture(side, content)
                    break
                if str(file) not in refused:
                    refused.add(str(file))
                    log.warning("%s: no PNG, JPEG or GIF of at most %d bytes; it is not shown", file, PICTURE_BYTES)

    return Object(
        path="Device.DeviceInfo.DeviceImageFile.{i}.",
        rows=rows,
        keys=lambda row: (row.side,),
        parameters=[Parameter("Location", lambda row: row.side), Parameter("Image", lambda row: row.content)],
        source=lambda _: f"/{PICTURES[0]}, /{PICTURES[1]}",
    )


def _location(own: OwnValues, mechanisms: Mechanisms) -> Object[str]:
    """Where the device stands, as the ACS says: it may have one row, named by its URL (the table's unique key)."""

    def kept() -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = own.get(LOCATION)
        return found

    def now() -> str:
        return mechanisms.system.clock().isoformat()

    def add(_: tuple[str, ...]) -> tuple[str, ...]:
        acs = str(own.get(ACS))
        if acs in kept():
            raise ResourcesExceeded("", "there is a location of this ACS already: set that one")
        own.stage(LOCATION, {**kept(), acs: {"at": now(), "data": ""}})
        return (acs,)

    def delete(acs: str) -> None:
        own.stage(LOCATION, {key: value for key, value in kept().items() if key != acs})

    def store(acs: str, text: str) -> None:
        if acs != str(own.get(ACS)):
            raise Denied("", "another ACS has said this")
        own.stage(LOCATION, {**kept(), acs: {"at": now(), "data": text}})

    return Object(
        path="Device.DeviceInfo.Location.{i}.",
        rows=lambda: list(kept()),
        keys=lambda acs: (acs,),
        parameters=[
            Parameter("Source", lambda _: "External"),
            Parameter("AcquiredTime", lambda acs: datetime.fromisoformat(kept()[acs]["at"])),
            Parameter("ExternalSource", lambda acs: acs),
            Parameter("ExternalProtocol", lambda _: "CWMP"),
            Parameter("DataObject", lambda acs: kept()[acs]["data"], store),
        ],
        add=add,
        delete=delete,
        changed_by=("own",),
        backend=own,
        source=lambda _: "set by the ACS",
    )
