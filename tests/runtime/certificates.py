"""Certificates for tests, made by the openssl command: good ones, and each way of being bad."""

import functools
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_CONFIG = """
[ca]
default_ca = default
[default]
database = {directory}/index
serial = {directory}/serial
new_certs_dir = {directory}
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
CN = {common_name}
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = CA:false
subjectAltName = {names}
"""


@dataclass(frozen=True)
class Pair:
    """PEM files of a certificate (followed by the intermediates that are sent with it) and its key."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a directory of its own, signed by ``issuer`` or by itself."""

    def __init__(self, directory: Path, common_name: str = "Test CA", issuer: "Authority | None" = None) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        (directory / "index").touch()
        (directory / "serial").write_text("1000\n")
        request, key = self._request("ca", common_name)
        self.pair = Pair(directory / "ca.pem", key)
        by = issuer or self
        by._sign(request, self.pair.certificate, "authority", self_key=None if issuer else key)

    def issue(
        self,
        name: str,
        *,
        names: str = "DNS:localhost, IP:127.0.0.1",
        start: str = "20200101000000Z",
        end: str = "20490101000000Z",
        digest: str = "sha256",
        rsa: bool = False,
        chain: "Authority | None" = None,
    ) -> Pair:
        """A leaf; with ``chain`` that authority's certificate is sent along."""
        request, key = self._request(name, "localhost", names, rsa=rsa)
        certificate = self._directory / f"{name}.pem"
        self._sign(request, certificate, "leaf", start=start, end=end, digest=digest, config=f"{name}.cnf")
        if chain:
            certificate.write_text(certificate.read_text() + chain.pair.certificate.read_text())
        return Pair(certificate, key)

    def _request(self, name: str, common_name: str, names: str = "DNS:none", *, rsa: bool = False) -> tuple[Path, Path]:
        config = self._directory / f"{name}.cnf"
        config.write_text(_CONFIG.format(directory=self._directory, common_name=common_name, names=names))
        request, key = self._directory / f"{name}.csr", self._directory / f"{name}.key"
        kind = ["rsa:2048"] if rsa else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        _openssl("req", "-new", "-nodes", "-config", config, "-newkey", *kind, "-keyout", key, "-out", request)
        return request, key

    def _sign(
        self,
        request: Path,
        certificate: Path,
        extensions: str,
        *,
        self_key: Path | None = None,
        start: str = "20200101000000Z",
        end: str = "20490101000000Z",
        digest: str = "sha256",
        config: str = "ca.cnf",
    ) -> None:
        signer = ["-selfsign", "-keyfile", self_key] if self_key else ["-cert", self.pair.certificate]
        signer += [] if self_key else ["-keyfile", self.pair.key]
        _openssl(
            *("ca", "-batch", "-notext", "-config", self._directory / config, "-extensions", extensions),
            *("-startdate", start, "-enddate", end, "-md", digest, "-in", request, "-out", certificate, *signer),
        )  # fmt: skip


def self_signed(directory: Path, name: str) -> Pair:
    """A leaf that signs itself for localhost."""
    certificate, key = directory / f"{name}.pem", directory / f"{name}.key"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    _openssl(
        *("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=localhost"),
        *("-days", "3650", "-addext", names, "-keyout", key, "-out", certificate),
    )
    return Pair(certificate, key)


@functools.cache
def _command() -> str:
    found = shutil.which("openssl")
    assert found, "the TLS tests need the openssl command (Debian: apt install openssl)"
    return found


def _openssl(*arguments: object) -> None:
    ended = subprocess.run([_command(), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"openssl {arguments[0]}: {ended.stderr}"
