"""How services of ours share the 32 bits of a packet's mark: who classifies writes, who queues and routes reads."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """Some bits of the mark. A packet that nobody marked has 0 there, so a value is kept as one more than it is."""

    shift: int
    bits: int

    @property
    def most(self) -> int:
        """The greatest value that there is room for."""
        return (1 << self.bits) - 2

    @property
    def mask(self) -> int:
        """The bits of the mark that it takes."""
        return ((1 << self.bits) - 1) << self.shift

    def holding(self, value: int) -> int:
        """The mark that holds a value (0 to ``most``) and nothing else."""
        return (value + 1) << self.shift


TRAFFIC_CLASS: Final = Field(16, 8)
"""QoS.Classification.TrafficClass: which queue takes the packet."""
FORWARDING_POLICY: Final = Field(24, 7)
"""QoS.Classification.ForwardingPolicy: which routes the packet may take."""
PRIORITY: Final = Field(12, 4)
"""QoS.Classification.EthernetPriorityMark: the 802.1p priority with which it is to leave."""
