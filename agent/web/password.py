"""The page's password as it is kept: scrypt with its costs and salt beside it, so that costs may rise later."""

import ctypes
import hashlib
import hmac
import os
import threading
from base64 import b64decode, b64encode
from typing import Final

SHORTEST: Final = 8
LONGEST: Final = 256
COST: Final = 16_384
"""scrypt's N with r = 8: 16 MB for a moment, and some tens of milliseconds."""
_BLOCK: Final = 8
_MEMORY: Final = 64 * 1024 * 1024
_ONE: Final = threading.Lock()
_MMAP_THRESHOLD: Final = -3  # malloc.h
_MAPPED_FROM: Final = 1024 * 1024
"""Bytes; what is larger is had from the system by itself, and given back when it is freed."""


def problem_of(password: str) -> str:
    """What is wrong with a password to be, "" when it will do."""
    if len(password) < SHORTEST:
        return f"the password has fewer than {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"the password has more than {LONGEST} characters"
    return "" if len(set(password)) > 2 else "the password is one or two characters again and again"


def kept(password: str, cost: int = COST) -> str:
    """How a password is kept: "scrypt:COST:SALT:DIGEST"."""
    salt = os.urandom(16)
    return f"scrypt:{cost}:{b64encode(salt).decode()}:{b64encode(_digest(password, salt, cost)).decode()}"


def is_right(password: str, as_kept: str) -> bool:
    """Whether it is the password; takes equally long for every wrong one."""
    try:
        kind, cost, salt, digest = as_kept.split(":")
        wanted = b64decode(digest, validate=True)
        found = _digest(password[: LONGEST + 1], b64decode(salt, validate=True), int(cost))
    except ValueError:
        return False
    return kind == "scrypt" and hmac.compare_digest(found, wanted)


def _digest(password: str, salt: bytes, cost: int) -> bytes:
    """One at a time, and its memory goes back to the system: of itself glibc would keep it for each thread."""
    secret = password.encode("utf-8", "replace")
    with _ONE:
        tune = getattr(ctypes.CDLL(None), "mallopt", None)
        if tune is not None:
            tune(_MMAP_THRESHOLD, _MAPPED_FROM)
        return hashlib.scrypt(secret, salt=salt, n=cost, r=_BLOCK, p=1, maxmem=_MEMORY, dklen=32)
