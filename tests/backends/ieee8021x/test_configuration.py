"""A wired supplicant as wpa_supplicant's configuration."""

from pathlib import Path

import pytest

from backends.ieee8021x.configuration import Credentials, missing, text, times
from backends.ieee8021x.records import Supplicant

OURS = Credentials(Path("/etc/me.pem"), Path("/etc/me.key"), Path("/etc/ca.pem"))


def hexadecimal(value: str) -> str:
    return value.encode().hex()


def test_md5_is_told_who_and_what(tmp_path: Path) -> None:
    told = text(Supplicant(identity="me", md5=True, secret="s"), OURS, tmp_path).splitlines()
    assert told == [
        "# authentication 0", f"ctrl_interface={tmp_path}/control", "update_config=0", "ap_scan=0", "network={",
        "key_mgmt=IEEE8021X", "eapol_flags=0", "eap=MD5", "identity=6d65", "password=73", "}",
    ]  # fmt: skip


def test_tls_is_told_the_certificate_and_whom_to_trust(tmp_path: Path) -> None:
    told = text(Supplicant(identity="me", tls=True, secret="s"), OURS, tmp_path)
    assert "\neap=TLS\n" in told
    assert "password" not in told
    for name, file in (("client_cert", "/etc/me.pem"), ("private_key", "/etc/me.key"), ("ca_cert", "/etc/ca.pem")):
        assert f"\n{name}={hexadecimal(file)}\n" in told


def test_without_mutual_authentication_nobody_has_to_be_trusted(tmp_path: Path) -> None:
    record = Supplicant(identity="me", tls=True, mutual=False)
    in_one = Credentials(Path("/etc/me.pem"))
    assert missing(record, in_one) is None
    told = text(record, in_one, tmp_path)
    assert "ca_cert" not in told
    assert f"\nprivate_key={hexadecimal('/etc/me.pem')}\n" in told


@pytest.mark.parametrize("value", ['"\n}\nnetwork={\n', "\0", "'$(id)", "#x", "ü\\", "hash:00", "ext:1", '"'])
def test_no_text_ends_its_line_or_means_anything(tmp_path: Path, value: str) -> None:
    plain = text(Supplicant(identity="x", md5=True, secret="y"), OURS, tmp_path).splitlines()
    told = text(Supplicant(identity=value, md5=True, secret=value), OURS, tmp_path).splitlines()
    assert told[:8] == plain[:8]
    assert told[8:] == [f"identity={hexadecimal(value)}", f"password={hexadecimal(value)}", "}"]


def test_what_is_missing_is_said() -> None:
    nothing = Credentials()
    said = [
        missing(Supplicant(), nothing),
        missing(Supplicant(identity="me"), nothing),
        missing(Supplicant(identity="me", md5=True), nothing),
        missing(Supplicant(identity="me", tls=True), nothing),
        missing(Supplicant(identity="me", tls=True), Credentials(Path("/etc/me.pem"))),
    ]
    for one, word in zip(said, ("identity", "method", "secret", "client_certificate", "ca_file"), strict=True):
        assert one is not None
        assert word in one
    assert missing(Supplicant(identity="me", md5=True, secret="s"), nothing) is None


def test_periods_have_the_names_of_the_standard() -> None:
    record = Supplicant(held_period=1, auth_period=2, start_period=3, max_start=4)
    assert times(record) == {"HeldPeriod": 1, "AuthPeriod": 2, "StartPeriod": 3, "MaxStart": 4}
