"""What all tests share: where everything has to run, a skipped test is a failure unless it is on the list."""

import gc
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long comes first: the one who has the throw-away machines runs them while the others do the rest.

    It is not traced for the report of what is covered, which is about the quick tests and would take it half as long
    again.
    """
    if config.pluginmanager.has_plugin("_cov"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker("no_cover")
    items.sort(key=lambda item: (item.get_closest_marker("vm") is None, item.get_closest_marker("slow") is None))


def pytest_collection_finish() -> None:
    """What a session of the agent collects at its end is to be its own garbage, not ten thousand tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _traces_end_with_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Agents that the tests start keep their traces below the tests' own directory, not in this machine's memory."""
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(tmp_path_factory.mktemp("runtime"))
    yield
    if before is None:
        del os.environ["XDG_RUNTIME_DIR"]
    else:
        os.environ["XDG_RUNTIME_DIR"] = before


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
