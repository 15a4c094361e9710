"""A network namespace of one's own, where an ordinary user may change the network: only this process sees it."""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Final

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # sched.h, CLONE_NEWUSER and CLONE_NEWNET
_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914  # sockios.h, SIOCGIFFLAGS and SIOCSIFFLAGS
_SET_ADDRESS = 0x8916  # SIOCSIFADDR; 0.0.0.0 takes the address away
_UP: Final = 1  # if.h, IFF_UP


class NotAllowed(Exception):
    """This machine does not let its users make namespaces; the text says what the kernel answered."""


def enter() -> None:
    """Move this process, which must have no threads yet, into a new network namespace with its loopback up.

    Raises NotAllowed.
    """
    user, group = os.getuid(), os.getgid()
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.unshare(_NEW_USER | _NEW_NETWORK):
        raise NotAllowed(f"unshare: {os.strerror(ctypes.get_errno())}")
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1", encoding="ascii")
        set_up("lo", up=True)
    except OSError as error:
        raise NotAllowed(f"{error.filename or 'loopback'}: {error.strerror}") from None


def set_up(name: str, *, up: bool) -> None:
    """Bring a link up or down, as `ip link set` does; raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        wanted = struct.pack("16sh14x", name.encode(), 0)
        flags = struct.unpack("16xh14x", fcntl.ioctl(any_socket, _GET_FLAGS, wanted))[0]
        flags = flags | _UP if up else flags & ~_UP
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", name.encode(), flags))


def take_address(name: str) -> None:
    """Take a link's IPv4 address away, as `ip addr flush` does; raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        nothing = struct.pack("16sHH4s16x", name.encode(), socket.AF_INET, 0, bytes(4))
        fcntl.ioctl(any_socket, _SET_ADDRESS, nothing)


def has_address(address: str) -> bool:
    """Whether the kernel has this IPv4 address: a socket can be bound to it then, and only then."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            any_socket.bind((address, 0))
        except OSError:
            return False
    return True
