"""Device.IEEE8021x. over a real wpa_supplicant, with a real hostapd at the other end of the cable."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from agent.model.data_model import Caller
from agent.model.errors import InvalidType, InvalidValue, Refusals, Unavailable
from backends.ieee8021x.configuration import Credentials
from backends.tr181.ieee8021x import COUNTED
from tests.backends.ieee8021x.conftest import lab, make_namespace, port
from tests.backends.ieee8021x.port import SECRET, SUPPLICANT, THEIRS, Authenticator, Port
from tests.backends.small_device import SmallDevice
from tests.waiting import until

__all__ = ["lab", "make_namespace", "port"]

HOSTILE = ("", " ", "x", "-1", "0", "11", "4294967296", "$(id)", "'\"", 'a"\n}\nnetwork={\n', "line\r", "\x00", "%s",
           "hash:00", "ext:1", "\u0661", "\u0416\u6f22\U0001f5a7", "a" * 256, "a" * 10_000, "Device.",
           "Device.Ethernet.Interface.1", "Device.Ethernet.Interface.99", "Device.IP.Interface.1")  # fmt: skip

AGAIN_SOON = {"StartPeriod": "1", "MaxStart": "10"}
"""An authenticator that has just refused somebody does not hear the same one for some seconds."""


def reads(device: SmallDevice, path: str, value: str) -> None:
    until(lambda: device.get(path) == value)


def authenticated(port: Port, **values: str) -> tuple[SmallDevice, str]:
    """A device whose supplicant the authenticator has let in."""
    port.authenticator.start()
    device = port.device()
    row = port.supplicant(device, **values)
    reads(device, f"{row}PAEState", "Authenticated")
    return device, row


def make_certificates(folder: Path) -> Credentials:
    """An authority's certificates for a server and for a client; the client's."""
    openssl, made = "/usr/bin/openssl", ["-days", "7", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    folder.mkdir()

    def run(*arguments: str) -> None:
        subprocess.run([openssl, "req", "-x509", *arguments, *made], cwd=folder, check=True, capture_output=True)

    run("-subj", "/CN=authority", "-out", "ca.pem", "-keyout", "ca.key")
    for name in ("server", "client"):
        files = ("-out", f"{name}.pem", "-keyout", f"{name}.key")
        usage = ("-addext", f"extendedKeyUsage={name}Auth", "-addext", "basicConstraints=critical,CA:FALSE")
        run("-subj", f"/CN={name}", "-CA", "ca.pem", "-CAkey", "ca.key", *usage, *files)
    return Credentials(folder / "client.pem", folder / "client.key", folder / "ca.pem")


def test_a_port_is_let_in_and_what_is_read_is_what_the_tools_say(port: Port) -> None:
    device, row = authenticated(port)
    assert port.authenticator.is_authorized()
    told, stats = port.told("mib"), device.tree(f"{row}Stats.")
    assert {name: stats[name] for name in COUNTED} == {name: told[one] for name, one in COUNTED.items()}
    [station] = port.authenticator.control.stations().values()
    assert stats["TransmittedFrames"] == station["dot1xAuthEapolFramesRx"]
    assert stats["ReceivedFrames"] == station["dot1xAuthEapolFramesTx"]
    assert stats["TransmittedStartFrames"] == station["dot1xAuthEapolStartFramesRx"]
    assert (stats["TransmittedResponseIdFrames"], stats["TransmittedResponseFrames"]) == ("1", "1")
    assert stats["LastFrameSourceMACAddress"] == told["dot1xSuppLastEapolFrameSource"]
    assert {name: device.get(row + name) for name in ("Status", "EAPIdentity", "Reset")} == {
        "Status": "Enabled", "EAPIdentity": "house 7", "Reset": "false",
    }  # fmt: skip
    assert device.get(f"{row}AuthenticationCapabilities") == "EAP-TLS,EAP-MD5"
    assert device.get("Device.IEEE8021x.SupplicantNumberOfEntries") == "1"


@pytest.mark.slow
def test_a_wrong_secret_is_not_let_in_and_the_right_one_at_once(port: Port) -> None:
    port.authenticator.start()
    device = port.device()
    row = port.supplicant(device, **{"EAPMD5.SharedSecret": "wrong", **AGAIN_SOON})
    reads(device, f"{row}PAEState", "Held")
    assert not port.authenticator.is_authorized()
    device.set({f"{row}EAPMD5.SharedSecret": SECRET})
    reads(device, f"{row}PAEState", "Authenticated")


@pytest.mark.slow
def test_an_authenticator_that_was_away_is_told_anew(port: Port) -> None:
    device, row = authenticated(port)
    process = port.process()
    port.authenticator.stop()
    port.home.ip("link set s0 down")
    reads(device, f"{row}PAEState", "Disconnected")
    port.home.ip("link set s0 up")
    port.authenticator.start()
    assert not port.authenticator.is_authorized()
    port.reapply()  # as the agent does when the kernel tells of the link
    until(port.authenticator.is_authorized)
    reads(device, f"{row}PAEState", "Authenticated")
    assert port.process() == process


@pytest.mark.slow
def test_nobody_at_the_other_end_is_tried_as_often_as_is_said(port: Port) -> None:
    device = port.device()
    row = port.supplicant(device, MaxStart="2", StartPeriod="1", HeldPeriod="60")
    reads(device, f"{row}PAEState", "Held")
    assert device.get(f"{row}Stats.TransmittedStartFrames") == "2"
    device.set({f"{row}Reset": "true"})
    reads(device, f"{row}PAEState", "Connecting")
    port.authenticator.start()
    reads(device, f"{row}PAEState", "Authenticated")


@pytest.mark.slow
def test_an_agent_that_starts_again_disturbs_nobody(port: Port) -> None:
    device, row = authenticated(port)
    process, starts = port.process(), device.get(f"{row}Stats.TransmittedStartFrames")
    again = port.device(store=device.store)
    assert port.process() == process
    assert again.get(f"{row}PAEState") == "Authenticated"
    assert again.get(f"{row}Stats.TransmittedStartFrames") == starts


@pytest.mark.slow
def test_a_supplicant_that_is_disabled_or_deleted_ends(port: Port) -> None:
    device, row = authenticated(port)
    device.set({f"{row}Enable": "0"})
    assert port.process() is None
    assert (device.get(f"{row}Status"), device.get(f"{row}PAEState")) == ("Disabled", "Disconnected")
    device.set({f"{row}Enable": "1"})
    assert port.process() is not None
    device.delete(row)
    assert port.process() is None
    assert device.tree(SUPPLICANT) == {}


@pytest.mark.slow
def test_one_that_crashed_is_an_error_and_counts_nothing(port: Port) -> None:
    device = port.device()
    row = port.supplicant(device)
    until(lambda: port.told("mib")["dot1xSuppEapolStartFramesTx"] != "0")
    port.kill()
    assert (device.get(f"{row}Status"), device.get(f"{row}PAEState")) == ("Error", "Disconnected")
    stats = device.tree(f"{row}Stats.")
    assert set(stats.values()) <= {"0", ""}
    assert len(stats) == 12


@pytest.mark.slow
def test_by_certificates_both_ends_prove_who_they_are(port: Port) -> None:
    ours = make_certificates(port.folder / "pki")
    port.authenticator = Authenticator(port.folder / "authenticator", port.folder / "pki")
    port.authenticator.start()
    device = port.device(credentials=ours)
    row = port.supplicant(device, **{"EAPMD5.Enable": "0", "EAPTLS.Enable": "1"})
    reads(device, f"{row}PAEState", "Authenticated")
    assert port.told("status")["selectedMethod"] == "13 (EAP-TLS)"
    assert port.authenticator.is_authorized()


@pytest.mark.slow
def test_an_authenticator_of_another_authority_is_not_believed_unless_that_is_wanted(port: Port) -> None:
    ours = make_certificates(port.folder / "pki")
    make_certificates(port.folder / "others")
    port.authenticator = Authenticator(port.folder / "authenticator", port.folder / "pki")
    port.authenticator.start()
    device = port.device(credentials=replace(ours, authorities=port.folder / "others" / "ca.pem"))
    row = port.supplicant(device, **{"EAPMD5.Enable": "0", "EAPTLS.Enable": "1", **AGAIN_SOON})
    reads(device, f"{row}PAEState", "Held")
    device.set({f"{row}EAPTLS.MutualAuthenticationEnable": "0"})
    reads(device, f"{row}PAEState", "Authenticated")


def test_what_lacks_something_is_misconfigured_and_runs_nothing(port: Port) -> None:
    device = port.device()
    row = port.supplicant(device)
    for lacking in ({"EAPIdentity": ""}, {"EAPMD5.SharedSecret": ""}, {"EAPMD5.Enable": "0"}, {"Interface": ""},
                    {"EAPTLS.Enable": "1"}):  # fmt: skip
        before = {name: device.get(row + name) for name in lacking}
        device.set({row + name: value for name, value in lacking.items()})
        assert device.get(f"{row}Status") == "Error_Misconfigured", lacking
        assert port.process() is None
        device.set({row + name: SECRET if name.endswith("Secret") else value for name, value in before.items()})
        assert device.get(f"{row}Status") == "Enabled", lacking


def test_the_machine_s_own_supplicant_is_shown_and_not_changed(port: Port) -> None:
    port.foreign(port.elsewhere)
    device = port.device()
    row = device.find(SUPPLICANT, EAPIdentity=THEIRS)
    interface = device.find("Device.Ethernet.Interface.", Name="c0").removesuffix(".")
    shown = {"Status": "Enabled", "PAEState": "Connecting", "Interface": interface, "EAPMD5.Enable": "true",
             "EAPMD5.SharedSecret": "", "EAPTLS.Enable": "false", "HeldPeriod": "60"}  # fmt: skip
    until(lambda: {name: device.get(row + name) for name in shown} == shown)
    for name, value in (("Enable", "0"), ("EAPIdentity", "x"), ("Reset", "1"), ("EAPMD5.SharedSecret", "x")):
        assert device.refused({row + name: value}) == {row + name: "Denied"}
    with pytest.raises(Exception, match="the system's own"):
        device.delete(row)


@pytest.mark.slow
def test_no_text_in_a_writable_parameter_is_an_accident(port: Port) -> None:
    device = port.device()
    row = port.supplicant(device, Enable="0")
    names = device.model.names(row, False, Caller.ACS)
    paths = [one.path for one in names if one.writable and not one.path.endswith((".", "Alias"))]
    assert len(paths) == 12
    accidents: list[str] = []
    for path in paths:
        for text in HOSTILE:
            before = device.get(path)
            try:
                device.set({path: text})
            except Refusals as refusals:
                bad = [one for one in refusals.refusals if not isinstance(one, InvalidValue | InvalidType)]
                accidents += [f"{path} = {text!r}: {one}" for one in bad]
                accidents += [path] if device.get(path) != before else []
                continue
            accidents += [path] if path.endswith("EAPIdentity") and device.get(path) != text else []
    assert accidents == []


@pytest.mark.slow
def test_every_text_is_told_to_wpa_supplicant_as_it_is_or_refused(port: Port) -> None:
    device = port.device()
    row = port.supplicant(device)
    refused = []

    def outcome(text: str) -> str:
        """ "" where wpa_supplicant had no time to answer: it is asked again."""
        try:
            device.set({f"{row}EAPIdentity": text, f"{row}EAPMD5.SharedSecret": text})
        except Refusals as refusals:
            return "" if any(isinstance(one, Unavailable) for one in refusals.refusals) else "refused"
        return "taken"

    for text in HOSTILE:
        if until(lambda text=text: outcome(text)) == "refused":
            refused.append(text)
            continue
        assert device.get(f"{row}EAPIdentity") == text
        if text:
            assert port.control.network("identity") in (f'"{text}"', text.encode().hex())
            assert device.get(f"{row}Status") == "Enabled"
    assert set(refused) <= {"\x00", "a" * 10_000}


@pytest.mark.slow
def test_a_secret_with_every_sign_in_it_is_the_secret(port: Port) -> None:
    device, row = authenticated(port)
    assert device.get(f"{row}EAPMD5.SharedSecret") == ""
    log = (port.folder / "run" / "c0" / "wpa_supplicant.log").read_text()
    assert SECRET not in log
    assert SECRET.encode().hex() not in log
