"""The NTP daemons that Linux systems have: what runs, what configures it, and the one file that is ours to write."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.files import names_in, read_text

HEADER: Final = "# Written by cpe-agent; what is changed here is written over.\n"
UNIT_PLACES: Final = ("etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")


@dataclass(frozen=True, slots=True)
class Daemon:
    """One kind of daemon. Paths are below the root of the system."""

    name: str
    process: str  # as /proc/PID/comm says it
    units: tuple[str, ...]
    drop_in: str
    reload: tuple[str, ...]
    render: Callable[[Sequence[str]], str]
    configured: Callable[[Path], list[str]]
    """The servers that its other files name."""
    refusal: Callable[[Path], str]
    """Why our file would not be read; "" when it is."""
    replaces: bool = False
    """Whether our servers take the place of those that others configured, rather than being added."""

    def unit(self, root: Path) -> str:
        """The systemd unit that is installed; "" where there is none."""
        return next((unit for unit in self.units for place in UNIT_PLACES if (root / place / unit).exists()), "")


def directives(text: str) -> list[str]:
    """The servers and pools that a configuration in ntpd's or chrony's language names."""
    return re.findall(r"^[ \t]*(?:server|pool|peer)[ \t]+([^\s#]+)", text, re.MULTILINE | re.IGNORECASE)


def _lines(servers: Sequence[str]) -> str:
    return HEADER + "".join(f"server {server} iburst\n" for server in servers)


def _read_all(root: Path, files: Iterable[str]) -> str:
    return "\n".join(read_text(root / file) or "" for file in files)


# --- chrony ----------------------------------------------------------------------------------------------------------

CHRONY: Final = ("etc/chrony/chrony.conf", "etc/chrony.conf")
CHRONY_DROP_IN: Final = "etc/chrony/sources.d/cpe-agent.sources"


def _chrony_servers(root: Path) -> list[str]:
    """Of chrony.conf, of what it includes from its confdir, and of the other files in its sourcedirs."""
    text = _read_all(root, CHRONY)
    folders = re.findall(r"^\s*(confdir|sourcedir)\s+(\S.*)$", text, re.MULTILINE | re.IGNORECASE)
    files = [
        f"{folder.lstrip('/')}/{name}"
        for kind, some in folders
        for folder in some.split()
        for name in names_in(root / folder.lstrip("/"))
        if name.endswith(".conf" if kind.lower() == "confdir" else ".sources")
    ]
    return directives(text + "\n" + _read_all(root, [file for file in files if file != CHRONY_DROP_IN]))


def _chrony_refusal(root: Path) -> str:
    text = _read_all(root, CHRONY)
    if re.search(r"^\s*sourcedir\s+(?:\S+\s+)*/etc/chrony/sources\.d/?(?:\s|$)", text, re.MULTILINE | re.IGNORECASE):
        return ""
    return "chrony.conf has no line 'sourcedir /etc/chrony/sources.d'; add it, for servers that are set here"


# --- systemd-timesyncd -----------------------------------------------------------------------------------------------

TIMESYNCD_DROP_IN: Final = "etc/systemd/timesyncd.conf.d/cpe-agent.conf"
_TIMESYNCD_FOLDERS: Final = ("usr/lib/systemd", "run/systemd", "etc/systemd")  # the later hides the earlier


def _timesyncd_servers(root: Path) -> list[str]:
    """NTP= of timesyncd.conf and its drop-ins, in their order; where that leaves none, FallbackNTP=."""
    found: dict[str, list[str]] = {"NTP": [], "FallbackNTP": []}
    for key, value in re.findall(r"^(NTP|FallbackNTP)=(.*)$", _read_all(root, _timesyncd_files(root)), re.MULTILINE):
        found[key] = [*found[key], *value.split()] if value.strip() else []
    return found["NTP"] or found["FallbackNTP"]


def _timesyncd_files(root: Path) -> list[str]:
    drop_ins = {
        name: f"{folder}/timesyncd.conf.d/{name}"
        for folder in _TIMESYNCD_FOLDERS
        for name in names_in(root / folder / "timesyncd.conf.d")
        if name.endswith(".conf")
    }
    main = [f"{folder}/timesyncd.conf" for folder in reversed(_TIMESYNCD_FOLDERS)]
    present = [file for file in main if (root / file).exists()][:1]
    return present + [file for _, file in sorted(drop_ins.items()) if file != TIMESYNCD_DROP_IN]


def _timesyncd_text(servers: Sequence[str]) -> str:
    return f"{HEADER}[Time]\nNTP=\nNTP={' '.join(servers)}\n"  # the empty one forgets what other files named


# --- ntpd ------------------------------------------------------------------------------------------------------------

NTPSEC_FOLDER: Final = "etc/ntpsec/ntp.d"
NTPSEC_DROP_IN: Final = f"{NTPSEC_FOLDER}/cpe-agent.conf"


def _ntpd_servers(root: Path) -> list[str]:
    snippets = [f"{NTPSEC_FOLDER}/{name}" for name in names_in(root / NTPSEC_FOLDER) if name.endswith(".conf")]
    return directives(
        _read_all(root, ("etc/ntpsec/ntp.conf", "etc/ntp.conf", *(file for file in snippets if file != NTPSEC_DROP_IN)))
    )


def _ntpd_refusal(root: Path) -> str:
    if (root / NTPSEC_FOLDER).is_dir():
        return ""
    return f"this ntpd reads no files beside its ntp.conf: edit that, or install chrony or ntpsec (/{NTPSEC_FOLDER})"


DAEMONS: Final = (
    Daemon(
        "chrony",
        "chronyd",
        ("chrony.service", "chronyd.service"),
        CHRONY_DROP_IN,
        ("chronyc", "reload", "sources"),
        _lines,
        _chrony_servers,
        _chrony_refusal,
    ),
    Daemon(
        "systemd-timesyncd",
        "systemd-timesyn",  # the kernel keeps fifteen bytes
        ("systemd-timesyncd.service",),
        TIMESYNCD_DROP_IN,
        ("systemctl", "try-restart", "--no-block", "systemd-timesyncd.service"),
        _timesyncd_text,
        _timesyncd_servers,
        lambda _: "",
        replaces=True,
    ),
    Daemon(
        "ntpd",
        "ntpd",
        ("ntpsec.service", "ntp.service", "ntpd.service"),
        NTPSEC_DROP_IN,
        ("systemctl", "try-restart", "--no-block", "ntpsec.service"),
        _lines,
        _ntpd_servers,
        _ntpd_refusal,
    ),
)
"""In the order in which they are looked for: one that runs comes before one that does not."""
