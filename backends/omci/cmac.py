"""AES-CMAC and the keys that an XG-PON derives with it; the one file of OMCI that knows the library cryptography."""

from typing import Final

from backends.omci.trailers import Cmac

WHOLE: Final = 16
NO_REGISTRATION: Final = bytes(36)
"""The registration identifier of who has none."""


class NoCryptography(Exception):
    """The library is not installed: it comes with the extra "omci"."""


def cmac(key: bytes) -> Cmac:
    """AES-CMAC (RFC 4493) with a key of 16 octets. Raises NoCryptography, or ValueError for another length."""
    if len(key) != WHOLE:
        raise ValueError(f"the key has {len(key)} octets; AES-CMAC takes {WHOLE} here")
    try:
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.cmac import CMAC
    except ImportError:
        raise NoCryptography("AES-CMAC needs the Python library cryptography: the extra cpe-agent[omci]") from None

    def over(octets: bytes) -> bytes:
        made = CMAC(AES(key))
        made.update(octets)
        return made.finalize()

    return over


def master_session_key(registration: bytes = NO_REGISTRATION) -> bytes:
    """MSK of a registration identifier, which counts as 36 octets (G.987.3, 15.3.2)."""
    return cmac(bytes([0x55]) * WHOLE)(registration.ljust(36, b"\0"))


def session_key(master: bytes, serial: bytes, pon_tag: bytes) -> bytes:
    """SK of a serial number (8 octets: vendor, number) at an OLT's PON-TAG (8 octets)."""
    return cmac(master)(serial + pon_tag + b"SessionK")


def integrity_key(session: bytes) -> bytes:
    """OMCI_IK: the key of the frames' MIC."""
    return cmac(session)(b"OMCIIntegrityKey")
