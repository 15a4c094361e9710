"""The accounts of a machine with OpenWrt as a part of it."""

from backends.openwrt.system.accounts import FileAccounts
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.users import AccountTables


def openwrt_users(given: Mechanisms, surface: Surface) -> Part | None:  # noqa: ARG001 - see Build
    """Accounts, groups and roles in OpenWrt's plain files."""
    made = FileAccounts(surface.root, surface.uci, surface.reloads.note)
    if not made.is_there():
        return None
    tables = AccountTables(made)
    return Part(
        "accounts",
        {"accounts": tables},
        tables,
        [made.forget],
        follows=frozenset(),
        settle=surface.reloads.settle,
    )
