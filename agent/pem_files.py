"""Whether a file that a setting names holds what the setting needs, before somebody relies on it."""

from typing import Final

from agent.presets import beginning

LARGEST: Final = 4_194_304
"""Bytes of a file of certificates."""


def why_no_certificates(place: str) -> str:
    """Why nobody's certificates can be judged by the authorities in this PEM file; "": they can."""
    import ssl  # only where such a file is named

    content, problem = _content(place)
    if problem:
        return problem
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=content.decode("ascii"))
    except ssl.SSLError:
        return "there is no certificate in it"
    except ValueError:  # other bytes than text, or none at all
        return "it is no PEM file"
    return ""


def why_no_pem(place: str) -> str:
    """Why it is no PEM file; "": it is one."""
    content, problem = _content(place)
    return problem or ("" if b"-----BEGIN " in content else "it is no PEM file")


def _content(place: str) -> tuple[bytes, str]:
    try:
        content, _ = beginning(place, LARGEST + 1)
    except OSError as failure:
        return b"", str(failure.strerror or failure)
    return content, f"it is larger than {LARGEST} bytes" if len(content) > LARGEST else ""
