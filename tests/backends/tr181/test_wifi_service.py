"""A machine without Wi-Fi does not load what there is to know about it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backends.errors import Missing
from backends.generic_netlink import GenericNetlink
from backends.tr181 import wifi_service

ROOT = Path(__file__).resolve().parents[3]
LOADED = """
import json, sys
import agent.wiring
about = ("backends.wifi.", "backends.wireless", "backends.nl80211")
print(json.dumps([name for name in sys.modules if name.startswith(about)]))
"""


@pytest.mark.slow
def test_nothing_of_it_is_loaded_with_the_agent() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == []


def test_whether_there_is_any_the_kernel_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: GenericNetlink) -> None:
        raise Missing("nl80211: no such family", "ENOENT")

    monkeypatch.setattr(GenericNetlink, "family", absent)
    assert not wifi_service.is_known()
    monkeypatch.setattr(GenericNetlink, "family", lambda _: None)
    assert wifi_service.is_known()
