"""Text that is made to do harm, in every writable string that the whole gateway has, with its real daemons running."""

import re
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote

import pytest

from agent.cli import client
from tests.backends.whole_gateway import Crossing, Traced, WholeGateway, gateway
from tests.netlab.fixtures import make_namespace

__all__ = ["gateway", "make_namespace"]

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

HOSTILE = (
    "'\"`reboot`$(reboot);|&<>\\", "line\nline\r\n", "a\x00b", "x" * 10_000, "\u0416\u6f22\U0001f5a7", "%n%s%d", "-rf",
    "--conf-file=/etc/passwd", "../../../etc/passwd", "/etc/passwd", "a,b=c;d{e}#f", " x ",
)  # fmt: skip
DAEMONS = {
    "dnsmasq", "hostapd", "pppd", "dhcpcd", "wpa_supplicant", "python", "python3", "radvd",
    "useradd", "usermod", "userdel", "chpasswd", "passwd", "groupadd", "groupmod", "groupdel", "gpasswd",
}  # fmt: skip
"""What may be run: daemons of ours, and those of backends/commands.py."""
NOT_TOUCHED = ("Device.ManagementServer.URL", "Device.ManagementServer.EnableCWMP")
"""The way back."""
SECRET = re.compile(r"Pass|Key|Secret|PSK|PIN|Password")


def names(gateway: WholeGateway, below: str = "Device.") -> list[str]:
    """What is writable: parameters, tables that take rows, and rows that can be deleted."""
    found = gateway.agent.ask("names", path=below, next_level=False)["names"]
    return [one["path"] for one in found if one["writable"]]


def fill(gateway: WholeGateway, below: str = "Device.") -> None:
    """A row in every table that takes one, at every level, enabled where that is possible."""
    filled: set[str] = set()
    for _ in range(3):
        for path in names(gateway, below):
            kind = re.sub(r"\.\d+(?=\.)", ".{i}", path)
            if path.endswith(".") and not path.rstrip(".").rpartition(".")[2].isdigit() and kind not in filled:
                filled.add(kind)
                try:
                    row = gateway.add(path)
                except client.Failure:
                    continue
                try:
                    gateway.agent.ask("set", values={f"{row}Enable": "true"})
                except client.Failure:
                    continue


def give_links(gateway: WholeGateway) -> None:
    """Let the daemons of the rows run: clients on the WAN, advertisements on the LAN."""
    wan, lan = gateway.interface("wan0"), gateway.interface("lan0")
    for values in (
        {"Device.DHCPv4.Client.1.Interface": wan, "Device.DHCPv4.Client.1.Enable": "true"},
        {"Device.DHCPv6.Client.1.Interface": wan, "Device.DHCPv6.Client.1.Enable": "true"},
        {
            "Device.RouterAdvertisement.Enable": "true",
            "Device.RouterAdvertisement.InterfaceSetting.1.Interface": lan,
            "Device.RouterAdvertisement.InterfaceSetting.1.Enable": "true",
        },
        {"Device.DNS.Relay.Enable": "true", "Device.QoS.Queue.1.Interface": wan},
    ):
        gateway.agent.ask("set", values=values)


def strings(gateway: WholeGateway, below: str = "Device.") -> list[str]:
    """Of each writable string parameter that of the first row and that of the last."""
    writable = set(names(gateway, below))
    alike: dict[str, list[str]] = {}
    for one in gateway.agent.ask("get", paths=[below])["parameters"]:
        if one["path"] in writable and one["type"] == "string" and one["path"] not in NOT_TOUCHED:
            alike.setdefault(re.sub(r"\.\d+(?=\.)", ".{i}", one["path"]), []).append(one["path"])
    return list(dict.fromkeys(path for some in alike.values() for path in (some[0], some[-1])))


def accidents(gateway: WholeGateway, paths: Iterable[str], texts: Sequence[str] = HOSTILE, tries: int = 1) -> list[str]:
    """What happens to parameters that are set to each text in turn, other than that it holds or is refused.

    ``tries``: how often the system may refuse a change for a reason of its own, as a slow one does.
    """
    found: list[str] = []
    for path in paths:
        before = gateway.agent.values(path)[path]
        for text in texts:
            refused = attempted(gateway, {path: text}, tries)
            if refused is not None:
                if "the log" in refused.message or refused.document["error"]["code"] == "internal":
                    found.append(f"{path} = {text[:40]!r}: {refused.message}")
                continue
            now = gateway.agent.values(path)[path]
            # Of a list, blanks around items mean nothing, and those within them are escaped (TR-106 §3.2.3).
            as_given = (text, text.strip())
            if now not in as_given and unquote(now) not in as_given and not (SECRET.search(path) and now == ""):
                found.append(f"{path} = {text[:40]!r} comes back as {now[:40]!r}")
        if gateway.agent.values(path)[path] != before:
            refused = attempted(gateway, {path: before}, tries)
            assert refused is None, refused
    return found


def attempted(gateway: WholeGateway, values: dict[str, str], tries: int) -> client.Failure | None:
    """Set; why not, after as many tries as there are for what the system could not do."""
    refused: client.Failure | None = None
    for _ in range(tries):
        try:
            gateway.agent.ask("set", values=values)
            return None
        except client.Failure as reason:
            refused = reason
            if reason.document["error"]["code"] != "unavailable":
                break
            time.sleep(0.5)
    return refused


def programs(traced: Traced) -> set[str]:
    """What was run, by its name."""
    run = {line.partition('execve("')[2].partition('"')[0] for line in traced.lines("execve(")}
    return {Path(one).name.rstrip("0123456789.") for one in run}


@pytest.mark.slow
def test_no_text_does_harm_in_any_writable_string(gateway: WholeGateway) -> None:
    with Traced(gateway.agent.pid, "execve") as traced:
        fill(gateway)
        give_links(gateway)
        assert gateway.set(Crossing(gateway).values).state == "done"
        paths = strings(gateway)
        assert len(paths) > 100
        assert accidents(gateway, paths) == []
    assert programs(traced) <= DAEMONS
    assert gateway.agent.is_alive
    assert [line for line in gateway.stand.log_lines() if line.startswith("Traceback")] == []
