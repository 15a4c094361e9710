"""A UPnP device is there where its daemon is, and enabled where that runs."""

from pathlib import Path

from backends.upnp import GATEWAY, RENDERER, SERVER, Upnp


def test_a_kind_is_there_where_one_of_its_daemons_is() -> None:
    installed = {"upmpdcli": Path("/usr/bin/upmpdcli")}
    upnp = Upnp(list, installed.get)
    assert [upnp.is_installed(kind) for kind in (RENDERER, SERVER, GATEWAY, "")] == [True, False, False, True]
    installed.clear()
    assert not upnp.is_installed()


def test_what_runs_is_asked_once_for_each_request() -> None:
    running = ["systemd", "miniupnpd"]
    upnp = Upnp(lambda: list(running), lambda _: None)
    assert [upnp.runs(kind) for kind in (GATEWAY, SERVER, "")] == [True, False, True]
    running.remove("miniupnpd")
    assert upnp.runs(GATEWAY)
    upnp.forget()
    assert [upnp.runs(kind) for kind in (GATEWAY, "")] == [False, False]
