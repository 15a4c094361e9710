"""The library cryptography; what it has to do is the contract of test_ed25519.py."""

from backends.ed25519_library import Library


def test_what_is_no_key_at_all_has_signed_nothing() -> None:
    assert not Library().is_genuine(b"short", b"message", bytes(64))
    assert not Library().is_genuine(bytes(32), b"message", b"short")
