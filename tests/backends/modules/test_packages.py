"""What package managers say at last, and what it means."""

import pytest

from backends.modules.environment import Cause
from backends.modules.packages import _cause_of, _names


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("Only have 12kb available on filesystem /overlay", Cause.RESOURCES),
        ("Packages for other found, but incompatible with the architectures configured", Cause.MISMATCH),
        ("pkg_hash_check_unresolved: cannot find dependency libnothere for other", Cause.MISMATCH),
        ("ERROR: unable to select packages:   absent (no such package):", Cause.MISMATCH),
        ("x-1:     error: uninstallable     arch: mips", Cause.MISMATCH),
        ("ERROR: greeter-1.0: file integrity error", Cause.CORRUPTED),
        ("ERROR: /x.apk: unexpected end of file", Cause.CORRUPTED),
        ("ERROR: greeter-1.0: UNTRUSTED signature", Cause.NOT_GENUINE),
        ("something else", Cause.WRONG_STATE),
    ],
)  # fmt: skip
def test_last_words_have_a_cause(words: str, cause: Cause) -> None:
    assert _cause_of(words) is cause


def test_requirements_are_known_by_their_names() -> None:
    assert _names(["libc (>= 1.2)", "zlib>=1", "so:libm.so", "a~2", "b=3"]) == {"libc", "zlib", "so:libm.so", "a", "b"}
