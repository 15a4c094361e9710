"""The verb setup: give interfaces to the agent, so that nobody else configures them, and take them back."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.cli import settings_file, setup_page
from agent.cli.client import DEFAULT_CONFIG, OK, PROBLEM, USAGE, Failure
from agent.cli.options import Verbs, add_verb
from agent.cli.output import show_json
from agent.settings_file import NotChangeable, changed
from agent.settings_form import UCI_FILE

NAME: Final = re.compile(r"[A-Za-z0-9_.*?-]{1,15}")
HEAD: Final = "# Made by `cpe-agent setup --manage`, taken back by `cpe-agent setup --unmanage`.\n"
RELOAD_WITHIN: Final = 15.0
NEXT: Final = "next: systemctl reload cpe-agent"
NEXT_OF_IMAGE: Final = "the image's agent reads it at its next start"
MOST_LINKS: Final = 40


@dataclass(frozen=True, slots=True)
class Manager:
    """Something else that configures interfaces: where its drop-ins are, what ours says, how it takes it in."""

    name: str
    installed: str
    drop_in: str
    text: Callable[[Sequence[str]], str]
    reload: tuple[str, ...]
    at_work: str


MANAGERS: Final = (
    Manager(
        "NetworkManager",
        "etc/NetworkManager",
        "etc/NetworkManager/conf.d/zz-cpe-agent.conf",  # the last: another's "unmanaged-devices=" would replace ours
        # A reload takes that over for links that are there, but no [device] section's managed=0; others' are kept.
        lambda names: f"{HEAD}[keyfile]\nunmanaged-devices+={_matches(names)}\n",
        ("nmcli", "general", "reload"),
        "run/NetworkManager",
    ),
    Manager(
        "systemd-networkd",
        "etc/systemd/network",
        "etc/systemd/network/00-cpe-agent.network",
        lambda names: f"{HEAD}[Match]\nName={' '.join(names)}\n\n[Link]\nUnmanaged=yes\n",
        ("networkctl", "reload"),
        "run/systemd/netif",
    ),
)


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "setup",
        _setup,
        "Set the ACS, and give interfaces to the agent: [network] manage names them, NetworkManager and\n"
        "systemd-networkd leave them alone. Without options on a terminal: ask step by step, and test the connection;\n"
        "elsewhere: show which interfaces are given.\n\n"
        "--dhcp-hooks puts hooks and drop-ins of ours beside udhcpc, odhcp6c, dhclient, dhcpcd, systemd-networkd and\n"
        "NetworkManager, where they are installed: they ask for options 43, 125 and 17, show as dslforum.org and call\n"
        "`cpe-agent dhcp-event`. What has to be done beside is told.",
        "cpe-agent setup\ncpe-agent setup --url https://acs.example.net/ --username cpe --password-stdin < FILE\n"
        "cpe-agent setup --manage eth1 wlan0\ncpe-agent setup --unmanage wlan0\ncpe-agent setup --json\n"
        "cpe-agent setup --dhcp-hooks\ncpe-agent setup --no-dhcp-hooks",
    )
    server = parser.add_argument_group("the ACS", "set in the running agent, else in its settings file; then tested")
    server.add_argument("--url", metavar="URL", help='"https://acs.example.net/cwmp"; "" forgets it')
    server.add_argument("--username", metavar="NAME", help="how the device presents itself there")
    server.add_argument("--password-stdin", action="store_true", help="the secret for it: one line of standard input")
    server.add_argument("--interval", metavar="SECONDS", type=int, help="between periodic reports")
    server.add_argument("--interface", metavar="IF", help='reach it by this interface only; "": any')
    server.add_argument(
        "--ca-file", metavar="FILE", help='PEM file of the authorities trusted for it; "": the system\'s'
    )
    server.add_argument("--no-test", action="store_true", help="do not try the connection")
    setup_page.add_options(parser)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--manage", metavar="IF", nargs="+", default=(), help="names or globs: eth1 'lan*'")
    choice.add_argument("--unmanage", metavar="IF", nargs="+", default=(), help="give them back")
    hooks = "tell the machine's own DHCP clients to ask for an ACS and to hand the answer to the agent"
    choice.add_argument("--dhcp-hooks", action="store_true", default=None, help=hooks)
    choice.add_argument("--no-dhcp-hooks", action="store_false", dest="dhcp_hooks", help="take that back")
    choice.add_argument(
        "--leave", action="store_true", help="take back all that is ours beside other programs; the settings stay"
    )
    choice.add_argument(
        "--rejoin", action="store_true", help="what [network] manage names is left to the agent again, after --leave"
    )
    parser.add_argument(
        "--root", metavar="DIR", type=Path, default=Path("/"), help="change the image below DIR instead"
    )


def _setup(options: argparse.Namespace) -> int:
    if setup_page.is_asked(options):
        return setup_page.run(options)
    root = _root_of(options.root)
    if options.dhcp_hooks is not None:
        try:
            from agent.cli.dhcp_hooks import change
        except ModuleNotFoundError:
            step = "for an image: run it where the image is made, with --root"
            raise Failure("installed", "OpenWrt's package has installed the hooks itself", step) from None
        return change(root, options)
    of_uci = inside(root, str(UCI_FILE))
    usual = of_uci if of_uci.is_file() else inside(root, str(DEFAULT_CONFIG))
    file = Path(options.config) if options.config else usual
    if options.leave or options.rejoin:
        return _leave_or_rejoin(options, root, file)
    if _concerns_the_acs(options):
        from agent.cli import setup_acs

        return setup_acs.run(options, file)
    if not (options.manage or options.unmanage or options.json) and sys.stdin.isatty() and sys.stdout.isatty():
        from agent.cli import setup_wizard

        return setup_wizard.run(options, file)
    return _give(options, root, file)


def _give(options: argparse.Namespace, root: Path, file: Path) -> int:
    """Give and take back interfaces, and show which are given."""
    drop_ins = _drop_ins(root)
    wrong = [name for name in (*options.manage, *options.unmanage) if not NAME.fullmatch(name)]
    if wrong:
        raise Failure("usage", f"{wrong[0]!r} is no interface's name", "`ip link` lists them", USAGE)
    text, given = _read(file)
    names = [name for name in dict.fromkeys([*given, *options.manage]) if name not in options.unmanage]
    done: list[str] = []
    if names != given:
        settings_file.write(file, with_manage(text, names, file))
        done.append(f"{file}: [network] manage = {_listed(names)}")
    if options.manage or options.unmanage:
        done += _tell_others(root, drop_ins, names)
    absent = _absent(root, options.manage)
    not_given = [name for name in dict.fromkeys(options.unmanage) if name not in given]
    if options.json:
        show_json({"manage": names, "done": done, "absent": absent, "not_given": not_given})
        return OK
    for line in done:
        print(line)
    for name in absent:
        print(f"{name}: there is no such interface now; it is the agent's as soon as it appears (`ip link` lists them)")
    for name in not_given:
        print(f"{name}: was not given to the agent")
    print(f"given to the agent: {', '.join(names) or 'none'}")
    if done:
        print(f"  {NEXT if root == Path('/') else NEXT_OF_IMAGE}")
    return OK


def _leave_or_rejoin(options: argparse.Namespace, root: Path, file: Path) -> int:
    """For the package's removal and its return: the drop-ins alone, ``[network] manage`` stays as it is."""
    names = [] if options.leave else _read(file)[1]
    done = _tell_others(root, _drop_ins(root), names)
    if options.leave:
        with suppress(ModuleNotFoundError):  # OpenWrt's package does without
            from agent.cli.dhcp_hooks import take_back

            done += take_back(root)
    if options.json:
        show_json({"done": done})
        return OK
    for line in done or ["nothing to do"]:
        print(line)
    return OK


def _concerns_the_acs(options: argparse.Namespace) -> bool:
    given = (options.url, options.username, options.interval, options.interface, options.ca_file)
    is_concerned = options.password_stdin or any(one is not None for one in given)
    if is_concerned and (options.manage or options.unmanage):
        raise Failure("usage", "--manage and --unmanage are for themselves", "give them in a call of their own", USAGE)
    return is_concerned


def _root_of(given: Path) -> Path:
    if not given.is_dir():
        raise Failure("usage", f"--root {given} is no directory", "name the directory that the image is in", USAGE)
    return given.resolve()


def inside(root: Path, path: str) -> Path:
    """Where a path of the image is, with links followed as the image itself would; Failure for what leads out of it."""
    if root == Path("/"):
        return Path("/", path)
    at: list[str] = []
    left = path.split("/")[::-1]
    links = 0
    while left:
        part = left.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not at:
                raise Failure("usage", f"{path} of {root} leads out of it", "mend the image's links", USAGE)
            at.pop()
            continue
        here = os.path.join(root, *at, part)
        if not os.path.islink(here):
            at.append(part)
            continue
        links += 1
        if links > MOST_LINKS:
            raise Failure("usage", f"{path} of {root}: links without an end", "mend the image's links", USAGE)
        target = os.readlink(here)
        if target.startswith("/"):
            at = []
        left += target.split("/")[::-1]
    return root.joinpath(*at)


def _drop_ins(root: Path) -> list[tuple[Manager, Path]]:
    """Those that are installed, with the place of ours."""
    found = ((one, inside(root, one.installed), one.drop_in) for one in MANAGERS)
    return [(manager, inside(root, drop_in)) for manager, installed, drop_in in found if installed.is_dir()]


def _absent(root: Path, names: Iterable[str]) -> list[str]:
    """Which of the names, but for globs, the running system has no interface of; an image has none to compare with."""
    there = root / "sys/class/net"
    if not there.is_dir():
        return []
    return [name for name in names if not re.search(r"[*?]", name) and not (there / name).exists()]


def with_manage(text: str, names: Sequence[str], file: Path) -> str:
    """The settings with another ``[network] manage``, all else as it stood; Failure where that cannot be made sure."""
    try:
        return changed(text, {"network.manage": list(names)})
    except NotChangeable:
        line = f"manage = {_listed(names)}"
        step = f"write into its [network] table: {line}"
        raise Failure("settings", f"{file} cannot be changed by itself", step, PROBLEM) from None


def _matches(names: Iterable[str]) -> str:
    return ";".join(f"interface-name:{name}" for name in names)


def _listed(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _read(file: Path) -> tuple[str, list[str]]:
    given = settings_file.document(file).get("network", {}).get("manage", [])
    return settings_file.read(file), [str(name) for name in given]


def _tell_others(root: Path, drop_ins: Iterable[tuple[Manager, Path]], names: Sequence[str]) -> list[str]:
    """Drop-ins of our own for those that are installed; what was done."""
    done = []
    for manager, file in drop_ins:
        text = manager.text(names) if names else ""
        if (file.read_text() if file.exists() else "") == text:
            continue
        if text:
            settings_file.write(file, text)
        else:
            file.unlink()
        done.append(f"{file}: {manager.name} leaves {', '.join(names) or 'nothing'} to the agent")
        if root == Path("/") and Path("/", manager.at_work).is_dir():
            done += _reload(manager)
    return done


def _reload(manager: Manager) -> list[str]:
    program = shutil.which(manager.reload[0])
    if program is None:
        return []
    command = " ".join(manager.reload)
    try:
        ended = subprocess.run(
            [program, *manager.reload[1:]], capture_output=True, text=True, timeout=RELOAD_WITHIN, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f"{command}: {error}"]
    return [f"{command}: {'done' if ended.returncode == 0 else ended.stderr.strip() or ended.returncode}"]
