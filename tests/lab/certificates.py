"""Certificates for one test: an authority, a server at 127.0.0.1 and a client, made by openssl."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.waiting import HANGS


@dataclass(frozen=True)
class Certificates:
    authority: Path
    server: Path
    server_key: Path
    client: Path
    """With its key in the same file."""


def make_certificates(directory: Path) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    new = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    made: dict[str, tuple[Path, Path]] = {}
    for name, options in {
        "authority": ["-subj", "/CN=lab authority"],
        "server": ["-subj", "/CN=acs", "-addext", "subjectAltName=IP:127.0.0.1"],
        "client": ["-subj", "/CN=cpe"],
    }.items():
        certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
        if name != "authority":
            ca, ca_key = made["authority"]
            options = [*options, "-CA", str(ca), "-CAkey", str(ca_key), "-addext", "basicConstraints=CA:FALSE"]
        subprocess.run(
            [*new, *options, "-keyout", str(key), "-out", str(certificate)],
            check=True,
            capture_output=True,
            timeout=HANGS,
        )
        made[name] = (certificate, key)
    both = directory / "client-both.pem"
    both.write_bytes(made["client"][0].read_bytes() + made["client"][1].read_bytes())
    return Certificates(made["authority"][0], *made["server"], both)


def client_context(certificates: Certificates, *, with_certificate: bool = False) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(certificates.authority))
    if with_certificate:
        context.load_cert_chain(certificates.client)
    return context
