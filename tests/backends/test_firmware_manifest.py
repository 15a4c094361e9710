"""Images with a signed manifest behind them, and every way to spoil one."""

import json
from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.firmware_manifest import FOOT, MAGIC, ImageRefused, checked, cut, parsed, seal, sealed, whole
from backends.trusted_keys import NotSigned, TrustedKeys
from tests.backends.signing import Signer, sealed_image

SIGNER = Signer()
CONTENT = bytes(range(256)) * 64 * 8  # 32 blocks of 4 kB


@pytest.fixture
def trusted(tmp_path: Path) -> TrustedKeys:
    return TrustedKeys(SIGNER.trusted_in(tmp_path / "keys"))


def test_what_was_signed_is_told_and_the_image_alone_is_left(tmp_path: Path, trusted: TrustedKeys) -> None:
    image = sealed_image(tmp_path / "image", CONTENT, SIGNER)
    found = sealed(image)
    assert found is not None
    told = checked(image, found, trusted)
    assert (told.version, told.boards, told.size, told.name) == ("2.0", ("acme,router",), len(CONTENT), "Acme 2.0")
    cut(image, found)
    assert image.read_bytes() == CONTENT
    assert sealed(image) is None


def test_a_bit_that_flips_in_any_block_is_found(tmp_path: Path, trusted: TrustedKeys) -> None:
    image = sealed_image(tmp_path / "image", CONTENT, SIGNER)
    good = image.read_bytes()
    for place in range(0, len(CONTENT), 4096):
        image.write_bytes(flipped(good, place))
        found = sealed(image)
        assert found is not None
        with pytest.raises(ImageRefused, match="corrupted"):
            checked(image, found, trusted)


def test_a_bit_that_flips_behind_the_image_is_found_or_was_not_needed(tmp_path: Path, trusted: TrustedKeys) -> None:
    image = sealed_image(tmp_path / "image", CONTENT, SIGNER)
    good = image.read_bytes()
    found = sealed(image)
    assert found is not None
    told = checked(image, found, trusted)
    taken = 0
    for place in range(len(CONTENT), len(good)):
        image.write_bytes(flipped(good, place))
        try:
            found = sealed(image)
            taken += found is not None and checked(image, found, trusted) == told
        except MechanismError:
            continue
        assert found is None or found.manifest == good[len(CONTENT) : len(CONTENT) + len(found.manifest)]
    assert taken < 40  # of the comment, for which nobody vouches


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def test_an_image_that_was_cut_off_anywhere_is_none(tmp_path: Path, trusted: TrustedKeys) -> None:
    image = sealed_image(tmp_path / "image", CONTENT, SIGNER)
    good = image.read_bytes()
    for length in [*range(0, len(CONTENT), 4096), *range(len(CONTENT), len(good))]:
        image.write_bytes(good[:length])
        assert sealed(image) is None


def test_a_signature_by_who_is_not_trusted_is_none(tmp_path: Path, trusted: TrustedKeys) -> None:
    image = sealed_image(tmp_path / "image", CONTENT, Signer("thief"))
    found = sealed(image)
    assert found is not None
    with pytest.raises(NotSigned, match="by no key"):
        checked(image, found, trusted)
    assert whole(image, found).version == "2.0"


def test_a_foot_that_says_more_than_there_is_is_refused(tmp_path: Path) -> None:
    image = tmp_path / "image"
    for manifest, signature in ((100, 0), (0, 100), (2**32 - 1, 0), (70_000, 0)):
        image.write_bytes(b"image" + FOOT.pack(MAGIC, manifest, signature))
        with pytest.raises(ImageRefused, match="no such length"):
            sealed(image)


def test_a_manifest_of_another_length_than_the_image_is_refused(tmp_path: Path, trusted: TrustedKeys) -> None:
    image = sealed_image(tmp_path / "image", CONTENT, SIGNER)
    found = sealed(image)
    assert found is not None
    image.write_bytes(CONTENT + b"more" + seal(found.manifest, found.signature))
    longer = sealed(image)
    assert longer is not None
    with pytest.raises(ImageRefused, match="its manifest says"):
        checked(image, longer, trusted)


GOOD = {"cpe-agent-firmware": 1, "version": "2.0", "boards": ["a"], "size": 5, "sha256": "0" * 64}


@pytest.mark.parametrize(
    "change",
    [
        {"cpe-agent-firmware": 2}, {"version": ""}, {"version": "x" * 65}, {"version": "a\nb"}, {"version": 2},
        {"boards": "a"}, {"boards": [1]}, {"boards": ["a"] * 65},
        {"boards": ["a\x1b[2Jb"]}, {"boards": ["a", "b\nfirmware 2.0: confirmed"]}, {"boards": ["\ud800"]},
        {"size": -1}, {"size": "5"}, {"sha256": "0" * 63},
        {"sha256": "A" * 64},
    ],
)  # fmt: skip
def test_a_manifest_that_lacks_something_is_refused(change: dict[str, object]) -> None:
    assert parsed(json.dumps(GOOD).encode()).version == "2.0"
    with pytest.raises(ImageRefused, match="lacks"):
        parsed(json.dumps({**GOOD, **change}).encode())


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"version":"1","version":"2"}'])
def test_what_is_no_json_or_says_something_twice_is_refused(text: bytes) -> None:
    with pytest.raises(ImageRefused, match="no JSON"):
        parsed(text)


def test_another_document_of_the_same_signer_is_no_manifest() -> None:
    with pytest.raises(ImageRefused, match="lacks"):
        parsed(json.dumps({key: value for key, value in GOOD.items() if key != "cpe-agent-firmware"}).encode())


def test_a_long_look_can_be_called_off(tmp_path: Path, trusted: TrustedKeys) -> None:
    image = sealed_image(tmp_path / "image", CONTENT, SIGNER)
    found = sealed(image)
    assert found is not None
    with pytest.raises(MechanismError, match="called off"):
        checked(image, found, trusted, lambda: True)


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MechanismError, match="cannot be read"):
        sealed(tmp_path / "none")
