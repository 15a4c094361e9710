"""From records to what sshd reads. Pure."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from backends.desired_state import Pointer, Wanted
from backends.ssh.records import AuthorizedKey, SshServer

HEADER: Final = "# Written by cpe-agent; what is changed here is written over.\n"
KEYS: Final = "etc/ssh/cpe-agent.keys"
"""Where the keys of each user are, in a file of the user's name: sshd reads it as that user."""
OWN_KEYS: Final = ".ssh/authorized_keys .ssh/authorized_keys2"
"""Where people keep their own (sshd_config(5), AuthorizedKeysFile)."""
KEY_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9@.-]{2,63}")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
PREFIX: Final = re.compile(r"[0-9A-Fa-f.:]+/[0-9]{1,3}")
LONGEST_KEY: Final = 8192
"""sshd reads no longer lines."""

Names = Callable[[Pointer], str | None]
"""The name of the user or group that a row is; None where there is none."""


def settings(server: SshServer, root_login: str, name_of: Names) -> str:
    """The lines for what was set; "" for nothing. ``root_login`` is PermitRootLogin without us."""
    return "".join(f"{line}\n" for line in _lines(server, root_login, name_of))


def restriction(server: SshServer) -> str:
    """The block, which has to come last, that lets nobody in from elsewhere; "" where there is no elsewhere."""
    pairs = ((server.from_all_ipv4, server.from_ipv4, "0.0.0.0/0"), (server.from_all_ipv6, server.from_ipv6, "::/0"))
    if all(is_all is not False for is_all, _, _ in pairs):
        return ""
    allowed = [one for is_all, some, every in pairs for one in ((every,) if is_all is not False else some)]
    pattern = ",".join(["*", *(f"!{network}" for network in allowed)])
    return f"Match Address {pattern}\n    DenyUsers *\n"


def keys(wanted: Wanted, name_of: Names) -> dict[str, str]:
    """By user, the file of the keys."""
    found: dict[str, str] = {}
    for record in wanted.of(AuthorizedKey).values():
        name = name_of(record.user) if record.user else None
        if name and record.text:
            found[name] = found.get(name, HEADER) + f"{record.text}\n"
    return found


def instance(
    server: SshServer, name_of: Names, addresses: Sequence[str], machine: Mapping[str, Sequence[str]], pid_file: str
) -> str:
    """The whole configuration of a server of our own. ``machine`` is what the machine's says, by keyword."""
    listening = "".join(f"ListenAddress {endpoint(one, server.port or 22)}\n" for one in addresses)
    shared = "".join(
        f"{keyword} {value}\n"
        for keyword in ("HostKey", "UsePAM", "AcceptEnv", "StrictModes")
        for value in machine.get(keyword.lower(), ())
    )
    own = f"PidFile {pid_file}\nAuthorizedKeysFile {OWN_KEYS} /{KEYS}/%u\nPrintMotd no\nSubsystem sftp internal-sftp\n"
    return HEADER + listening + shared + own + settings(server, "no", name_of) + restriction(server)


def checked_key(text: str) -> str:
    """A public key as ssh-keygen writes it; ValueError with a reason otherwise."""
    words = text.split(" ", 2)
    if len(text) > LONGEST_KEY or CONTROL.search(text) or len(words) < 2 or not KEY_TYPE.fullmatch(words[0]):
        raise ValueError("a public key is one line: its kind, base64, and what it is called")
    try:
        octets = base64.b64decode(words[1], validate=True)
    except (ValueError, binascii.Error) as wrong:
        raise ValueError("the key is not base64") from wrong
    kind = words[0].encode()
    if not octets.startswith(len(kind).to_bytes(4, "big") + kind):
        raise ValueError("the key is of another kind than it says")
    return text


def checked_network(text: str, version: int) -> str:
    """A prefix in CIDR notation without bits beyond it (sshd has no other); ValueError otherwise."""
    if ipaddress.ip_network(text).version != version or not PREFIX.fullmatch(text):
        raise ValueError(f"not a prefix of IPv{version}")
    return text


def _lines(server: SshServer, root_login: str, name_of: Names) -> Iterator[str]:
    if server.port is not None:
        yield f"Port {server.port}"
    if server.root_login is not None or server.root_password_login is not None:
        yield f"PermitRootLogin {permit_root_login(server, root_login)}"
    if server.password_login is not None:
        yield f"PasswordAuthentication {'yes' if server.password_login else 'no'}"
        if not server.password_login:
            yield "KbdInteractiveAuthentication no"  # by which PAM would ask for it all the same
    if server.max_auth_tries is not None:
        yield f"MaxAuthTries {server.max_auth_tries}"
    if server.keep_alive is not None:
        yield f"ClientAliveInterval {server.keep_alive}"
    if server.idle_timeout is not None:
        yield f"ChannelTimeout {f'session:*={server.idle_timeout}' if server.idle_timeout else 'none'}"
        yield f"UnusedConnectionTimeout {server.idle_timeout or 'none'}"
    if server.group is not None:
        yield f"AllowGroups {name_of(server.group) or 'nobody.at.all'}"  # the group went: it let nobody else in


def permit_root_login(server: SshServer, root_login: str) -> str:
    """PermitRootLogin's word."""
    may = root_login != "no" if server.root_login is None else server.root_login
    by_password = root_login == "yes" if server.root_password_login is None else server.root_password_login
    return "no" if not may else "yes" if by_password else "prohibit-password"


def endpoint(address: str, port: int) -> str:
    """An address and a port as sshd_config(5) writes them."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
