"""Clients of dynamic DNS services, by the real ddclient and a service of the test that tells what it was asked."""

import logging
import os
import re
import signal
import time
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals
from backends.dynamic_dns.clients import RESTART
from backends.dynamic_dns.configuration import PROVIDERS
from tests.backends.dynamic_dns.device import BASE, HERE, MOVED, PROVIDER, NamedDevice
from tests.backends.dynamic_dns.provider import BROKEN, CLOSED, SILENCE, UNAUTHORIZED
from tests.waiting import PATIENCE

CLIENT, NAME = f"{BASE}Client.1.", f"{BASE}Client.1.Hostname.1."
A, B = "a.example.org", "b.example.org"

pytestmark = pytest.mark.slow


def published(device: NamedDevice) -> bool:
    return device.shows("Updated", "NO_ERROR", "Registered")


def test_the_address_of_the_interface_is_published(device: NamedDevice) -> None:
    device.client(device.server(), A, B)
    device.wait(lambda: published(device))
    assert [tuple(one) for one in device.provider.asked] == [(f"{A},{B}", HERE, "user:geheim")]
    assert device.get(f"{CLIENT}Hostname.2.Status") == "Registered"
    assert device.get(f"{NAME}LastUpdate") >= time.strftime("%Y-%m-%d", time.gmtime(time.time() - 60))
    assert device.get(f"{CLIENT}HostnameNumberOfEntries") == "2"


def test_a_service_that_has_it_already_is_content(device: NamedDevice) -> None:
    device.provider.says = "nochg"
    device.client(device.server(), A)
    device.wait(lambda: published(device))


@pytest.mark.parametrize(
    ("said", "error", "name"),
    [
        ("badauth", "AUTHENTICATION_ERROR", "Error"),
        (UNAUTHORIZED, "AUTHENTICATION_ERROR", "UpdateNeeded"),
        ("nohost", "MISCONFIGURATION_ERROR", "Error"),
        ("abuse", "MISCONFIGURATION_ERROR", "Error"),
        ("dnserr", "DNS_ERROR", "UpdateNeeded"),
        ("911", "PROTOCOL_ERROR", "UpdateNeeded"),
        ("<html>", "PROTOCOL_ERROR", "UpdateNeeded"),
        (BROKEN, "PROTOCOL_ERROR", "UpdateNeeded"),
        (CLOSED, "CONNECTION_ERROR", "UpdateNeeded"),
        (SILENCE, "TIMEOUT_ERROR", "UpdateNeeded"),
    ],
)
def test_what_the_service_says_is_shown(device: NamedDevice, said: str, error: str, name: str) -> None:
    device.provider.says = said
    device.client(device.server(), A)
    if said == SILENCE:
        device.wait(lambda: device.shows("Authenticating", "NO_ERROR", "Updating"))
    device.wait(lambda: device.shows("Error", error, name))
    assert device.get(f"{NAME}LastUpdate") == "0001-01-01T00:00:00Z"
    assert len(device.provider.asked) == 1


@pytest.mark.parametrize(
    ("values", "error"),
    [({"ServerPort": "9"}, "CONNECTION_ERROR"), ({"ServerAddress": "nowhere.invalid"}, "DNS_ERROR")],
)
def test_a_service_that_is_not_there_is_told_from_one_that_has_no_address(
    device: NamedDevice, values: dict[str, str], error: str
) -> None:
    device.client(device.server(**values), A)
    device.wait(lambda: device.shows("Error", error, "UpdateNeeded"))


def test_a_failure_is_tried_again_as_often_as_is_wished_and_then_no_more(device: NamedDevice) -> None:
    device.provider.says = "badauth"
    device.client(device.server(RetryInterval="1", MaxRetries="1"), A)
    device.wait(lambda: len(device.provider.asked) == 2)
    device.wait(lambda: device.process is None)
    assert device.shows("Error", "AUTHENTICATION_ERROR", "Error")
    assert device.tables.due(time.monotonic()) is None
    device.kernel_changed()
    assert device.process is None
    device.provider.says = "good"
    device.set({f"{CLIENT}Password": "anders"})
    device.wait(lambda: published(device))
    assert device.provider.asked[-1].account == "user:anders"


def test_a_failure_that_passes_is_forgotten(device: NamedDevice) -> None:
    device.provider.says = "911"
    device.client(device.server(RetryInterval="1"), A)
    device.wait(lambda: device.shows("Error", "PROTOCOL_ERROR"))
    device.provider.says = "good"
    device.wait(lambda: published(device))
    assert device.tables.due(time.monotonic()) is None


def test_another_address_is_published_although_nobody_looks_for_it(device: NamedDevice) -> None:
    device.client(device.server(CheckInterval="0"), A)
    device.wait(lambda: published(device))
    device.lab.ip("address flush dev wan0")
    device.lab.ip(f"address add {MOVED}/24 dev wan0")
    device.kernel_changed()
    assert device.shows("Connecting", "NO_ERROR", "UpdateNeeded")
    device.wait(lambda: published(device))  # ddclient publishes nothing twice within half a minute
    assert [one.address for one in device.provider.asked] == [HERE, MOVED]


def test_without_an_address_nothing_is_asked(device: NamedDevice) -> None:
    device.lab.ip("address flush dev wan0")
    device.client(device.server(), A)
    device.step()
    assert device.shows("Connecting", "NO_ERROR", "UpdateNeeded")
    device.lab.ip(f"address add {HERE}/24 dev wan0")
    device.kernel_changed()
    device.wait(lambda: published(device))
    running = device.process
    device.lab.ip("address flush dev wan0")
    device.kernel_changed()
    assert running is not None
    assert device.process is None


def test_another_name_is_published_at_once_and_so_is_the_first_one_again(device: NamedDevice) -> None:
    device.client(device.server(), A)
    device.wait(lambda: published(device))
    for count, name in enumerate((B, A), 2):
        device.set({f"{NAME}Name": name})
        device.wait(lambda: published(device))
        assert len(device.provider.asked) == count
        assert device.provider.asked[-1].names == name


def test_a_name_beside_another_leaves_that_alone(device: NamedDevice) -> None:
    device.client(device.server(), A)
    device.wait(lambda: published(device))
    device.add(f"{CLIENT}Hostname.", Name=B, Enable="1")
    device.wait(lambda: published(device) and device.get(f"{CLIENT}Hostname.2.Status") == "Registered")
    assert [one.names for one in device.provider.asked] == [A, B]


def test_what_is_disabled_is_not_asked_for(device: NamedDevice) -> None:
    device.client(device.server(), A, B)
    device.wait(lambda: published(device))
    device.set({f"{NAME}Enable": "0"})
    assert device.get(f"{NAME}Status") == "Disabled"
    device.set({f"{CLIENT}Enable": "0"})
    assert [device.get(f"{CLIENT}{name}") for name in ("Status", "Hostname.2.Status")] == ["Disabled", "Disabled"]
    assert not [*Path(device.folders.caches).iterdir(), *Path(device.folders.run).glob("*.conf")]
    asked = len(device.provider.asked)
    device.set({f"{CLIENT}Enable": "1"})
    device.wait(lambda: device.shows("Updated"))
    assert [one.names for one in device.provider.asked[asked:]] == [B]
    device.delete(CLIENT)
    assert not [*Path(device.folders.caches).iterdir(), *Path(device.folders.run).glob("*.conf")]


def test_what_lacks_something_is_misconfigured(device: NamedDevice) -> None:
    device.client(device.server(), A)
    for name, text in (("Server", ""), ("Username", ""), ("Password", ""), ("Hostname.1.Enable", "0"),
                       ("Hostname.1.Name", "")):  # fmt: skip
        before = "geheim" if name == "Password" else device.get(f"{CLIENT}{name}")
        device.set({f"{CLIENT}{name}": text})
        assert device.shows("Error_Misconfigured", "MISCONFIGURATION_ERROR"), name
        assert device.process is None
        device.set({f"{CLIENT}{name}": before})
    device.wait(lambda: published(device))


def test_a_server_that_is_disabled_or_gone_is_a_misconfiguration(device: NamedDevice) -> None:
    server = device.server()
    device.client(server, A)
    device.set({f"{server}.Enable": "0"})
    assert device.shows("Error_Misconfigured", "MISCONFIGURATION_ERROR")
    device.set({f"{server}.Enable": "1"})
    device.wait(lambda: published(device))
    device.delete(f"{server}.")
    assert device.shows("Error_Misconfigured", "MISCONFIGURATION_ERROR")
    assert device.get(f"{CLIENT}Server") == ""


def test_another_server_hears_of_it_too(device: NamedDevice) -> None:
    device.client(device.server(), A)
    device.wait(lambda: published(device))
    other = device.server(Name="other", RetryInterval="7")
    device.set({f"{CLIENT}Server": other, f"{CLIENT}Username": "else"})
    device.wait(lambda: len(device.provider.asked) == 2 and published(device))
    assert device.provider.asked[-1].account == "else:geheim"


# -- who may ----------------------------------------------------------------------------------------------------------


def test_an_interface_that_is_not_the_agents_is_not_published(device: NamedDevice) -> None:
    server = device.server()
    client = device.client(server, A)
    for value in (device.interface("own0"), ""):
        assert device.refused({f"{client}Interface": value}) == {f"{client}Interface": "Denied"}
    assert device.get(f"{client}Interface") == device.interface()


# -- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["geheim-pass", *(pytest.param(said) for said in ("good", "badauth", UNAUTHORIZED))])
def test_the_password_is_in_one_file_and_nowhere_else(
    device: NamedDevice, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    device.provider.says = said
    device.client(device.server(MaxRetries="0"), A, Password="geheim-pass")
    device.wait(lambda: published(device) or device.get(f"{CLIENT}Status") == "Error")
    device.step()
    assert device.get(f"{CLIENT}Password") == ""
    assert "geheim" not in caplog.text
    files = [*Path(device.folders.run).iterdir(), *Path(device.folders.caches).iterdir()]
    assert {file.name for file in files if "geheim" in file.read_text() and file.suffix != ".cache"} == {
        f"{next(Path(device.folders.run).glob('*.conf')).stem}.conf"
    }
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {Path(one).stat().st_mode & 0o777 for one in (device.folders.run, device.folders.caches)} == {0o700}


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("us\"er'\\=,;$(x)`!", "p'a\"s,s=#\\$(x)`!'"),
        ("password=x", "'"),
        ("\u00e0\u0416", "\u00e0\U0001f5a7\u0420"),
        ("login=a,password=b", "a'password='b"),
        ("x\\", "x\\"),
    ],
)
def test_an_account_reaches_the_service_as_it_was_given(device: NamedDevice, username: str, password: str) -> None:
    device.client(device.server(), A, Username=username, Password=password)
    device.wait(lambda: published(device))
    assert device.get(f"{CLIENT}Username") == username
    assert [tuple(one) for one in device.provider.asked] == [(A, HERE, f"{username}:{password}")]


# -- what a hostile ACS can say ---------------------------------------------------------------------------------------

HOSTILE = (
    "", " ", "x", "line\nlogin=root", "line\r\nserver=evil.example", "a\x00b", "x" * 10_000, "a b", "a,b", "a=b", "#x",
    "x\\", "\\\n", "'", '"', "'; reboot; '", "`reboot`", "$(reboot)", "x.y\nssl=no", "a.b,c.d", "a.b login=x", "-x.y",
    "a.b/../..", "a.b:99", "a.b?x=y", "http://a.b", "a.b#", "\u0416.\u6f22", "%n%s", "../../etc/passwd", "host=a.b",
    "0.0.0.0", "[::1]", "nsupdate", "dyndns1", "HTTP", "HTTPS", "FTP", "0", "-1", "59", "65535", "65536", "4294967295",
    "postscript=/bin/sh", "cmd=reboot", "default", "a.b\u2028c", "a.b\u00a0c", "Device.", f"{BASE}Server.1", PROVIDER,
)  # fmt: skip


def test_no_text_in_any_writable_parameter_is_an_accident(device: NamedDevice) -> None:
    device.client(device.server(), A)
    device.wait(lambda: published(device))
    [conf] = Path(device.folders.run).glob("*.conf")
    usual = [line.partition("=")[0] for line in conf.read_text().split("\n")]
    names = device.model.names(BASE, False, Caller.ACS)
    paths = [one.path for one in names if one.writable and not one.path.endswith((".", "Alias"))]
    assert len(paths) >= 15
    accidents = []
    for path in paths:
        before = "geheim" if path.endswith("Password") else device.get(path)
        for text in HOSTILE:
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [f"{path} = {text[:30]!r}: {one}" for one in refusals.refusals if one.path != path]
                continue
            shown = device.get(path)
            if not path.endswith("Password") and shown not in (text, text.strip(), {"0": "false"}.get(text, text)):
                accidents.append(f"{path} = {text[:30]!r} came back as {shown[:30]!r}")
            for line in [] if not conf.exists() else conf.read_text().split("\n"):
                if line.partition("=")[0] not in (*usual, text):
                    accidents.append(f"{path} = {text[:30]!r} made the line {line[:60]!r}")
        device.set({path: before})
    assert accidents == []
    device.wait(lambda: published(device))
    assert {one.names for one in device.provider.asked} <= {A, *HOSTILE}
    for name in ("wan0", "far-wan0"):
        assert re.search(rf"\b{name}\b", device.lab.ip("link"))


# -- restarts ---------------------------------------------------------------------------------------------------------


def test_a_restart_of_the_agent_disturbs_nothing(device: NamedDevice) -> None:
    device.client(device.server(), A)
    device.wait(lambda: published(device))
    before = device.process
    again = device.again()
    try:
        assert published(again)
        assert again.process == before
        again.set({f"{BASE}Server.1.Name": "renamed", f"{BASE}Server.1.MaxRetries": "9"})
        assert again.process == before
        assert len(again.provider.asked) == 1
    finally:
        again.close()


def test_what_was_given_up_is_given_up_after_a_restart(device: NamedDevice) -> None:
    device.provider.says = "nohost"
    device.client(device.server(MaxRetries="0"), A)
    device.wait(lambda: device.process is None)
    again = device.again()
    try:
        again.wait(lambda: again.shows("Error", "MISCONFIGURATION_ERROR", "Error"))
        assert again.process is None
        assert len(again.provider.asked) == 1
    finally:
        again.close()


def test_one_that_died_is_started_again_but_not_at_once(device: NamedDevice) -> None:
    device.client(device.server(), A)
    device.wait(lambda: published(device))
    process = device.process
    assert process is not None
    os.kill(process, signal.SIGKILL)
    device.wait(lambda: device.process is None)
    device.wait(lambda: 0 < (device.tables.due(time.monotonic()) or 0) - time.monotonic() <= RESTART)
    assert device.process is None
    [notes] = Path(device.folders.run).glob("*.json")
    notes.write_text(re.sub(r'"started": [0-9.]+', '"started": 1.0', notes.read_text()))
    again = device.again()
    try:
        assert again.process not in (None, process)
        again.wait(lambda: published(again))
        assert len(again.provider.asked) == 1
    finally:
        again.close()


def test_what_the_agent_is_told_within_a_second(device: NamedDevice) -> None:
    device.provider.says = SILENCE
    device.client(device.server(), A)
    device.wait(lambda: len(device.provider.asked) == 1)
    while not device.news.empty():
        device.news.get()
    device.provider.says = "good"
    device.provider.over.set()
    assert device.news.get(timeout=PATIENCE) == {"ddns"}


# -- the services -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", sorted(PROVIDERS))
def test_every_service_that_is_offered_is_asked_over_tls(device: NamedDevice, service: str) -> None:
    if not device.clients.has_tls:
        pytest.skip("ddclient needs libio-socket-ssl-perl for HTTPS")
    device.client(device.server(ServiceName=service, Protocol="HTTPS"), A)
    device.wait(lambda: device.provider.hellos > 0)
    device.wait(lambda: device.shows("Error", "CONNECTION_ERROR"))
