"""A throw-away machine with Debian's kernel, for tests of what this kernel was built without (802.1Q, VLAN filtering).

    python -m tests.vm.machine COMMAND…    runs it as root inside, prints its output, ends with its status

The machine boots from two archives that the kernel unpacks one over the other. The first, kept in ~/.cache/cpe-agent-vm
(or CPE_AGENT_VM), has busybox, the kernel modules in the order in which they must be loaded, and an init. The second is
written for each run and has nothing but the command. Inside, this machine's files lie read-only under a layer of
memory; what the command prints leaves by a second serial line, its status as the last line of it. KVM is not used:
where this machine is a guest itself, it may be there and hang.
"""

import gzip
import hashlib
import io
import json
import lzma
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import HANGS

PACKAGES = ("qemu-system-x86", "busybox-static")
MODULES = (
    "virtio_pci", "9pnet_virtio", "9p", "overlay",  # to see this machine's files
    "8021q", "bridge", "veth", "dummy", "af_packet", "e1000",
    "pppoe", "ppp_async",
    "wireguard", "ip_gre", "ip6_gre", "vxlan", "sit", "ip6_tunnel",
    "sch_netem", "sch_tbf",
    "crc32c_generic",  # nf_tables asks for it as it is loaded
    "nf_tables", "nft_chain_nat", "nft_nat", "nft_masq", "nft_ct", "nft_fib_inet", "nft_fib_ipv4", "nft_fib_ipv6",
    "mac80211_hwsim", "aes_generic", "ccm", "gcm", "ghash_generic", "cmac", "ctr",
)  # fmt: skip
MEMORY = "512M"
SECONDS = 900
STATUS = "machine: status "

INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /below /above /whole
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*; do /bin/busybox insmod "$module"; done
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro files /below
/bin/busybox mount -t tmpfs memory /above
/bin/busybox mkdir /above/changed /above/work
/bin/busybox mount -t overlay -o lowerdir=/below,upperdir=/above/changed,workdir=/above/work whole /whole
for tree in proc sys dev; do /bin/busybox mount -o move /$tree /whole/$tree; done
/bin/busybox mount -t tmpfs memory /whole/run
/bin/busybox cp /command /last /bin/busybox /whole/run
exec /bin/busybox switch_root /whole /run/busybox sh /run/last
"""
LAST = f"""
/run/busybox stty -F /dev/ttyS1 raw
/bin/sh /run/command > /dev/ttyS1 2>&1 < /dev/null
/run/busybox echo "{STATUS}$?" > /dev/ttyS1
/run/busybox poweroff -f
"""


class MachineUnavailable(Exception):
    """There is no such machine here, for the reason given: what to install, or why it did not start."""


@dataclass(frozen=True)
class Machine:
    """The kernel and the first archive."""

    kernel: Path
    archive: Path

    def run(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a command in a machine of its own, in this directory; its status and what it printed."""
        settings = {
            "PATH": os.environ["PATH"],
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            **(environment or {}),
        }
        script = "\n".join(
            [
                *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
                f"cd {shlex.quote(str(Path.cwd()))}",
                shlex.join(command),
            ]
        )
        with tempfile.TemporaryDirectory() as folder:
            start = Path(folder, "start")
            start.write_bytes(
                self.archive.read_bytes() + gzip.compress(archived({"command": (0o644, script.encode())}))
            )
            printed, console = Path(folder, "printed"), Path(folder, "console")
            with suppress(subprocess.TimeoutExpired):  # then there is no status
                subprocess.run(
                    [
                        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
                        "-m", MEMORY, "-nodefaults", "-display", "none", "-no-reboot",
                        "-kernel", str(self.kernel), "-initrd", str(start),
                        "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
                        "-serial", f"file:{console}", "-serial", f"file:{printed}",
                        "-fsdev", "local,id=files,path=/,security_model=none,readonly=on,multidevs=remap",
                        "-device", "virtio-9p-pci,fsdev=files,mount_tag=files",
                        "-netdev", "hubport,id=cable,hubid=0", "-device", "e1000,netdev=cable",  # leads nowhere
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=SECONDS,
                    check=False,
                )  # fmt: skip
            output, found, status = printed.read_text(errors="replace").rpartition(STATUS)
            if not found:
                said = printed.read_text(errors="replace") + console.read_text(errors="replace")
                raise MachineUnavailable(f"the machine did not come to its end:\n{said}")
        return int(status), output


def machine() -> Machine:
    """The machine of the cache, built at first use (about 70 MB fetched); MachineUnavailable says what is missing."""
    folder = Path(os.environ.get("CPE_AGENT_VM") or Path.home() / ".cache/cpe-agent-vm")
    recipe = hashlib.sha256(json.dumps([MODULES, INIT, LAST]).encode()).hexdigest()[:12]
    made = Machine(folder / f"kernel-{recipe}", folder / f"archive-{recipe}")
    busybox = shutil.which("busybox")
    if busybox is None or shutil.which("qemu-system-x86_64") is None:
        raise MachineUnavailable(f"needs {' and '.join(PACKAGES)} (apt-get install)")
    if not (made.kernel.exists() and made.archive.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        kernel, modules = unpacked(package(folder))
        files = {
            "init": (0o755, INIT.encode()),
            "last": (0o755, LAST.encode()),
            "bin/busybox": (0o755, Path(busybox).read_bytes()),
        }
        for number, name in enumerate(in_order(MODULES, modules)):
            files[f"modules/{number:03d}-{name}.ko"] = (0o644, modules[name])
        replace(made.kernel, kernel)
        replace(made.archive, gzip.compress(archived(files)))
    return made


def package(folder: Path) -> bytes:
    """Debian's newest kernel package for this architecture."""
    try:
        told = subprocess.run(
            ["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=True, timeout=HANGS
        ).stdout
        name = re.search(r"Depends: (linux-image-\d\S+)", told)
        if name is None:
            raise MachineUnavailable("apt knows no linux-image-amd64 (apt-get update)")
        with tempfile.TemporaryDirectory(dir=folder) as fetched:
            subprocess.run(["apt-get", "download", name[1]], cwd=fetched, check=True, capture_output=True, timeout=600)
            (file,) = Path(fetched).glob("*.deb")
            return subprocess.run(
                ["dpkg-deb", "--fsys-tarfile", file], check=True, capture_output=True, timeout=120
            ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise MachineUnavailable(f"Debian's kernel cannot be fetched: {error}") from error


def unpacked(tree: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The kernel, and every module by the name by which others depend on it."""
    kernel = b""
    modules = {}
    with tarfile.open(fileobj=io.BytesIO(tree)) as files:
        for entry in files:
            content = files.extractfile(entry) if entry.isfile() else None
            if content is None:
                continue
            name = Path(entry.name).name
            if name.startswith("vmlinuz-"):
                kernel = content.read()
            elif name.endswith((".ko", ".ko.xz")):
                raw = content.read()
                modules[canonical(name.partition(".ko")[0])] = lzma.decompress(raw) if name.endswith(".xz") else raw
    return kernel, modules


def canonical(module: str) -> str:
    """A module's name as the kernel spells it."""
    return module.replace("-", "_")


def in_order(wanted: Iterable[str], modules: Mapping[str, bytes]) -> list[str]:
    """The wanted modules that are no part of the kernel itself, each after those on which it depends."""
    order: list[str] = []

    def add(name: str) -> None:
        if name in modules and name not in order:
            for needed in needs(modules[name]):
                add(needed)
            order.append(name)

    for name in wanted:
        add(canonical(name))
    return order


def needs(module: bytes) -> list[str]:
    """What a module's .modinfo section says that it depends on."""
    found = re.search(rb"\0depends=([\w,-]*)\0", module)
    return [canonical(name) for name in found[1].decode().split(",") if name] if found else []


def archived(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """A cpio archive ("newc", as the kernel's early-userspace/buffer-format.rst has it) of mode and content by name."""
    folders = {str(parent): (0o40755, b"") for name in files for parent in Path(name).parents if str(parent) != "."}
    entries = {**folders, **{name: (0o100000 | mode, content) for name, (mode, content) in files.items()}}
    return b"".join(_entries(sorted(entries.items())))


def _entries(entries: Iterable[tuple[str, tuple[int, bytes]]]) -> Iterator[bytes]:
    for number, (name, (mode, content)) in enumerate([*entries, ("TRAILER!!!", (0, b""))], start=1):
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        yield head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)


def replace(path: Path, content: bytes) -> None:
    """Two runs may build at once: a file is whole or not there."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    new.write_bytes(content)
    new.rename(path)


if __name__ == "__main__":
    try:
        ended, text = machine().run(sys.argv[1:] or ["uname", "-a"])
    except MachineUnavailable as reason:
        sys.exit(str(reason))
    sys.stdout.write(text)
    sys.exit(ended)
