"""What a library brings along for others is loaded when it is called."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.runtime.spared_imports import called_later
from tests.waiting import HANGS

REQUESTS = """
import sys
import agent.runtime.http
import requests
spared = ("chardet", "charset_normalizer", "importlib.metadata")
print([name for name in spared if name in sys.modules])
answer = requests.Response()
answer._content = "Grüße aus dem Café, schöne Tage".encode("latin-1") * 20
print("Café" in answer.text)
from importlib.metadata import version
print(version("requests") == requests.__version__)
"""


def test_requests_comes_without_who_guesses_encodings_and_guesses_when_asked() -> None:
    command = [sys.executable, "-W", "error", "-c", REQUESTS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANGS)
    assert (done.stdout.split("\n"), done.stderr) == (["[]", "True", "True", ""], "")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that is installed."""
    (tmp_path / "spared_example.py").write_text('__version__ = "9.9"\n\n\ndef twice(number):\n    return 2 * number\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    return "spared_example"


def test_what_was_imported_from_it_meanwhile_is_the_module_s_own_when_it_is_called(library: str) -> None:
    with called_later({library: "1.2"}):
        import spared_example  # type: ignore[import-not-found]
        from spared_example import twice

        assert spared_example.__version__ == "1.2"
    assert library not in sys.modules
    try:
        assert twice(21) == 42
        assert sys.modules.pop(library).__version__ == "9.9"
    finally:
        sys.modules.pop(library, None)


def test_what_is_loaded_already_stays_and_what_is_not_installed_stays_absent() -> None:
    import json

    with called_later({"json": "0.1", "spared_not_installed": None}):
        assert sys.modules["json"] is json
        assert "spared_not_installed" not in sys.modules
    assert sys.modules["json"] is json
