"""What a pppd of ours is told: its options file, from one record. Pure."""

from typing import Final

from backends.ppp.records import ALWAYS_ON, ON_DEMAND, PppInterface

LONGEST: Final = 255
"""Octets of a name or password that pppd keeps, and of a PPPoE tag that it sends."""
HOLD_OFF: Final = 5
SMALLEST_MRU, LARGEST_MRU = 128, 16384


class Unsayable(ValueError):
    """pppd cannot be told this."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.field = field


def options(wanted: PppInterface, name: str, lower: str, plugin: str) -> str:
    """The options file of a connection called ``name`` over the link ``lower``; raises Unsayable."""
    lines = [f"plugin {plugin}"]
    lines += (
        [f"pppoe-ac {quoted(wanted.access_concentrator, 'access_concentrator')}"] if wanted.access_concentrator else []
    )
    lines += [f"pppoe-service {quoted(wanted.service, 'service')}"] if wanted.service else []
    lines += ["nodetach", "noauth", "noipdefault", "defaultroute", "usepeerdns", "hide-password"]
    lines += [f"ifname {name}", f"mru {_mru(wanted)}", f"mtu {_mru(wanted)}"]
    lines += ["ipcp-accept-local", "ipcp-accept-remote"] if wanted.ipv4 else ["noip"]
    lines += ["+ipv6"] if wanted.ipv6 else ["noipv6"]
    if wanted.echo_interval and wanted.echo_failures:
        lines += [f"lcp-echo-interval {wanted.echo_interval}", f"lcp-echo-failure {wanted.echo_failures}"]
        lines += ["lcp-echo-adaptive"] if wanted.echo_adaptive else []
    if wanted.trigger in (ALWAYS_ON, ON_DEMAND):
        lines += ["persist", "maxfail 0", f"holdoff {HOLD_OFF}"]
    lines += ["demand"] if wanted.trigger == ON_DEMAND else []
    lines += [f"idle {wanted.idle_disconnect}"] if wanted.idle_disconnect and wanted.trigger != ALWAYS_ON else []
    lines += [f"maxconnect {wanted.auto_disconnect}"] if wanted.auto_disconnect else []
    if wanted.username or wanted.password:
        lines += [f"user {quoted(wanted.username, 'username')}", f"password {quoted(wanted.password, 'password')}"]
    lines += [f"nic-{lower}", f"# connection {wanted.resets}"]
    return "".join(f"{line}\n" for line in lines)


def check(wanted: PppInterface) -> None:
    """Raise Unsayable for what pppd cannot be told."""
    options(wanted, "", "", "")


def quoted(text: str, field: str) -> str:
    """A word of pppd's, octet by octet: no character of it has a meaning there."""
    octets = text.encode()
    if b"\0" in octets or len(octets) > LONGEST:
        raise Unsayable(f"at most {LONGEST} octets, none of them zero", field)
    return '"' + "".join(f"\\{octet:03o}" for octet in octets) + '"'


def _mru(wanted: PppInterface) -> int:
    if not SMALLEST_MRU <= wanted.mru <= LARGEST_MRU:
        raise Unsayable(f"an MRU is {SMALLEST_MRU} to {LARGEST_MRU}", "mru")
    return wanted.mru
