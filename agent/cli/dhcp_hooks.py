"""Lets the machine's own DHCP clients ask for an ACS and hand the answer to the agent, and takes that back."""

import argparse
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from agent.cli.client import OK, PROBLEM, Failure
from agent.cli.output import show_json
from agent.cli.settings_file import write
from agent.cli.setup import inside
from agent.shipped import shipped

MADE: Final = "Made by `cpe-agent setup --dhcp-hooks`"
PACKAGED: Final = "Part of the package cpe-agent"
"""What a hook says that a package has brought: it is the package's to install and to remove."""
BEGIN: Final = "# >>> cpe-agent: made by `cpe-agent setup --dhcp-hooks`"
END: Final = "# <<< cpe-agent"
BLOCK: Final = re.compile(rf"^{re.escape(BEGIN)}$.*?^{re.escape(END)}\n?", re.MULTILINE | re.DOTALL)
DHCP4: Final = re.compile(r"(?mi)^\s*DHCP\s*=\s*(yes|true|on|1|ipv4|both|v4)\s*$")
NETWORKD: Final = "etc/systemd/network"
NETWORKD_RUNS: Final = "run/systemd/netif"
AGAIN: Final = "again: cpe-agent setup --dhcp-hooks"
DROP_IN: Final = "50-cpe-agent.conf"


class Hook(NamedTuple):
    """A file of ours that a client runs: installed where ``needs`` is there. ``after``: what has to be done then."""

    client: str
    needs: str
    target: str
    source: str
    mode: int
    after: str


_START_UDHCPC: Final = "start it with: udhcpc -s /etc/udhcpc/cpe-agent.script -O 43 -O 125 -V dslforum.org"
HOOKS: Final = (
    Hook("udhcpc", "lib/netifd/dhcp.script", "etc/udhcpc.user.d/50-cpe-agent", "udhcpc.user", 0o644,
         "uci set network.wan.reqopts='43 125'; uci set network.wan.vendorid=dslforum.org; uci commit; ifup wan"),
    Hook("odhcp6c", "lib/netifd/dhcpv6.script", "etc/odhcp6c.user.d/50-cpe-agent", "odhcp6c.user", 0o644,
         "uci set network.wan6.reqopts=17; uci commit; ifup wan6"),
    Hook("udhcpc", "etc/udhcpc", "etc/udhcpc/cpe-agent.script", "udhcpc.script", 0o755, _START_UDHCPC),
    Hook("udhcpc", "usr/share/udhcpc/default.script", "etc/udhcpc/cpe-agent.script", "udhcpc.script", 0o755,
         _START_UDHCPC),
    Hook("dhclient", "etc/dhcp", "etc/dhcp/dhclient-exit-hooks.d/cpe-agent", "dhclient-exit-hook", 0o644,
         "start dhclient anew: ifdown and ifup"),
    Hook("dhcpcd", "usr/lib/dhcpcd/dhcpcd-hooks", "usr/lib/dhcpcd/dhcpcd-hooks/80-cpe-agent", "dhcpcd-hook", 0o644,
         "let dhcpcd read its file again: dhcpcd -n"),
    Hook("dhcpcd", "usr/libexec/dhcpcd-hooks", "usr/libexec/dhcpcd-hooks/80-cpe-agent", "dhcpcd-hook", 0o644,
         "let dhcpcd read its file again: dhcpcd -n"),
    Hook("NetworkManager", "etc/NetworkManager/dispatcher.d", "etc/NetworkManager/dispatcher.d/90-cpe-agent",
         "networkmanager-dispatcher", 0o755, "nothing more: the agent asks for the options itself"),
)  # fmt: skip


def _before_the_first_link(text: str) -> int:
    """dhcpcd takes what follows a line "interface eth0" for that link alone."""
    found = re.search(r"(?m)^[ \t]*(interface|ssid|profile|arping)\b", text)
    return found.start() if found else len(text)


class Part(NamedTuple):
    """A part of a file that is somebody else's, between marks; ``place`` finds where it goes.

    Where somebody else says of a ``vendor_class`` already, we do not.
    """

    client: str
    target: str
    source: str
    place: Callable[[str], int]
    vendor_class: re.Pattern[str]


PARTS: Final = (
    Part("dhclient", "etc/dhcp/dhclient.conf", "dhclient.conf", len,
         re.compile(r"(?m)^[ \t]*send[ \t]+vendor-class-identifier\b.*\n?")),
    Part("dhcpcd", "etc/dhcpcd.conf", "dhcpcd.conf", _before_the_first_link,
         re.compile(r"(?m)^[ \t]*vendorclassid[ \t]+\S.*\n?")),
)  # fmt: skip


def change(root: Path, options: argparse.Namespace) -> int:
    """Install (``options.dhcp_hooks``) or take back, and say what was done; Failure where a file cannot be written."""
    done, after = _install(root) if options.dhcp_hooks else (take_back(root), [])
    if options.json:
        show_json({"done": done, "next": after})
        return OK
    for line in done or ["nothing to do" if options.dhcp_hooks else "nothing of ours was there"]:
        print(line)
    for line in after:
        print(f"  next: {line}")
    return OK


def _install(root: Path) -> tuple[list[str], list[str]]:
    done, after = [], []
    for hook in HOOKS:
        if inside(root, hook.needs).exists():
            after.append(f"{hook.client}: {hook.after}")
            done += _put(inside(root, hook.target), shipped(f"dhcp/{hook.source}").read_text(), hook.mode)
    for part in PARTS:
        file = inside(root, part.target)
        if file.is_file():
            done += _rewrite(file, lambda text, part=part: _with_part(text, part))  # type: ignore[misc]
    for drop_in in _networkd(root):
        done += _put(drop_in, shipped("dhcp/networkd.conf").read_text(), 0o644)
        after.append(f"systemd-networkd: networkctl reload, for {drop_in.parent.name.removesuffix('.d')}")
    return done, [*(dict.fromkeys(after) if done else []), *_passed_over(root)]


def _passed_over(root: Path) -> Iterator[str]:
    """What to do so that clients which are here, but have no place for anything of ours, can be told as well."""
    if inside(root, NETWORKD_RUNS).is_dir() and not any(_networkd(root)):
        yield f"systemd-networkd: no file in /{NETWORKD} says DHCP=yes; write one for the WAN, then {AGAIN}"
    has_udhcpc = any(os.path.lexists(inside(root, folder) / "udhcpc") for folder in ("sbin", "usr/sbin", "usr/bin"))
    if has_udhcpc and not any(inside(root, hook.needs).exists() for hook in HOOKS if hook.client == "udhcpc"):
        yield f"udhcpc: it has no directory for scripts; mkdir /etc/udhcpc, then {AGAIN}"


def take_back(root: Path) -> list[str]:
    """Remove what was installed, and say what was done; Failure where a file cannot be written."""
    done = []
    folder = inside(root, NETWORKD)
    drop_ins = sorted(folder.glob(f"*.network.d/{DROP_IN}")) if folder.is_dir() else []
    for file in (*(inside(root, hook.target) for hook in HOOKS), *drop_ins):
        if MADE in _text(file):
            file.unlink()
            done.append(f"{file}: removed")
            with suppress(OSError):  # not ours alone
                if file.parent.name.endswith(".network.d"):
                    file.parent.rmdir()
    for part in PARTS:
        done += _rewrite(inside(root, part.target), lambda text: BLOCK.sub("", text))
    return done


def _put(file: Path, text: str, mode: int) -> list[str]:
    there = _text(file)
    if there == text or PACKAGED in there:
        return []
    if there and MADE not in there:
        raise Failure("refused", f"{file} is there and not ours", "move it away", PROBLEM)
    write(file, text)
    os.chmod(file, mode)
    return [f"{file}: installed"]


def _rewrite(file: Path, edit: Callable[[str], str]) -> list[str]:
    file = file.resolve()  # somebody may have put a link in its place
    before = _text(file)
    after = edit(before)
    if after == before:
        return []
    write(file, after)
    return [f"{file}: {'our part is in it' if BEGIN in after else 'our part is out of it'}"]


def _with_part(text: str, part: Part) -> str:
    """The file with our part in its place; what somebody else says of the vendor class stays."""
    text = BLOCK.sub("", text)
    ours = shipped(f"dhcp/{part.source}").read_text()
    if part.vendor_class.search(text):
        ours = part.vendor_class.sub("", ours)
    at = part.place(text)
    before = text[:at] if text[:at].endswith("\n") or not at else f"{text[:at]}\n"
    return f"{before}{BEGIN}\n{ours}{END}\n{text[at:]}"


def _networkd(root: Path) -> Iterator[Path]:
    """Where drop-ins of ours go: beside each file of a link with DHCP, netplan's in /run as well."""
    if not inside(root, NETWORKD).is_dir():
        return
    seen = set()
    for folder in (NETWORKD, "run/systemd/network"):
        for file in sorted(inside(root, folder).glob("*.network")):
            if file.name not in seen and DHCP4.search(_text(file)):
                seen.add(file.name)
                yield inside(root, f"{NETWORKD}/{file.name}.d/{DROP_IN}")


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Failure("refused", f"{file}: {error}", "run it as root", PROBLEM) from error
