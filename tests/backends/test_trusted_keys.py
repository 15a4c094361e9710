"""Whose signatures are believed."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.trusted_keys import NotSigned, TrustedKeys
from tests.backends.signing import Signer

OLD, NEW = Signer("old", b"\x01" * 8), Signer("new", b"\x02" * 8)


def test_a_directory_of_keys_lets_one_follow_another(tmp_path: Path) -> None:
    keys = TrustedKeys(OLD.trusted_in(tmp_path / "keys", "old.pub"))
    with pytest.raises(NotSigned, match="by no key"):
        keys.verify(b"x", NEW.usign(b"x"))
    NEW.trusted_in(tmp_path / "keys", "new.pub")
    keys.verify(b"x", NEW.usign(b"x"))
    keys.verify(b"x", OLD.minisign(b"x"))
    (tmp_path / "keys" / "old.pub").unlink()
    with pytest.raises(NotSigned, match="by no key"):
        keys.verify(b"x", OLD.usign(b"x"))


def test_one_file_is_one_key_and_what_is_no_key_counts_for_nothing(tmp_path: Path) -> None:
    folder = NEW.trusted_in(tmp_path)
    (folder / "README").write_text("not a key")
    assert len(TrustedKeys(folder).keys()) == 1
    TrustedKeys(folder / "vendor.pub").verify(b"x", NEW.usign(b"x"))
    assert TrustedKeys(folder / "README").keys() == []


@pytest.mark.parametrize("place", [None, Path("/nonexistent/keys")])
def test_without_a_key_nobody_is_believed(place: Path | None) -> None:
    with pytest.raises(NotSigned, match="no key to check a signature by"):
        TrustedKeys(place).verify(b"x", NEW.usign(b"x"))


@pytest.mark.parametrize("content", [b"", b"package" * 1000])
def test_a_file_is_verified_as_its_content_is(tmp_path: Path, content: bytes) -> None:
    keys = TrustedKeys(NEW.trusted_in(tmp_path / "keys"))
    file = tmp_path / "package"
    file.write_bytes(content)
    keys.verify(file, NEW.usign(content))
    keys.verify(file, NEW.minisign(content))
    file.write_bytes(content + b"x")
    with pytest.raises(NotSigned):
        keys.verify(file, NEW.usign(content))
    with pytest.raises(MechanismError, match="cannot be read"):
        keys.verify(tmp_path / "none", NEW.usign(content))


def test_what_is_no_signature_says_so(tmp_path: Path) -> None:
    keys = TrustedKeys(NEW.trusted_in(tmp_path))
    for written in (b"", b"\xff\xff", b"untrusted comment: nothing\n"):
        with pytest.raises(NotSigned, match="has no signature: sign it"):
            keys.verify(b"x", written)
