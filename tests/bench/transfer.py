"""A large file from loopback to the disk: how fast it comes beside curl's, in what memory; how soon it is verified."""

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.firmware.verification import Device, Rules, Verification
from agent.runtime.endpoint import AcsEndpoint
from agent.transfers import mover
from agent.transfers.orders import FileOrder
from agent.transfers.url_policy import UrlPolicy
from agent.transfers.way import Way
from backends.ed25519 import checkers
from backends.installers.installer import Surroundings
from backends.installers.laboratory import Laboratory
from backends.trusted_keys import TrustedKeys
from tests.backends.signing import Signer, sealed_image

SIZE = 1 << 30
IMAGE = 16 << 20
TIMES = 3
FAST_ENOUGH = 300e6
SHARE_OF_CURL = 0.6
"""Bytes a second, or as a slow machine has it: that share of curl's rate."""


def main() -> None:
    """Print the figures as JSON: name, value, unit, target."""
    with tempfile.TemporaryDirectory(prefix="cpe-agent-transfer-") as made, _server(Path(made) / "source") as url:
        to = Path(made) / "file"
        _fetch(url, to, 1 << 20)
        before = _forget_peak()
        ours = min(_seconds_of_ours(url, to) for _ in range(TIMES))
        grown = _memory("VmHWM") - before
        curl = min(_seconds_of_curl(url, to) for _ in range(TIMES)) if shutil.which("curl") else 0.0
    allowed = max(SIZE / FAST_ENOUGH, curl / SHARE_OF_CURL)
    figures = [
        ("download of 1 GiB to the disk, with its hash and fsync", ours, "s", allowed),
        ("memory that it takes", grown / 1024, "MB", 4),
    ]
    print(json.dumps(figures + list(_verifying())))


def _verifying() -> Iterator[tuple[str, float, str, float]]:
    """By each way there is here, the agent's own choice among them: manifest, signature, size and SHA-256."""
    signer = Signer()
    with tempfile.TemporaryDirectory(prefix="cpe-agent-image-") as made:
        place = Path(made)
        image = sealed_image(place / "image", os.urandom(IMAGE), signer, boards=())
        keys = signer.trusted_in(place / "keys")
        installer = Laboratory(Surroundings(place, place, laboratory=place / "lab"))
        for way in checkers():
            trusted = TrustedKeys(keys, lambda way=way: way)  # type: ignore[misc]
            verification = Verification(installer, trusted, Rules)
            yield f"verify the signature of a 16 MB image ({way.name})", _seconds_of(verification, image), "s", 0.3


def _seconds_of(verification: Verification, image: Path) -> float:
    found = []
    for _ in range(TIMES):
        begun = time.monotonic()
        assert verification.verify(image, Device((), "1.0")).digest
        found.append(time.monotonic() - begun)
    return min(found)


def _seconds_of_ours(url: str, to: Path) -> float:
    begun = time.monotonic()
    _fetch(url, to, SIZE)
    return time.monotonic() - begun


def _seconds_of_curl(url: str, to: Path) -> float:
    """curl leaves it to the kernel when the file reaches the disk."""
    begun = time.monotonic()
    subprocess.run(["curl", "-s", "--noproxy", "*", "-o", str(to), f"{url}/{SIZE}"], check=True)
    return time.monotonic() - begun


def _fetch(url: str, to: Path, size: int) -> None:
    order = FileOrder(f"{url}/{size}", "", "", "", size, "", False, "")
    policy = UrlPolicy(laboratory=True)
    mover.download(
        order, to, policy=policy, progress=lambda *_: None, cancelled=lambda: False, http=Way(AcsEndpoint(""))
    )


def _memory(name: str) -> int:
    """Kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def _forget_peak() -> int:
    """The resident memory from which the peak counts now, in kilobytes."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


SERVER = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
source = os.open(sys.argv[1], os.O_RDONLY)
while True:
    connection, _ = listener.accept()
    with connection:
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            head += connection.recv(4096)
        size = int(head.split(b" ")[1][1:])
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % size)
        sent = 0
        while sent < size:
            sent += os.sendfile(connection.fileno(), source, sent % (64 << 20), min(size - sent, 64 << 20))
"""


@contextmanager
def _server(source: Path) -> Iterator[str]:
    """A process that gives as much as is asked for, out of the page cache."""
    source.write_bytes(os.urandom(64 << 20))
    with subprocess.Popen([sys.executable, "-c", SERVER, source], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
