"""A Debian that is booted in namespaces of its own, with systemd as its first process: for what only systemd can show.

Its files are a release of the cache under a layer of memory. It has a network, processes, a name and control groups of
its own, and neither the clock, modules nor kernel settings of this machine. It ends with its first process, and so does
everything in it.
"""

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

BOOTED_WITHIN: Final = 180.0
COMMAND_WITHIN: Final = 300.0
CONTROL_GROUPS: Final = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup"))
NOT_ITS_OWN: Final = "-sys_time,-sys_module,-sys_rawio,-sys_boot,-mac_admin,-mac_override"
BOOT: Final = """
set -e
mount --make-rprivate /
mount -t tmpfs memory "$2"
mkdir "$2/changed" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=$1,upperdir=$2/changed,workdir=$2/work" whole "$2/root"
cd "$2/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup sys/fs/cgroup
mount -o remount,bind,ro sys
mount -t tmpfs -o mode=755 dev dev
for each in null zero full random urandom tty; do : > dev/$each; mount --bind /dev/$each dev/$each; done
mkdir dev/pts dev/shm dev/net
for each in ppp rfkill net/tun; do [ ! -e /dev/$each ] || { : > dev/$each; mount --bind /dev/$each dev/$each; }; done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs shm dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 run run
mkdir run/given
mount --bind -o ro "$3" run/given
ln -sf /dev/null etc/systemd/system/console-getty.service
ip link set lo up
hostname cpe-test
mkdir before
pivot_root . before
umount -l /before
rmdir /before
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=cpe-agent-test \\
    setpriv --bounding-set "$4" /lib/systemd/systemd --log-target=null --show-status=false
"""


class Booted:
    """The machine while it runs; what lies in ``given`` is at /run/given there."""

    def __init__(self, root: Path, given: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="cpe-agent-debian-")
        self._group = _control_group() / f"cpe-agent-debian-{os.getpid()}"
        self._group.mkdir()
        command = (
            "unshare", "--mount", "--uts", "--ipc", "--net", "--cgroup", "--pid", "--fork", "--kill-child",
            "sh", "-c", BOOT, "boot", str(root), self._folder.name, str(given), NOT_ITS_OWN,
        )  # fmt: skip
        enter = f'echo $$ > "{self._group}/cgroup.procs"; exec "$@"'
        self._process = subprocess.Popen(
            ["sh", "-c", enter, "enter", *command], stdin=subprocess.DEVNULL, start_new_session=True
        )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + BOOTED_WITHIN
        while self.run("systemctl", "is-system-running").stdout.strip() not in ("running", "degraded"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__(None, None, None)
                raise RuntimeError("the machine did not come up")
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for _ in range(50):  # what is left of its processes goes in the background
            with suppress(OSError):
                for folder, _, _ in os.walk(self._group, topdown=False):
                    os.rmdir(folder)
                break
            time.sleep(0.1)
        self._folder.cleanup()

    @property
    def process(self) -> int:
        """Its first process, as this machine numbers it; 0 when it does not run."""
        return next(iter(_children(self._process.pid)), 0)

    def run(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program there as root; its status and what it said."""
        first = self.process
        if not first:
            return subprocess.CompletedProcess(command, 1, "", "it does not run")
        enter = ("nsenter", "--target", str(first), "--all", "--root", "--wd")
        environment = (
            "env",
            "-i",
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LC_ALL=C.UTF-8",
            "HOME=/root",
        )
        return subprocess.run(
            [*enter, *environment, *command],
            input=given, capture_output=True, text=True, check=False, timeout=COMMAND_WITHIN,
        )  # fmt: skip

    def says(self, *command: str, given: str = "") -> str:
        """What a program that has to succeed prints there."""
        ended = self.run(*command, given=given)
        assert ended.returncode == 0, f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
        return ended.stdout


def _children(process: int) -> list[int]:
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def _control_group() -> Path:
    for place in CONTROL_GROUPS:
        if (place / "cgroup.procs").exists():
            return place
    raise RuntimeError("there is no unified hierarchy of control groups")
