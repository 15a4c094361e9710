"""What the tests of movers share: an order, a way that does not wait, and a laboratory's policy."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.endpoint import AcsEndpoint
from agent.transfers import mover
from agent.transfers.orders import FileOrder, Readable, Received, Sent
from agent.transfers.url_policy import UrlPolicy
from agent.transfers.way import LIMITS, Way

ORDER = FileOrder(
    url="", username="", password="", file_type="", file_size=0, target_file_name="", is_upload=False, command_key=""
)
POLICY = UrlPolicy(schemes=("http", "https", "ftp"), laboratory=True)
WAY = Way(AcsEndpoint(""), limits=replace(LIMITS, reply_seconds=10), pause=0.01)


@dataclass
class Mover:
    """Moves with what a test has changed; keeps what was told."""

    directory: Path
    policy: UrlPolicy = POLICY
    way: Way = WAY
    cancelled: Callable[[], bool] = lambda: False
    told: list[tuple[int, int | None]] = field(default_factory=list)

    @property
    def to(self) -> Path:
        return self.directory / "file"

    @property
    def left(self) -> list[str]:
        """The names of what is in the directory."""
        return sorted(one.name for one in self.directory.iterdir())

    @property
    def part(self) -> bytes:
        """What has come of a file that is not whole."""
        part = self.directory / "file.part"
        return part.read_bytes() if part.exists() else b""

    def patient(self, seconds: float) -> None:
        self.way = replace(self.way, limits=replace(self.way.limits, reply_seconds=seconds))

    def trusting(self, authority: Path) -> None:
        self.way = replace(self.way, endpoint=AcsEndpoint("", ca_file=str(authority)))

    def resolving(self, addresses: dict[str, str]) -> None:
        """Names lead to these addresses."""
        from agent.runtime.wire import Address

        def resolve(host: str, port: int) -> list[Address]:
            return [Address(socket.AF_INET, (addresses.get(host, host), port))]

        self.way = replace(self.way, resolve=resolve)

    def download(self, url: str, **order: Any) -> Received:
        wanted = replace(ORDER, url=url, **order)
        return mover.download(
            wanted, self.to, policy=self.policy, progress=self._progress, cancelled=self.cancelled, http=self.way
        )

    def upload(self, url: str, source: Readable, **order: Any) -> Sent:
        wanted = replace(ORDER, url=url, is_upload=True, **order)
        return mover.upload(
            wanted, source, policy=self.policy, progress=self._progress, cancelled=self.cancelled, http=self.way
        )

    def _progress(self, size: int, total: int | None) -> None:
        self.told.append((size, total))


@pytest.fixture
def moving(tmp_path: Path) -> Mover:
    directory = tmp_path / "received"
    directory.mkdir()
    return Mover(directory)
