"""What the option ``encryption`` of a wifi-iface says, as OpenWrt's scripts read it, and how to say it. Pure."""

from fnmatch import fnmatchcase
from typing import Final

WORDS: Final = {
    "None": "none", "OWE": "owe", "WPA-Personal": "psk", "WPA2-Personal": "psk2", "WPA-WPA2-Personal": "psk-mixed",
    "WPA3-Personal": "sae", "WPA3-Personal-Transition": "sae-mixed", "WPA-Enterprise": "wpa", "WPA2-Enterprise": "wpa2",
    "WPA-WPA2-Enterprise": "wpa-mixed", "WPA3-Enterprise": "wpa3",
}  # fmt: skip
"""How each mode is said."""
READ: Final = (
    ("owe*", "OWE"), ("wpa3-mixed*", "WPA2-Enterprise"), ("wpa3*", "WPA3-Enterprise"),
    ("psk3-mixed*", "WPA3-Personal-Transition"), ("sae-mixed*", "WPA3-Personal-Transition"),
    ("sae-compat*", "WPA3-Personal-Transition"), ("psk3*", "WPA3-Personal"), ("sae*", "WPA3-Personal"),
    ("*psk2*", "WPA2-Personal"), ("*psk*mixed*", "WPA-WPA2-Personal"), ("*psk*", "WPA-Personal"),
    ("wpa2*", "WPA2-Enterprise"), ("wpa*mixed*", "WPA-WPA2-Enterprise"), ("*wpa*", "WPA-Enterprise"),
    ("*8021x*", "WPA-Enterprise"), ("*wep*", "WEP-64"),
)  # fmt: skip
"""The first pattern that fits says the mode; of two that are offered the weaker one, where TR-181 has no word for both.
"""
CIPHERS: Final = {"tkip": "TKIP", "ccmp": "AES", "aes": "AES", "ccmp256": "AES", "gcmp": "AES", "gcmp256": "AES"}
SAID: Final = {"TKIP": "tkip", "AES": "ccmp"}

Encryption = tuple[str, tuple[str, ...] | None]
"""The mode, and the ciphers where they are said."""


def encryption_of(text: str) -> Encryption:
    """What it says; nothing protects where it says nothing."""
    mode = next((mode for pattern, mode in READ if fnmatchcase(text, pattern)), "None")
    ciphers = dict.fromkeys(CIPHERS[word] for word in text.split("+")[1:] if word in CIPHERS)
    return mode, tuple(ciphers) or None


def encryption_text(mode: str, ciphers: tuple[str, ...] | None, present: str) -> str:
    """How to say it: as it is said already, where it is."""
    if present and encryption_of(present) == (mode, ciphers):
        return present
    return "+".join([WORDS.get(mode, "none"), *(SAID[cipher] for cipher in ciphers or () if cipher in SAID)])
