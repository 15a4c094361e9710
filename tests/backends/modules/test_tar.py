"""The tar reader believes nothing: names, kinds, sizes, checksums."""

import io
import tarfile
from collections.abc import Callable

import pytest

from backends.modules.tar import BadArchive, members, safe_name
from tests.backends.modules.making import tar


def read(content: bytes, most: int = 10, most_bytes: int = 10_000, *, strictly: bool = True) -> dict[str, bytes]:
    every = members(io.BytesIO(content), most, most_bytes, strictly=strictly)
    return {member.name: b"".join(pieces) for member, pieces in every}


def special(change: Callable[[tarfile.TarInfo], None], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        info = tarfile.TarInfo("name")
        info.size = 3
        change(info)
        made.addfile(info, io.BytesIO(b"abc"))
    return out.getvalue()


def test_files_and_directories_come_in_their_order() -> None:
    assert read(tar([("./a/", b""), ("./a/b", b"x" * 1000), ("c", b"")])) == {"a": b"", "a/b": b"x" * 1000, "c": b""}


def test_what_is_not_read_of_one_does_not_come_up_in_the_next() -> None:
    names = [member.name for member, _ in members(io.BytesIO(tar([("a", b"x" * 700), ("b", b"y")])), 10, 10_000)]
    assert names == ["a", "b"]


@pytest.mark.parametrize("name", ["/etc/passwd", "../out", "a/../../out", "a\\b", "a\nb", "/".join("a" * 40)])
def test_names_that_lead_out_or_deceive_are_refused(name: str) -> None:
    with pytest.raises(BadArchive):
        safe_name(name)
    with pytest.raises(BadArchive):
        read(tar([(name, b"")]))


LINKS = [tarfile.SYMTYPE, tarfile.LNKTYPE]


@pytest.mark.parametrize("kind", [*LINKS, tarfile.CHRTYPE, tarfile.FIFOTYPE, b"x", b"L", b"S"])
def test_links_devices_and_extended_headers_are_refused_and_passed_over_by_who_only_looks(kind: bytes) -> None:
    content = special(lambda info: setattr(info, "type", kind))
    with pytest.raises(BadArchive, match="kind"):
        read(content)
    if kind in LINKS:

        def link(info: tarfile.TarInfo) -> None:
            info.type, info.size = kind, 0

        assert read(special(link), strictly=False) == {}


def test_too_many_members_and_too_many_bytes_are_refused() -> None:
    content = tar([(f"n{number}", b"x" * 100) for number in range(5)])
    assert len(read(content, most=5)) == 5
    with pytest.raises(BadArchive, match="members"):
        read(content, most=4)
    with pytest.raises(BadArchive, match="bytes"):
        read(content, most_bytes=499)


def test_every_cut_and_every_flipped_bit_of_a_header_is_found() -> None:
    content = tar([("name", b"abc")])
    for end in range(0, 1536, 64):
        with pytest.raises(BadArchive):
            read(content[:end])
    for place in range(0, 350, 3):
        bad = bytearray(content)
        bad[place] ^= 1
        with pytest.raises(BadArchive):
            read(bytes(bad))


def test_a_size_that_announces_gigabytes_costs_no_memory() -> None:
    header = bytearray(tar([("name", b"abc")])[:512])
    header[124:136] = b"77777777777\0"
    header[148:156] = f"{sum(header[:148]) + 256 + sum(header[156:]):06o}\0 ".encode()
    with pytest.raises(BadArchive, match="bytes"):
        read(bytes(header))
