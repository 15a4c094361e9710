"""One contract for everything that checks Ed25519 here: the library, and each program that this machine has."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from backends import ed25519
from backends.ed25519 import Checker, Openssl, Usign, checkers, is_signed, public_key, signature
from backends.ed25519_library import Library, is_installed
from backends.errors import MechanismError, Missing, TimedOut
from tests.backends.signing import Signer

HERE = list(checkers())
SIGNER = Signer()
MESSAGE = b'{"version":"2.0"}'


@pytest.fixture(params=HERE, ids=lambda one: str(one.name))
def checker(request: pytest.FixtureRequest) -> Checker:
    return request.param  # type: ignore[no-any-return]


def test_the_library_and_openssl_are_here_to_be_compared() -> None:
    assert {"cryptography", "openssl"} <= {one.name for one in HERE}
    assert is_installed()


def test_a_genuine_signature_is_told_from_every_other(checker: Checker) -> None:
    signed = SIGNER.sign(MESSAGE)
    assert checker.is_genuine(SIGNER.raw, MESSAGE, signed)
    assert not checker.is_genuine(SIGNER.raw, MESSAGE + b" ", signed)
    assert not checker.is_genuine(SIGNER.raw, MESSAGE, bytes([signed[0] ^ 1]) + signed[1:])
    assert not checker.is_genuine(Signer("another").raw, MESSAGE, signed)
    assert not checker.is_genuine(SIGNER.raw, MESSAGE, bytes(64))


def test_rfc_8032_s_own_example_holds(checker: Checker) -> None:
    key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signed = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert checker.is_genuine(key, b"\x72", signed)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(SIGNER.usign(MESSAGE), id="usign"),
        pytest.param(SIGNER.minisign(MESSAGE), id="minisign"),
        pytest.param(SIGNER.minisign(MESSAGE, is_of_hash=False), id="minisign of old"),
    ],
)
def test_files_of_each_signer_are_believed_by_the_key_that_they_name_alone(checker: Checker, written: bytes) -> None:
    told = signature(written.decode())
    key = public_key(SIGNER.public())
    assert is_signed(MESSAGE, told, [public_key(Signer("another", b"\x02" * 8).public()), key], checker)
    assert not is_signed(MESSAGE, told, [public_key(Signer(number=b"\x03" * 8).public())], checker)
    assert not is_signed(MESSAGE, told, [public_key(Signer("another").public())], checker)
    assert not is_signed(MESSAGE + b"x", told, [key], checker)


def test_a_trusted_comment_that_was_changed_is_not_trusted(checker: Checker) -> None:
    written = SIGNER.minisign(MESSAGE, comment="version 1").replace(b"version 1", b"version 2")
    assert not is_signed(MESSAGE, signature(written.decode()), [public_key(SIGNER.public())], checker)


@pytest.mark.parametrize("text", ["", "x", "untrusted comment: x", "untrusted comment: x\n!!!", "RWQ=", "A" * 56])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(MechanismError, match="no public key"):
        public_key(text)


@pytest.mark.parametrize(
    "text",
    ["", "x", SIGNER.public(), "\n".join(SIGNER.minisign(MESSAGE).decode().splitlines()[:2]),
     SIGNER.minisign(MESSAGE).decode().replace("trusted comment: t", "comment: t"),
     "\n".join([*SIGNER.minisign(MESSAGE).decode().splitlines()[:3], "AAAA"])],
)  # fmt: skip
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(MechanismError, match="no signature"):
        signature(text)


if shutil.which("minisign"):  # an oracle, where it is installed

    def test_what_minisign_itself_writes_is_believed(checker: Checker, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(MESSAGE)
        secret, public = tmp_path / "key.sec", tmp_path / "key.pub"
        subprocess.run(["minisign", "-G", "-W", "-f", "-p", public, "-s", secret], check=True, capture_output=True)
        subprocess.run(
            ["minisign", "-S", "-s", secret, "-m", file, "-t", "for a test"], check=True, capture_output=True
        )
        told = signature((tmp_path / "file.minisig").read_text())
        assert is_signed(MESSAGE, told, [public_key(public.read_text())], checker)


def test_usign_is_given_files_in_its_own_form(tmp_path: Path) -> None:
    seen = {}

    def start(arguments: Sequence[str], seconds: float) -> str:
        assert arguments[:3] == ("usign", "-V", "-q")
        given = dict(zip(arguments[3::2], arguments[4::2], strict=True))
        seen["message"] = Path(given["-m"]).read_bytes()
        assert public_key(Path(given["-p"]).read_text()).key == SIGNER.raw
        assert signature(Path(given["-x"]).read_text()).signature == SIGNER.sign(MESSAGE)
        return ""

    assert Usign(start).is_genuine(SIGNER.raw, MESSAGE, SIGNER.sign(MESSAGE))
    assert seen == {"message": MESSAGE}


def test_a_program_that_says_nothing_is_no_answer_and_one_that_refuses_is_one() -> None:
    def late(*_: object, **__: object) -> str:
        raise TimedOut("openssl did not end")

    def fails(*_: object, **__: object) -> str:
        raise MechanismError("status 1")

    with pytest.raises(TimedOut):
        Openssl(late).is_genuine(SIGNER.raw, MESSAGE, bytes(64))
    assert not Openssl(fails).is_genuine(SIGNER.raw, MESSAGE, bytes(64))


def test_a_machine_that_can_check_nothing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ed25519, "checkers", lambda: iter(()))
    with pytest.raises(Missing, match="usign or openssl has to be installed"):
        ed25519.checker()
    monkeypatch.undo()
    assert ed25519.checker().name == Library.name
