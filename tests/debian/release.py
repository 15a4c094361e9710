"""A Debian of a named release, made once by debootstrap from the machine's own mirror and kept for further runs."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from tests.waiting import HANGS

RELEASES: Final = ("bookworm", "trixie")
PACKAGES: Final = (
    "systemd", "systemd-sysv", "dbus", "python3", "python3-requests", "python3-lxml", "python3-pyroute2",
    "python3-netifaces", "python3-serial", "python3-venv", "iproute2", "procps",
    # What the agent runs as a gateway.
    "dnsmasq-base", "dhcpcd-base", "hostapd", "wpasupplicant", "ppp", "nftables", "libnftables1", "openssh-server",
    "systemd-timesyncd",
)  # fmt: skip
FETCHED_WITHIN: Final = 900


class ReleaseUnavailable(Exception):
    """There is no such Debian here, for the reason given."""


def release(name: str, packages: Sequence[str] = PACKAGES) -> Path:
    """Its root directory in the cache (~/.cache/cpe-agent-debian, or CPE_AGENT_DEBIAN), made at first use.

    It is for reading: whoever uses it lays a layer of his own over it. About 150 MB are fetched, and 450 MB kept.
    """
    if os.geteuid() != 0:
        raise ReleaseUnavailable("needs root")
    if shutil.which("debootstrap") is None:
        raise ReleaseUnavailable("needs debootstrap (apt-get install)")
    folder = Path(os.environ.get("CPE_AGENT_DEBIAN") or Path.home() / ".cache/cpe-agent-debian")
    recipe = hashlib.sha256(json.dumps(packages).encode()).hexdigest()[:12]
    root = folder / f"{name}-{recipe}"
    if not root.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{name}-{recipe}.{os.getpid()}"
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", name, str(new), mirror()]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=FETCHED_WITHIN)
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stdout", "") or "")[-400:]
            shutil.rmtree(new, ignore_errors=True)
            raise ReleaseUnavailable(f"debootstrap of {name}: {error}; {said}") from error
        shutil.rmtree(new / "var/cache/apt", ignore_errors=True)
        with suppress(OSError):  # another run was quicker
            new.rename(root)
        shutil.rmtree(new, ignore_errors=True)
    return root


def mirror() -> str:
    """Where this machine's apt has Debian from."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Created-By: Packages"]
    try:
        told = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=HANGS).stdout.split()
    except (OSError, subprocess.SubprocessError) as error:
        raise ReleaseUnavailable(f"apt does not tell its mirror: {error}") from error
    found = [one for one in told if one.rstrip("/").endswith("/debian")]
    if not found:
        raise ReleaseUnavailable("apt knows no Debian (apt-get update)")
    return found[0]
