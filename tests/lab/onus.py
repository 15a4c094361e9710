"""A lab ONU for a test, and the agent's own reading of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.lab.onu import LabOnu, Likeness
from backends.omci.codecs import CODECS
from backends.omci.exchange import Exchange
from backends.omci.link import Line
from backends.omci.queries import Queries
from backends.omci.trailers import Trailer


@contextmanager
def lab_onu(link: Path | None = None, **likeness: Any) -> Iterator[LabOnu]:
    """One that serves; gone afterwards."""
    onu = LabOnu(Likeness(**likeness), link)
    onu.start()
    try:
        yield onu
    finally:
        onu.stop()


@contextmanager
def exchange(onu: LabOnu, trailer: str = "ignore") -> Iterator[Exchange]:
    """The agent's exchange with it."""
    line = Line(onu.device)
    line.open()
    try:
        yield Exchange(line, CODECS[onu.like.codec](), Trailer(trailer))
    finally:
        line.close()


@contextmanager
def queries(onu: LabOnu, trailer: str = "ignore") -> Iterator[Queries]:
    """The agent's questions to it."""
    with exchange(onu, trailer) as spoken:
        yield Queries(spoken)
