"""What a setting may be: each check takes the value as TOML gave it and returns it as the agent uses it, or refuses.

A refusal is a ValueError whose text says what is allowed; it never repeats the value, which may be a password.
"""

import os
import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal

from agent.cwmp.acs_url import check_acs_url, is_host

Check = Callable[[Any], Any]

_INTERFACE: Final = re.compile(r"[^\s/:]{0,15}")  # IFNAMSIZ - 1; the kernel refuses slash, colon and white space
_LONGEST_SOCKET_NAME: Final = 64  # of the 107 bytes of a socket's address, beside "/proc/self/fd/N/" and a process id
_QUOTES: Final = re.compile(r"(?: in|, in|, without) quotes")
_GLOB: Final = re.compile(r"[^\s/:]{1,64}")
_SERIAL_LINE: Final = re.compile(r"/[\w./:@+-]{1,200}|(?:socket|rfc2217)://[\w.:\[\]-]{1,200}[\w.:/?&=-]{0,50}")
OMCI_COMMANDS: Final = ("create", "delete", "set", "set-table", "mib-reset", "test", "reboot", "synchronize-time")
"""What an ONT is not told unless its owner unlocks it by name. Other firmware than its own it is never given."""


def plain(wrong: object) -> str:
    """A refusal for who writes no TOML, and types no quotes then."""
    return _QUOTES.sub("", str(wrong))


def switch(value: Any) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise ValueError("it must be true or false, without quotes")
    return value


def number(least: int, most: int) -> Check:
    """Make a check for a whole number within bounds, both included."""

    def checked(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"it must be a whole number from {least} to {most}, without quotes")
        return value

    return checked


def text(longest: int) -> Check:
    """Make a check for one line of at most ``longest`` characters; it may be empty."""

    def checked(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest or not value.isprintable():
            raise ValueError(f"it must be one line of text in quotes, at most {longest} characters")
        return value

    return checked


def one_of(*words: str) -> Check:
    """Make a check for one of a few words."""
    allowed = " or ".join(f'"{word}"' for word in words)

    def checked(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise ValueError(f"it must be {allowed}")
        return value

    return checked


def matching(pattern: str, allowed: str) -> Check:
    """Make a check for text of a form, told to people as ``allowed``."""
    form = re.compile(pattern)

    def checked(value: Any) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError(f"it must be {allowed}, in quotes")
        return value

    return checked


def http_url(value: Any) -> str:
    """Take the URL of an ACS, by the rule by which the ACS may change it; "" means none."""
    if value == "":
        return ""
    if not isinstance(value, str):
        raise ValueError('it must be "http://host[:port]/path" or "https://…", in quotes')
    check_acs_url(value)
    return value


def required_path(value: Any) -> Path:
    """Take the path of a file or directory that there must be."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError("it must be a path in quotes")
    return Path(value)


def file_path(value: Any) -> Path | None:
    """Take a path; "" means none."""
    return None if value == "" else required_path(value)


def socket_path(value: Any) -> Path | None:
    """Take the path of a UNIX socket; "" means none. Its directory may be as long as it likes (``unix_listener``)."""
    path = file_path(value)
    if path is not None and (path.name in ("", "..") or len(os.fsencode(path.name)) > _LONGEST_SOCKET_NAME):
        raise ValueError(
            f"it must be the path of a file whose name has at most {_LONGEST_SOCKET_NAME} bytes, in quotes; "
            "a UNIX socket takes no longer one"
        )
    return path


def interface(value: Any) -> str:
    """Take the name of a network interface; "" means any."""
    if not isinstance(value, str) or not _INTERFACE.fullmatch(value):
        raise ValueError('it must be the name of a network interface in quotes, such as "eth0", or ""')
    return value


def interfaces(value: Any) -> tuple[str, ...]:
    """Take a list of names of network interfaces."""
    if not isinstance(value, list) or not all(isinstance(each, str) and _INTERFACE.fullmatch(each) for each in value):
        raise ValueError('it must be a list of names of network interfaces, such as ["br-lan"]')
    return tuple(filter(None, value))


def globs(value: Any) -> tuple[str, ...]:
    """Take a list of interface names or globs."""
    if not isinstance(value, list) or not all(isinstance(each, str) and _GLOB.fullmatch(each) for each in value):
        raise ValueError('it must be a list of interface names or globs, such as ["eth0", "lan*"]')
    return tuple(value)


def addresses(value: Any) -> tuple[str, ...]:
    """Take a list of IP addresses."""
    try:
        if isinstance(value, list):
            return tuple(str(ip_address(str(each))) for each in value)
    except ValueError:
        pass
    raise ValueError('it must be a list of IP addresses, such as ["192.0.2.53", "2001:db8::53"]')


def devices(value: Any) -> tuple[str, ...]:
    """Take two paths of block devices, or none."""
    is_list = isinstance(value, list) and all(isinstance(each, str) and each.isprintable() for each in value)
    if not is_list or len(value) not in (0, 2) or not all(each.startswith("/dev/") for each in value):
        raise ValueError('it must be a list of two block devices, such as ["/dev/mmcblk0p2", "/dev/mmcblk0p3"], or []')
    return tuple(value)


def serial_line(value: Any) -> str:
    """Take a serial device's path, or the URL of a console server; "" means none."""
    if value != "" and not (isinstance(value, str) and _SERIAL_LINE.fullmatch(value)):
        raise ValueError('it must be the path of a device, "socket://host:port" or "rfc2217://host:port", in quotes')
    return str(value)


def omci_commands(value: Any) -> tuple[str, ...]:
    """Take a list of OMCI commands that change an ONT."""
    if not isinstance(value, list) or not all(each in OMCI_COMMANDS for each in value):
        raise ValueError("it must be a list of some of " + ", ".join(f'"{each}"' for each in OMCI_COMMANDS))
    return tuple(value)


def schemes(value: Any) -> tuple[str, ...]:
    """Take a list of how files may be moved."""
    if not isinstance(value, list) or not all(each in ("http", "https", "ftp") for each in value):
        raise ValueError('it must be a list of some of "http", "https" and "ftp"')
    return tuple(value)


def hosts(value: Any) -> tuple[str, ...]:
    """Take a list of names, "*.name" for all below one, and IP addresses."""
    names = value if isinstance(value, list) and all(isinstance(each, str) for each in value) else [""]
    if not all(is_host(name.removeprefix("*."), in_brackets=":" in name) for name in names):
        raise ValueError('it must be a list of hosts, such as ["files.example.net", "*.cdn.example.net", "192.0.2.7"]')
    return tuple(names)


def command(value: Any) -> tuple[str, ...] | Literal["restart", "auto"]:
    """Take an argument list, or the word "restart" or "auto"."""
    if value in ("restart", "auto"):
        return "auto" if value == "auto" else "restart"
    is_list = isinstance(value, list) and value and all(isinstance(each, str) and "\0" not in each for each in value)
    if not is_list or not value[0]:
        raise ValueError('it must be a list of arguments, such as ["systemctl", "reboot"], or "restart" or "auto"')
    return tuple(value)
