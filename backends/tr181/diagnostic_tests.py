"""The diagnostics that this product has, one line each; a line more is a diagnostic more."""

from typing import Final

from backends.tr181.diagnostics import Test

TESTS: Final[tuple[Test, ...]] = ()
