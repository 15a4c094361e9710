"""Other packages of OpenWrt are a part that has no objects and tells services what was written."""

from pathlib import Path
from typing import Any

from backends.openwrt.reloads import Reloads
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_packages import other_packages
from backends.ubus import Bus
from backends.uci import FileUci, Places


def test_a_package_that_was_brought_back_is_told_of_when_all_is_made(tmp_path: Path) -> None:
    places = Places.under(tmp_path)
    for folder in (places.config, places.staged):
        folder.mkdir(parents=True)
    (places.config / "uhttpd").write_text("config uhttpd 'main'\n\toption home '/www'\n")
    calls: list[Any] = []
    bus = Bus(tmp_path / "no-bus")

    def run(arguments: Any, **_: Any) -> str:
        calls.append(arguments)
        return ""

    reloads = Reloads(bus, run)
    given: Any = None
    part = other_packages(given, Surface(FileUci(places), bus, reloads, tmp_path))
    backend: Any = part.backend
    kept = backend.backup()
    (places.config / "uhttpd").write_text("config uhttpd 'main'\n\toption home '/other'\n")
    backend.begin()
    backend.bring_back(kept)
    backend.prepare()
    backend.commit()
    assert (calls, part.provides) == ([], {})
    assert part.settle is not None
    part.settle()
    assert calls == [("/etc/init.d/uhttpd", "reload")]
    assert "/www" in (places.config / "uhttpd").read_text()
