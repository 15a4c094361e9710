"""What the tests of the command line share: a socket path that nothing else uses, and no colours."""

from pathlib import Path

import pytest


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the agent of the test listens; verbs find it without being told."""
    path = tmp_path / "control.sock"
    monkeypatch.setenv("CPE_AGENT_SOCKET", str(path))
    monkeypatch.setenv("NO_COLOR", "1")
    return path
