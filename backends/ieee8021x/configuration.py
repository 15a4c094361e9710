"""A wired supplicant as wpa_supplicant's configuration: what it says who it is, and what it lets itself be asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.ieee8021x.records import Supplicant

TIMES: Final = {
    "HeldPeriod": "held_period",
    "AuthPeriod": "auth_period",
    "StartPeriod": "start_period",
    "MaxStart": "max_start",
}
"""The standard's names for what no configuration file can set, and the record's."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Files (PEM) of the owner's, for EAP-TLS; without ``key`` that is in ``certificate``."""

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None


def missing(record: Supplicant, credentials: Credentials) -> str | None:
    """What has to be configured before it can authenticate itself; None: nothing."""
    if not record.identity:
        return "an identity"
    if not record.md5 and not record.tls:
        return "a method that is enabled"
    if record.md5 and not record.secret:
        return "the secret for EAP-MD5"
    if record.tls and credentials.certificate is None:
        return "a certificate for EAP-TLS ([ieee8021x] client_certificate)"
    if record.tls and record.mutual and credentials.authorities is None:
        return "whom to trust with EAP-TLS ([ieee8021x] ca_file)"
    return None


def text(record: Supplicant, credentials: Credentials, directory: Path) -> str:
    """The configuration file. Text is written as the hexadecimal of its octets, so that none can end its line."""
    return "\n".join([*_lines(record, credentials, directory), ""])


def times(record: Supplicant) -> dict[str, int]:
    """What is set while it runs, by the standard's names."""
    return {name: getattr(record, field) for name, field in TIMES.items()}


def _lines(record: Supplicant, credentials: Credentials, directory: Path) -> Iterator[str]:
    yield f"# authentication {record.resets}"
    yield f"ctrl_interface={directory / 'control'}"
    yield "update_config=0"
    yield "ap_scan=0"
    yield "network={"
    yield "key_mgmt=IEEE8021X"
    yield "eapol_flags=0"  # on a wire no keys are agreed on
    yield f"eap={' '.join(name for name, wanted in (('TLS', record.tls), ('MD5', record.md5)) if wanted)}"
    yield f"identity={_octets(record.identity)}"
    if record.md5:
        yield f"password={_octets(record.secret)}"
    if record.tls and credentials.certificate is not None:
        yield f"client_cert={_octets(str(credentials.certificate))}"
        yield f"private_key={_octets(str(credentials.key or credentials.certificate))}"
        if record.mutual and credentials.authorities is not None:
            yield f"ca_cert={_octets(str(credentials.authorities))}"
    yield "}"


def _octets(value: str) -> str:
    return value.encode("utf-8", "surrogateescape").hex()
