"""The keys of an XG-PON: the standard's worked example, and what is said where there is no library."""

import sys

import pytest

from backends.omci.cmac import NoCryptography, cmac, integrity_key, master_session_key, session_key


def test_the_standard_s_worked_example_gives_its_keys() -> None:
    master = bytes.fromhex("112233445566778899aabbccddeeff00")
    session = session_key(master, b"VNDR" + bytes.fromhex("00112233"), bytes.fromhex("4f4c542344556677"))
    assert session.hex() == "795fcf6cb215224087430600dd170f07"
    assert integrity_key(session).hex() == "184b8ad4d1ac4af4dd4b339ecc0d3370"


def test_an_onu_without_registration_identifier_has_a_key_that_is_known() -> None:
    assert master_session_key().hex() == "2437be54e95e6ee3538bb1b4b5d432eb"
    assert master_session_key(b"\0") == master_session_key()


def test_the_cmac_is_that_of_rfc_4493() -> None:
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert cmac(key)(b"").hex() == "bb1d6929e95937287fa37d129b756746"


def test_a_key_of_another_length_is_refused_before_the_library_is_asked() -> None:
    with pytest.raises(ValueError, match="15 octets"):
        cmac(bytes(15))


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.cmac", None)
    with pytest.raises(NoCryptography, match=r"cpe-agent\[omci\]"):
        cmac(bytes(16))
