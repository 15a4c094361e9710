"""What the tests of the lab share: a running lab ACS, and a CPE at it."""

from collections.abc import Iterator

import pytest

from agent.lab.acs import LabAcs
from tests.lab.cpe import Cpe


@pytest.fixture
def acs() -> Iterator[LabAcs]:
    with LabAcs() as running:
        yield running


@pytest.fixture
def cpe(acs: LabAcs) -> Iterator[Cpe]:
    with Cpe(acs.port) as one:
        yield one
