"""Whom a diagnostic may speak to, and where the file of a capture goes."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from agent.diagnostics.reach import CaptureFile, refusal, sender
from agent.runtime.endpoint import AcsEndpoint
from agent.transfers.failures import TransferFailed
from agent.transfers.mover import Way
from agent.transfers.orders import FileOrder
from agent.transfers.url_policy import UrlPolicy
from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.packet_capture import Target

HOMES = (ip_network("192.168.1.0/24"), ip_network("2001:db8:1::/64"))
OWN = ["203.0.113.9", "192.168.1.1"]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "169.254.169.254", "fe80::1", "0.0.0.0", "::ffff:127.0.0.1", "224.0.0.1", "192.168.1.77",
     "::ffff:192.168.1.77", "2001:db8:1::5", "203.0.113.9"],
)  # fmt: skip
def test_this_machine_its_links_and_the_home_are_no_business_of_a_diagnostic(address: str) -> None:
    assert refusal(UrlPolicy(homes=HOMES), OWN)(address, 80)


@pytest.mark.parametrize("address", ["198.51.100.1", "10.0.0.1", "192.168.2.1", "2001:db8:2::1"])
def test_what_the_provider_has_may_be_spoken_to(address: str) -> None:
    assert refusal(UrlPolicy(homes=HOMES), OWN)(address, 80) == ""


def test_a_laboratory_may_speak_to_itself() -> None:
    why = refusal(UrlPolicy(laboratory=True, homes=HOMES), OWN)
    assert (why("127.0.0.1", 80), why("192.168.1.77", 80), why("203.0.113.9", 7)) == ("", "", "")
    assert why("224.0.0.1", 80)


def test_a_capture_is_sent_by_the_policy_of_transfers_and_its_password_is_nowhere_told(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(b"x")
    send = sender(UrlPolicy(), Way(AcsEndpoint("http://acs.example/")))
    with pytest.raises(DiagnosticFailed, match="this machine") as failed:
        send(path, Target("http://127.0.0.1/", "me", "word"), lambda: False)
    assert failed.value.state == "Error_Other"
    assert "word" not in failed.value.text


def test_a_capture_is_not_sent_into_the_home(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(b"x")
    send = sender(UrlPolicy(homes=HOMES), Way(AcsEndpoint("http://acs.example/")))
    with pytest.raises(DiagnosticFailed, match="in the home"):
        send(path, Target("http://192.168.1.77/", "", ""), lambda: False)


def test_an_upload_has_the_last_capture_or_says_that_there_is_none(tmp_path: Path) -> None:
    order = FileOrder("http://h/", "", "", "X 00D09E Packet Capture", 0, "../../etc/passwd", True, "")
    with pytest.raises(TransferFailed, match="no capture") as failed:
        CaptureFile(tmp_path).open(order)
    assert not failed.value.may_resume, "waiting makes none"
    (tmp_path / "capture.pcap").write_bytes(b"x")
    assert CaptureFile(tmp_path).open(order) == tmp_path / "capture.pcap"
