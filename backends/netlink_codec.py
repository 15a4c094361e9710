"""Messages of the kernel's route netlink, encoded and decoded by pyroute2, whose only user this is.

pyroute2's own sockets differ between 0.7 and 0.9, and 0.9 runs an event loop behind every call: ours are in
netlink_socket.
"""

import importlib
import importlib.util
import ipaddress
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, Final

from backends.errors import MechanismError

PROCESSES: Final = "multiprocessing"


def new_message(codec: str, **fields: int) -> Any:
    """An empty message of one of pyroute2's classes, with these fields of its header."""
    message = _codec(codec)()
    message.update(fields)
    message["attrs"] = []
    return message


class _Processes(ModuleType):
    """Stands for multiprocessing, half a megabyte, whose names pyroute2 lists: what is called is the real one's."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*given: Any, **named: Any) -> Any:
            return getattr(importlib.import_module(PROCESSES), name)(*given, **named)

        return call


@contextmanager
def _only_what_is_named(package: str) -> Iterator[None]:
    """Import modules of a package without its ``__init__``: pyroute2's brings 136 modules and 20 MB that are not used.

    Whoever imports the package itself afterwards gets all of it.
    """
    found = None if package in sys.modules else importlib.util.find_spec(package)
    if found is None:
        yield
        return
    sys.modules[package] = importlib.util.module_from_spec(found)
    spared = None if PROCESSES in sys.modules else sys.modules.setdefault(PROCESSES, _Processes(PROCESSES))
    try:
        yield
    finally:
        del sys.modules[package]
        if spared is not None:
            del sys.modules[PROCESSES]


@cache
def _codec(name: str) -> Any:
    """A message class of pyroute2's, imported here for the first time."""
    with _only_what_is_named("pyroute2"):
        codec: Any = getattr(importlib.import_module(f"pyroute2.netlink.rtnl.{name}"), name)
    if name == "ifaddrmsg" and len(codec.nla_map) < 12:  # 0.7: younger attributes are not named yet
        younger = (("IFA_RT_PRIORITY", "uint32"), ("IFA_TARGET_NETNSID", "int32"), ("IFA_PROTO", "uint8"))
        return type(name, (codec,), {"nla_map": (*codec.nla_map[:9], *younger)})
    return codec


def decoded(codec: Callable[..., Any], buffer: bytes, offset: int, what: str) -> Any:
    """One message of an answer; MechanismError when it cannot be read. ``what`` names the request, for people."""
    message = codec(buffer, offset=offset)
    try:
        message.decode()
    except Exception as error:  # pyroute2's decoders raise whatever they stumble over
        raise MechanismError(f"{what}: the kernel's answer cannot be read: {error!r}") from error
    return message


def link_info(kind: str, data: list[Any]) -> tuple[str, dict[str, Any]]:
    """The attribute that says of what kind a link is, with the kind's own attributes."""
    attributes: list[Any] = [("IFLA_INFO_KIND", kind)]
    if data:
        attributes.append(("IFLA_INFO_DATA", {"attrs": data}))
    return "IFLA_LINKINFO", {"attrs": attributes}


def options_of(options: dict[str, int], names: dict[str, str]) -> list[tuple[str, int]]:
    """Attributes of options by our names; MechanismError for one that is not among them."""
    unknown = set(options) - set(names)
    if unknown:
        raise MechanismError(f"no such option: {', '.join(sorted(unknown))}", "EINVAL")
    return [(names[name], int(value)) for name, value in options.items()]


def number_of(text: str, names: dict[int, str]) -> int:
    """The number that a word stands for, or says itself; MechanismError for anything else."""
    known = next((number for number, name in names.items() if name == text), None)
    if known is None and not (text.isascii() and text.isdecimal() and int(text) < 256):
        raise MechanismError(f"{text!r} is not known here", "EINVAL")
    return int(text) if known is None else known


def ip_of(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; MechanismError for anything else."""
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise MechanismError(str(error), "EINVAL") from error


def network_of(text: str, family: int) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A destination of a family, None for ""; MechanismError for anything else."""
    if not text:
        return None
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise MechanismError(str(error), "EINVAL") from error
    if network.version != family:
        raise MechanismError(f"{text} is not of IPv{family}", "EINVAL")
    return network


def mac_of(text: str) -> str:
    """A MAC address in lower case; MechanismError for anything else."""
    if not re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", text):
        raise MechanismError(f"{text!r} is no MAC address", "EINVAL")
    return text.lower()


def check_interface_name(name: str) -> str:
    """``name`` if the kernel could take it for an interface (dev_valid_name), else MechanismError."""
    if (
        not 0 < len(name.encode("utf-8", "replace")) < 16
        or name in {".", ".."}
        or any(c in "/:" or c.isspace() or c < " " for c in name)
    ):
        raise MechanismError(f"{name!r} is no interface name", "EINVAL")
    return name
