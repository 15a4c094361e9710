"""What all tests share: where everything has to run, a skipped test is a failure unless it is on the list."""

import os

import pytest

from tests.skip_policy import ALLOWED, SkipPolicy, read


def pytest_configure(config: pytest.Config) -> None:
    """Watch over skips in `make check` and in continuous integration; a worker of xdist leaves that to its master."""
    everything_runs = os.environ.get("CI") == "true" or "CPE_AGENT_CHECK" in os.environ
    if everything_runs and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkipPolicy(read(ALLOWED.read_text())), "skip-policy")
