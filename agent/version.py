"""The version, in one place: the distribution, `cpe-agent version` and the trace header read it here."""

from typing import Final

VERSION: Final = "0.1.0"
