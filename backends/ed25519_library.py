"""Ed25519 by the library cryptography, which is optional: the only file that imports it."""

from importlib.util import find_spec


def is_installed() -> bool:
    """Whether it can be used."""
    return find_spec("cryptography") is not None


class Library:
    """See backends.ed25519.Checker."""

    name = "cryptography"

    def is_genuine(self, key: bytes, message: bytes, signature: bytes) -> bool:
        """See Checker."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True
