"""The services that this product can manage, one line each; a machine has those whose programs and hardware it has."""

from typing import Final

from backends.tr181.parts import Build
from backends.tr181.time import ntp_clock

SERVICES: Final[tuple[Build, ...]] = (ntp_clock,)
"""In the order in which their changes are made: what others stand on comes first."""
