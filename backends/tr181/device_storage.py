"""Device.DeviceInfo.X_CPEAGENT_Storage.: how full the file systems are, for which TR-181 has no object."""

from typing import Any

from agent.model.object import Object, Parameter
from backends.storage import FileSystem, Storage
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part


def storage(mechanisms: Mechanisms) -> Part:  # noqa: ARG001 - every machine has it
    """Reads the mounted file systems."""
    made = Storage()
    return Part("storage", {"storage": made}, forget=[made.forget], follows=frozenset())


def storage_use(mechanisms: Mechanisms) -> list[Object[Any]]:
    """A row for each file system of this machine."""
    if mechanisms.storage is None:
        return []
    parameters: list[Parameter[FileSystem, Any]] = [
        Parameter("MountPoint", lambda row: row.mount_point[:256]),
        Parameter("Device", lambda row: row.device[:256]),
        Parameter("FileSystem", lambda row: row.kind),
        Parameter("ReadOnly", lambda row: row.is_read_only),
        Parameter("Total", lambda row: row.total),
        Parameter("Used", lambda row: row.used),
        Parameter("Free", lambda row: row.free),
    ]
    return [
        Object(
            path="Device.DeviceInfo.X_CPEAGENT_Storage.{i}.",
            rows=mechanisms.storage.file_systems,
            keys=lambda row: (row.mount_point,),
            parameters=parameters,
            source=lambda row: f"statvfs(2) of {row.mount_point}",
        )
    ]
