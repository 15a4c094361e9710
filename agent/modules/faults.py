"""The fault code of each cause for which an operation on a module fails: one table (TR-069 §A.5, cwmp-1-2.xsd)."""

from typing import Final

from agent.transfers.failures import Cause as Moved
from agent.transfers.failures import TransferFailed
from backends.modules.environment import Cause, ModuleError

# DeploymentUnitCPEFaultCodeType has no 9002, 9004, 9010, 9011, 9014 and 9019: what these would say is said by the
# nearest that it has.
CODES: Final[dict[Cause, int]] = {
    Cause.DENIED: 9001,
    Cause.ARGUMENTS: 9003,
    Cause.NOT_AUTHENTICATED: 9012,
    Cause.PROTOCOL: 9013,
    Cause.NO_CONTACT: 9015,
    Cause.NO_ACCESS: 9016,
    Cause.INCOMPLETE: 9017,
    Cause.CORRUPTED: 9018,
    Cause.NOT_GENUINE: 9018,
    Cause.BAD_UUID: 9022,
    Cause.UNKNOWN_ENVIRONMENT: 9023,
    Cause.DISABLED_ENVIRONMENT: 9024,
    Cause.MISMATCH: 9025,
    Cause.DUPLICATE: 9026,
    Cause.RESOURCES: 9027,
    Cause.UNKNOWN_MODULE: 9028,
    Cause.WRONG_STATE: 9029,
    Cause.DOWNGRADE: 9030,
    Cause.VERSION_MISSING: 9031,
    Cause.VERSION_EXISTS: 9032,
}

MOVED: Final[dict[Moved, Cause]] = {
    Moved.DENIED: Cause.DENIED,
    Moved.INTERNAL: Cause.RESOURCES,
    Moved.ARGUMENTS: Cause.ARGUMENTS,
    Moved.NO_ROOM: Cause.RESOURCES,
    Moved.PROTOCOL: Cause.PROTOCOL,
    Moved.NOT_READY: Cause.NO_CONTACT,
    Moved.MULTICAST: Cause.NO_CONTACT,
    Moved.NOT_AUTHENTICATED: Cause.NOT_AUTHENTICATED,
    Moved.NO_CONTACT: Cause.NO_CONTACT,
    Moved.NO_ACCESS: Cause.NO_ACCESS,
    Moved.INCOMPLETE: Cause.INCOMPLETE,
    Moved.CORRUPTED: Cause.CORRUPTED,
    Moved.NOT_GENUINE: Cause.NOT_GENUINE,
    Moved.OUTSIDE_WINDOWS: Cause.INCOMPLETE,
}
"""What it means for a module that its file could not be fetched."""


def of_transfer(failed: TransferFailed) -> ModuleError:
    """The failure of a transfer as that of the operation it was for."""
    return ModuleError(MOVED[failed.cause], failed.text)
