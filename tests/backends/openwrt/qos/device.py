"""A router with sqm-scripts or qos-scripts, and queues as the kernel would tell of them; nothing of it is made."""

from pathlib import Path
from typing import Any

from backends.openwrt.qos.qdiscs import Qdisc
from backends.tr181.openwrt_qos import PROGRAMS, openwrt_qos
from backends.tr181.qos import qos
from tests.backends.openwrt.bench import OneService

QOS = "Device.QoS."
DELIVERED = """
config queue 'eth1'
	option enabled '0'
	option interface 'wan'
	option download '85000'
	option upload '10000'
	option qdisc 'cake'
	option script 'layer_cake.qos'
	option qdisc_advanced '0'
	option ingress_ecn 'ECN'
	option egress_ecn 'ECN'
	option linklayer 'none'

# for guests, by hand
config queue
	option enabled '0'
	option interface 'br-guest'
	option upload '2000'
	option download '0'
	option qdisc 'fq_codel'
	option script 'simple.qos'
"""
QOS_SCRIPTS = """
config interface 'wan'
	option classgroup 'Default'
	option enabled '0'
	option upload '128'
	option download '1024'

config classify
	option target 'Priority'
	option ports '22,53'
	option comment 'ssh, dns'

config classify
	option target 'Express'
	option proto 'udp'
	option srchost '192.168.1.5'
	option dstports '5060-5070'
	option dscp 'EF'

config classgroup 'Default'
	option classes 'Priority Express Normal Bulk'
	option default 'Normal'

config class 'Priority'
	option packetsize '400'
"""


class Queues:
    """Instead of the kernel: what queues on links, by their names; ``asked`` counts the dumps."""

    def __init__(self) -> None:
        self.links: dict[str, list[Qdisc]] = {}
        self.router: OneService | None = None
        self.asked = 0
        self._is_read = False

    def forget(self) -> None:
        self._is_read = False

    def of(self, index: int) -> list[Qdisc]:
        assert self.router is not None
        self.asked += not self._is_read
        self._is_read = True
        name = next(one.name for one in self.router.netlink.links() if one.index == index)
        return self.links.get(name, [])


class QosRouter(OneService):
    """``queues``: what the kernel has."""

    def __init__(self, directory: Path, sqm: str = DELIVERED, scripts: str = "", **more: Any) -> None:
        packages = {name: text for name, text in (("sqm", sqm), ("qos", scripts)) if text}
        for name in packages:
            path = directory / PROGRAMS[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        self.queues = Queues()
        queues: Any = self.queues
        super().__init__(directory, lambda given, surface: openwrt_qos(given, surface, queues), [qos], packages, **more)
        self.queues.router = self

    @property
    def sqm(self) -> str:
        """The package's text."""
        return self.text("sqm")

    def shaper(self, **values: str) -> str:
        """A shaper of an ACS's; its path."""
        return self.add(f"{QOS}Shaper.", **values)
