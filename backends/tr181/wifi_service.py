"""Whether there is anything about Wi-Fi to speak of: a machine whose kernel knows none does not load the rest of it."""

from backends.errors import MechanismError
from backends.generic_netlink import GenericNetlink
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part


def wifi_service(given: Mechanisms) -> Part | None:
    """Wi-Fi, where the kernel knows of it: a radio may be plugged in later."""
    if not is_known():
        return None
    from backends.tr181.wifi_tables import wifi_tables

    return wifi_tables(given)


def is_known() -> bool:
    """Whether the kernel has a wireless subsystem (nl80211 of cfg80211)."""
    kernel = GenericNetlink("nl80211")
    try:
        kernel.family()
    except MechanismError:
        return False
    finally:
        kernel.close()
    return True
