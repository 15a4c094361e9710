"""Runs what stands on foreign libraries and on Python itself with the oldest and newest of each; prints a table.

python -m tests.matrix [ROW…] [-- pytest's options]      each row has an environment of its own below build/matrix

The oldest are those of OpenWrt's releases. A newer Python is a Debian's, which debootstrap brings (as root); whatever
else of Python 3.12 and later is on the path joins.
"""

import atexit
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from tests.debian.release import PACKAGES, ReleaseUnavailable, release

PROJECT: Final = Path(__file__).parents[1]
PLACE: Final = PROJECT / "build" / "matrix"
DEBIANS: Final = {"trixie": PACKAGES, "sid": ("python3", "iproute2", "procps", "openssl")}
"""Whose Python is newer, and what is installed there; the first is that of `make deb-check`."""
ROWS: Final = {"trixie": ("oldest", "newest"), "sid": ("newest",)}
"""With which libraries; the oldest are not there for Python 3.14."""
OTHERS: Final = ("python3.12", "python3.13", "python3.14", "python3.15")
LIBRARIES: Final = {
    "oldest": ("pyroute2==0.7.9", "lxml==5.4.0", "requests==2.32.3"),
    "newest": ("pyroute2", "lxml", "requests"),
}
BESIDE: Final = ("pyserial", "netifaces-plus; python_version < '3.14'", "pytest", "pytest-xdist", "hypothesis")
TESTS: Final = (
    "tests/backends/test_netlink_codec.py", "tests/backends/test_netlink_links.py",
    "tests/backends/test_netlink_reader.py", "tests/backends/test_netlink_rows.py",
    "tests/backends/test_netlink_socket.py", "tests/backends/test_netlink_trouble.py",
    "tests/backends/test_generic_netlink.py", "tests/backend_contract/test_netlink.py",
    "tests/backend_contract/test_vlans.py", "tests/backend_contract/test_addresses.py",
    "tests/backend_contract/test_ubus.py", "tests/backend_contract/test_uci.py",
    "tests/backends/uci", "tests/backends/ubus", "tests/cwmp", "tests/discovery", "tests/model", "tests/runtime",
    "tests/test_extensions.py", "tests/test_settings.py", "tests/test_settings_file.py", "tests/test_settings_uci.py",
    "tests/test_shipped_schema.py", "tests/test_wiring.py",
    "tests/transfers/test_ftp_move.py", "tests/transfers/test_http_move.py",
)  # fmt: skip
PIP: Final = ("-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-warn-script-location")
QUICK: Final = "not slow and not vm and not browser and not sweep and not debian"
NAMES: Final = ("lxml", "pyroute2", "requests")
VERSIONS: Final = (
    "import sys, importlib.metadata as m; "
    f"print('%d.%d.%d' % sys.version_info[:3], *(m.version(name) for name in {NAMES!r}))"
)
IN_ROOT: Final = """
set -e
mount --make-rprivate /
mount -t tmpfs memory "$2"
mkdir "$2/changed" "$2/work" "$2/root"
mount -t overlay -o "lowerdir=$1,upperdir=$2/changed,workdir=$2/work" whole "$2/root"
cd "$2/root"
mkdir -p ".$3"
mount --rbind "$3" ".$3"
mkdir -p "usr/local/lib/python$5/dist-packages"
mount --bind "$4" "usr/local/lib/python$5/dist-packages"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mkdir before
pivot_root . before
umount -l /before
rmdir /before
cd "$3"
here="$3"
shift 5
exec env -i PYTHONPATH="$here" HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""
"""Becomes a program in a Debian's root, with this project at its own place and a layer of memory for what it writes."""


@dataclass(frozen=True, slots=True)
class Row:
    """``command`` runs a Python that has these libraries."""

    name: str
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Result:
    """What a row came to."""

    row: str
    versions: Sequence[str]
    seconds: float
    said: str
    passed: bool


class NotHere(Exception):
    """A row cannot be made on this machine, for the reason given."""


def main(arguments: Sequence[str]) -> int:
    """Make each row and run it; 0 when all of them pass. What cannot be made here is told, and is no failure."""
    chosen, _, options = " ".join(arguments).partition("--")
    results = []
    for name, make in rows():
        if chosen.split() and not any(word in name for word in chosen.split()):
            continue
        try:
            results.append(run(make(), options.split()))
        except NotHere as reason:
            results.append(Result(name, (), 0.0, f"not run: {reason}", True))
        print(line(results[-1]), flush=True)
    print()
    print("\n".join([HEAD, *map(line, results)]))
    return 0 if results and all(one.passed for one in results) else 1


HEAD: Final = f"{'row':<28} {'Python':<8} {'lxml':<8} {'pyroute2':<9} {'requests':<9} {'seconds':>7}  result"


def line(result: Result) -> str:
    """A line of the table."""
    python, lxml, pyroute2, requests = (*result.versions, "", "", "", "")[:4]
    return (
        f"{result.row:<28} {python:<8} {lxml:<8} {pyroute2:<9} {requests:<9} {result.seconds:>7.0f}  "
        f"{'' if result.passed else 'FAILED '}{result.said}"
    )


def rows() -> Iterator[tuple[str, Callable[[], Row]]]:
    """Each row's name, and what makes it."""
    own = Path(sys.executable)
    for libraries in LIBRARIES:
        yield f"this Python, {libraries}", partial(venv, own, libraries)
    for name, sets in ROWS.items():
        for libraries in sets:
            yield f"Debian {name}, {libraries}", partial(debian, name, libraries)
    for other in OTHERS:
        if (found := shutil.which(other)) and _is_usable(found):
            yield f"{other}, newest", partial(venv, Path(found), "newest")


def venv(python: Path, libraries: str) -> Row:
    """A virtual environment of a Python of this machine."""
    told = _says([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()
    packages = (*LIBRARIES[libraries], *BESIDE)
    name = f"{'this Python' if python == Path(sys.executable) else f'python{told}'}, {libraries}"
    place = _place(f"venv-{told}", packages)
    if not place.exists():
        new = place.with_name(f"{place.name}.new")
        _says([str(python), "-m", "venv", "--clear", str(new)])
        _says([str(new / "bin/python"), *PIP, *packages])
        new.rename(place)
    return Row(name, ["env", f"PYTHONPATH={PROJECT}", str(place / "bin/python")])


def debian(name: str, libraries: str) -> Row:
    """A Debian's own Python, with the libraries beside it."""
    try:
        root = release(name, DEBIANS[name])
    except ReleaseUnavailable as reason:
        raise NotHere(str(reason)) from None
    python = (root / "usr/bin/python3").readlink().name.removeprefix("python")
    packages = (*LIBRARIES[libraries], *BESIDE)
    place = _place(f"{name}-{python}", packages)
    if not place.exists():
        new = place.with_name(f"{place.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        wheels = ("--python-version", python, "--only-binary=:all:", "--target", str(new))
        _says([sys.executable, *PIP, *wheels, *packages])
        new.rename(place)
    memory = Path(mkdtemp(prefix="cpe-agent-matrix-"))
    atexit.register(shutil.rmtree, memory, ignore_errors=True)
    inside = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", IN_ROOT, "root")
    given = (str(root), str(memory), str(PROJECT), str(place), python)
    return Row(f"Debian {name}, {libraries}", [*inside, *given, "python3"])


def run(row: Row, options: Sequence[str]) -> Result:
    """The tests in a row."""
    versions = _says([*row.command, "-c", VERSIONS]).split()
    log = PLACE / f"{re.sub(r'[^a-z0-9.]+', '-', row.name.lower())}.log"
    tests = ["-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "-m", QUICK, *TESTS, *options]
    began = time.monotonic()
    with open(log, "w") as file:
        ended = subprocess.run([*row.command, *tests], cwd=PROJECT, stdout=file, stderr=subprocess.STDOUT, check=False)
    said = log.read_text().splitlines() or ["nothing"]
    told = said[-1].strip("= ") + ("" if ended.returncode == 0 else f"; see {log.relative_to(PROJECT)}")
    return Result(row.name, versions, time.monotonic() - began, told, ended.returncode == 0)


def _is_usable(python: str) -> bool:
    check = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] == {tuple(sys.version_info[:2])})"
    return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0


def _place(name: str, packages: Sequence[str]) -> Path:
    """Where an environment is kept: another one once other packages are asked for, or after a week."""
    week = int(time.time()) // 604_800
    recipe = sha256(repr((packages, week)).encode()).hexdigest()[:8]
    return PLACE / f"{name}-{recipe}"


def _says(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False, env=os.environ)
    if done.returncode != 0:
        raise NotHere(f"{' '.join(command[:4])} …: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
