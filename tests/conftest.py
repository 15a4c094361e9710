"""What all tests share: where everything has to run, a skipped test is a failure unless it is on the list."""

import logging
import os
from collections.abc import Iterator

import pytest

from tests.skip_policy import ALLOWED, SkipPolicy, read


def pytest_configure(config: pytest.Config) -> None:
    """Watch over skips in `make check` and in continuous integration; a worker of xdist leaves that to its master."""
    everything_runs = os.environ.get("CI") == "true" or "CPE_AGENT_CHECK" in os.environ
    if everything_runs and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipPolicy(read(ALLOWED.read_text())), "skip-policy")


@pytest.fixture(autouse=True)
def _logging_is_left_as_it_was() -> Iterator[None]:
    """An agent in the test's own process sets up logging for itself; the next test gets its own again."""
    root = logging.getLogger()
    level = root.level
    yield
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
    root.setLevel(level)
