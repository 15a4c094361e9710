"""Files of certificates are told from files of other things."""

import os
from pathlib import Path

import pytest

from agent.pem_files import LARGEST, why_no_certificates, why_no_pem
from tests.runtime.certificates import Authority


def test_an_authoritys_certificate_is_one(tmp_path: Path) -> None:
    made = Authority(tmp_path / "ca").pair.certificate
    assert (why_no_certificates(str(made)), why_no_pem(str(made))) == ("", "")


@pytest.mark.parametrize(
    "content", [b"", b"router.example\n", b"-----BEGIN CERTIFICATE-----\nAAAA\n", b"\xff\xfe\x30\x82"]
)
def test_what_holds_no_certificate_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(content)
    assert why_no_certificates(str(file)) in ("there is no certificate in it", "it is no PEM file")
    assert bool(why_no_pem(str(file))) is (b"BEGIN" not in content)


def test_what_cannot_be_read_ends_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(LARGEST + 1)
    for name, why in (("pipe", "no file"), ("large", "larger than"), ("absent", "No such file"), ("", "directory")):
        for ask in (why_no_certificates, why_no_pem):
            assert why in ask(str(tmp_path / name)), name
