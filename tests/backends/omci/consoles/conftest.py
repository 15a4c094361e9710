"""Consoles of tests show their prompts at once."""

import pytest


@pytest.fixture(autouse=True)
def _prompts_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.omci.consoles.console._QUIET", 0.05)
