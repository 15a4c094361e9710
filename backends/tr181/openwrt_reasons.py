"""Why parts of the data model are not there on OpenWrt, where that is otherwise than on any Linux."""

from collections.abc import Mapping
from typing import Final

from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Build, Part

NO_FILTER: Final = "libnftables or nf_tables is absent (package nftables-json)"
NO_LOG: Final = "dropbear tells the system's log who came, and keeps no list of its own"
NO_SETTING: Final = "BusyBox's ntpd has no such setting"
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "host_access": (NO_FILTER, "Device.Hosts.AccessControl.", "Device.Schedules."),
    "bridge_filter": ("nf_tables does not filter bridges (package kmod-nft-bridge)", "Device.Bridging.Filter."),
    "wired_supplicants": ("wpa_supplicant is not installed (package wpad or wpa-supplicant)", "Device.IEEE8021x."),
}
"""By the name of a service that is that of any Linux, what is missing where it cannot be, and the paths it is for."""
WORDS: Final[Mapping[str, str]] = {
    "Device.SSH.Server.{i}.AccessLog.": NO_LOG,
    "Device.SSH.Server.{i}.MaxAccessLogEntries": NO_LOG,
    "Device.SSH.Server.{i}.Stats.": "dropbear keeps no counts",
    "Device.Time.Server.": NO_SETTING,
    "Device.Time.Client.{i}.": NO_SETTING,
    "Device.Time.Client.{i}.Stats.": "BusyBox's ntpd tells no counters",
    "Device.DeviceInfo.LogRotate.": "logd has one file at most, and keeps it to its size",
}
"""What is said of daemons that others have on any Linux."""


def openwrt_reasons(given: Mechanisms, surface: Surface) -> Part:  # noqa: ARG001 - see Build
    """Words for what OpenWrt's own daemons have not."""
    return Part("reasons", {"lacks": {**given.lacks, **WORDS}}, follows=frozenset())


def worded(build: Build, name: str) -> Build:
    """The same service; where it cannot be, why in words of OpenWrt's."""
    reason, *paths = NEEDS[name]

    def made(given: Mechanisms) -> Part | None:
        part = build(given)
        if part is not None:
            return part
        return Part(f"no {paths[0]}", {"lacks": {**given.lacks, **dict.fromkeys(paths, reason)}}, follows=frozenset())

    return made
