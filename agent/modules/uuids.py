"""The UUIDs of deployment units (RFC 4122): given by the ACS, or made of vendor and name."""

import re
import uuid
from typing import Final

_FORM: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
NOBODY: Final = str(uuid.UUID(int=0))
"""Stands in a result about a deployment unit of which nobody knows the UUID: the XSD wants one."""


def is_uuid(text: str) -> bool:
    """Whether it has the form of one (cwmp-1-2.xsd, DeploymentUnitUUID)."""
    return _FORM.fullmatch(text) is not None


def uuid_of(vendor: str, name: str) -> str:
    """The UUID of a module for which the ACS gave none: the same on every device, whatever the version.

    TR-181 (DeploymentUnit.UUID) wants version 5, made of Vendor and Name; that the vendor's domain name is the name
    space, itself in the name space of domain names, is engineering memory of its Annex C.
    """
    return str(uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_DNS, vendor.lower()), name))
