"""A router's root directory with the package in it, and what its scripts find there: uci, procd's words, a board."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fakes.uci_of_scripts import UciServer
from tests.waiting import HANGS

PROJECT = Path(__file__).parent.parent.parent
REAL_UCI = os.environ.get("UCI_BIN") or shutil.which("uci")
SHELL = ["busybox", "ash"] if shutil.which("busybox") else ["sh"]

NETWORK = """
config interface 'wan'
	option device 'wan'
	option proto 'dhcp'

config interface 'wan6'
	option device 'wan'
	option proto 'dhcpv6'

config interface 'lan'
	option proto 'static'
"""
FIREWALL = """
config zone
	option name 'lan'
	list network 'lan'

config zone
	option name 'wan'
	list network 'wan'
	list network 'wan6'
"""
BOARD = '{"system": {"label_macaddr": "00:25:9e:ab:cd:ef"}, "model": {"name": "TP-Link Archer C7 v2"}}'
JSONFILTER = f"""#!{sys.executable} -IS
import json, sys
found = json.load(open(sys.argv[sys.argv.index("-i") + 1]))
for key in sys.argv[sys.argv.index("-e") + 1].removeprefix("@.").split("."):
    if key not in found: sys.exit(1)
    found = found[key]
print(found)
"""
PROCD = r"""
cpe_say() { printf '%s\n' "$*" >>"$SAID"; }
procd_open_instance() { cpe_say open; }
procd_close_instance() { cpe_say close; }
procd_set_param() { cpe_say "$@"; }
procd_add_jail() { cpe_say jail "$@"; }
procd_send_signal() { cpe_say signal "$@"; }
procd_add_reload_trigger() { cpe_say on-config "$@"; }
procd_add_interface_trigger() { cpe_say on-interface "$@"; }
procd_running() { [ -e "$RUNS" ]; }
config_load() { :; }
config_get() { eval "$1=\"\$(uci -q get cpe-agent.$2.$3 || echo \"\$4\")\""; }
config_get_bool() {
	config_get "$@"
	eval "case \"\$$1\" in 1|on|true|yes|enabled) $1=1 ;; *) $1=0 ;; esac"
}
start() { start_service; }
stop() { cpe_say stop; }
restart() { cpe_say restart; }
"""
"""What /etc/rc.common and procd.sh are to the init script: says what procd would be told."""


# The router's shell prefers programs of its own to those of the path, and functions to both.
SAYING = """
logger() { echo "logger $*" >>"$SAID"; }
chown() { echo "chown $*" >>"$SAID"; }
nft() { echo "nft $*" >>"$SAID"; }
"""


class Router:
    """``root`` has the package installed; its scripts are run as if it were /."""

    def __init__(self, package: Path, directory: Path, stand_in: UciServer) -> None:
        self.root = directory / "root"
        shutil.copytree(package, self.root)
        self.bin, self.said = directory / "bin", directory / "said"
        self.config = self.root / "etc/config"
        self.put("etc/config/network", NETWORK)
        self.put("etc/config/firewall", FIREWALL)
        self.put("etc/board.json", BOARD)
        self.put("tmp/sysinfo/model", "TP-Link Archer C7 v2\n")
        self.put("lib/netifd/dhcp.script", "for f in /etc/udhcpc.user.d/*; do . $f; done\n")
        self.put("lib/netifd/dhcpv6.script", "for f in /etc/odhcp6c.user.d/*; do . $f; done\n")
        real = f'#!/bin/sh\nexec {REAL_UCI} -c {self.config} -t {directory}/staged "$@"\n'
        self._program("uci", real if REAL_UCI else stand_in.program(self.config, directory / "staged"))
        self._program("jsonfilter", JSONFILTER)

    def put(self, name: str, text: str, mode: int = 0o644) -> Path:
        """A file below the root."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def run(self, script: str, *more: str) -> str:
        """Run shell code in the router's shell; what it printed. AssertionError when it fails or complains."""
        code = SAYING + self.here(script)
        environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}", "SAID": str(self.said), "RUNS": str(self.said) + ".runs",
            "ETC": f"{self.root}/etc", "DHCP_SCRIPT": f"{self.root}/lib/netifd/dhcp.script",
            "DHCPV6_SCRIPT": f"{self.root}/lib/netifd/dhcpv6.script",
        }  # fmt: skip
        done = subprocess.run(
            [*SHELL, "-c", code, "sh", *more], capture_output=True, text=True, env=environment, cwd="/", timeout=HANGS
        )
        assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stderr, done.stdout)
        return done.stdout

    def here(self, text: str) -> str:
        """The text with the router's places in place of the machine's own."""
        for place in ("/etc/config", "/etc/board.json", "/etc/cpe-agent", "/etc/capabilities", "/tmp/sysinfo",
                      "/usr/lib/cpe-agent", "/var/run/cpe-agent", "/sbin/ujail"):  # fmt: skip
            text = text.replace(place, f"{self.root}{place}")
        return text.replace('"$PROG" run --check', f"env PYTHONPATH={PROJECT} {sys.executable} -m agent run --check")

    def defaults(self) -> None:
        """What the first boot runs."""
        functions = self.root / "usr/lib/cpe-agent/openwrt.sh"
        functions.write_text(self.here((PROJECT / "openwrt/files/openwrt.sh").read_text()))
        text = (self.root / "etc/uci-defaults/60-cpe-agent").read_text()
        self.run(text)

    def init(self, function: str) -> list[str]:
        """What the init script tells procd, or does."""
        self.said.unlink(missing_ok=True)
        self.run(PROCD + (self.root / "etc/init.d/cpe-agent").read_text() + f"\n{function}\n")
        return self.said.read_text().replace(str(self.root), "").splitlines() if self.said.exists() else []

    def get(self, place: str) -> str:
        """What uci says of one option, "" for none."""
        return self.run(f"uci -q get {place} || :").strip()

    def _program(self, name: str, text: str) -> None:
        self.bin.mkdir(exist_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)
