"""Device.QoS. set as an ACS would, on a gateway."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from agent.model.coverage import coverage
from agent.model.own_values import OwnValues
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.interface_stack import interface_stack
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.qos import TABLES, qos, tables_over
from backends.tr181.root import root
from backends.tr181.staging import LinuxNetwork
from backends.traffic_control import TrafficControl
from tests.backends.device import NamespaceSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.netlab.gateway import STRANGER, Gateway
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter
from tests.netlab.rates import arrives

pytestmark = pytest.mark.slow

QOS = "Device.QoS."
MEGABIT = 1_000_000.0


class QosDevice(SmallDevice):
    """The router of a gateway; with the store of another one, that one after a restart."""

    def __init__(self, gateway: Gateway, store: Documents | None = None, manage: tuple[str, ...] = ("*0",)) -> None:
        self.gateway = gateway
        self.netlink, self.procfs = gateway.router.netlink(), NamespaceSettings(gateway.router)
        network = LinuxNetwork(self.netlink, self.procfs, manage)
        self.nftables, self.control = packet_filter(gateway.router), TrafficControl(gateway.router.path)
        given: Any = Mechanisms(
            self.netlink, None, self.procfs, Sysfs("/nonexistent"), None, network, OwnValues({}, {}),  # type: ignore[arg-type]
            links=Links(network),
        )  # fmt: skip
        self.tables = tables_over(given, self.nftables, self.control)
        given = replace(given, qos=self.tables)
        declared = [one for declare in (root, ethernet, ip, qos) for one in declare(given)]
        super().__init__(
            [*declared, interface_stack(declared)],
            backends=[network, self.tables],
            store=store,
            forget=[self.netlink.forget, self.tables.qos.forget],
        )
        self.tables.apply_at_start()
        self.wan, self.lan = (self.find("Device.IP.Interface.", Name=name)[:-1] for name in ("wan0", "lan0"))


@pytest.fixture
def gateway(make_namespace: Callable[[], Namespace]) -> Gateway:
    return Gateway(make_namespace)


@pytest.fixture
def device(gateway: Gateway) -> Iterator[QosDevice]:
    made = QosDevice(gateway)
    yield made
    made.procfs.close()


def test_the_profiles_are_whole_but_for_what_linux_does_not_count(device: QosDevice) -> None:
    found = {one.name: one for one in coverage(device.model.tree, ["QoS:2", "QoSStats:1"], lambda _: "")}
    ours = {path for one in found.values() for path in (missing.path for missing in one.missing)}
    assert {path for path in ours if path.startswith(QOS)} == {f"{QOS}QueueStats.{{i}}.DroppedBytes"}


def test_a_shaper_and_a_queue_of_an_acs_hold_what_leaves(device: QosDevice, gateway: Gateway) -> None:
    shaper, queue = device.add(f"{QOS}Shaper."), device.add(f"{QOS}Queue.")
    device.set(
        {
            f"{shaper}Interface": device.wan,
            f"{shaper}ShapingRate": "4000000",
            f"{shaper}Enable": "1",
            f"{queue}Interface": device.wan,
            f"{queue}TrafficClasses": "1,2",
            f"{queue}Enable": "1",
        }
    )
    assert device.get(f"{shaper}Status") == device.get(f"{queue}Status") == "Enabled"
    rule = device.add(f"{QOS}Classification.")
    device.set({f"{rule}AllInterfaces": "1", f"{rule}Protocol": "17", f"{rule}TrafficClass": "1", f"{rule}Enable": "1"})
    stats = device.add(f"{QOS}QueueStats.")
    device.set({f"{stats}Queue": queue[:-1], f"{stats}Interface": device.wan, f"{stats}Enable": "1"})
    got = arrives(gateway.lan, gateway.wan, STRANGER, 5001, 0.5, 20 * MEGABIT)
    assert 2 * MEGABIT < got < 5 * MEGABIT
    assert int(device.get(f"{stats}OutputPackets")) > 50
    assert int(device.get(f"{stats}DroppedPackets")) > 0
    assert int(device.get(f"{queue}BufferLength")) > 0
    device.delete(shaper)
    device.delete(queue)
    assert device.get(f"{stats}Status") == "Error"
    assert "htb" not in gateway.router.run("tc", "qdisc", "show", "dev", "wan0")


def test_it_comes_back_after_a_restart_and_nothing_is_touched(device: QosDevice, gateway: Gateway) -> None:
    shaper = device.add(f"{QOS}Shaper.")
    device.set({f"{shaper}Interface": device.lan, f"{shaper}ShapingRate": "50", f"{shaper}Enable": "1"})
    again = QosDevice(gateway, device.store)
    assert again.control.writes == again.nftables.writes == 0
    assert again.get(f"{shaper}Status") == "Enabled"
    gateway.router.run("tc", "qdisc", "del", "dev", "lan0", "root")
    again.tables.qos.forget()
    again.tables.reapply()
    assert again.get(f"{shaper}Status") == "Enabled"
    again.procfs.close()


def test_rows_of_an_order_move(device: QosDevice) -> None:
    first, second = device.add(f"{QOS}Classification."), device.add(f"{QOS}Classification.")
    device.set({f"{second}Order": "1"})
    assert (device.get(f"{first}Order"), device.get(f"{second}Order")) == ("2", "1")
    device.delete(second)
    assert device.get(f"{first}Order") == "1"


@pytest.mark.parametrize(
    ("table", "name", "value"),
    [
        ("Classification", "DSCPMark", "64"),
        ("Classification", "EthernetPriorityMark", "8"),
        ("Classification", "VLANIDCheck", "4095"),
        ("Classification", "TrafficClass", "255"),
        ("Classification", "ForwardingPolicy", "127"),
        ("Classification", "SourceIP", "x'; $(reboot) \x7f"),
        ("Classification", "DestMACAddress", "02:00:00"),
        ("Classification", "Interface", "Device.QoS.Queue.1"),
        ("Policer", "MeterType", "SingleRateThreeColor"),
        ("Policer", "ConformingAction", "Reboot"),
        ("Queue", "DropAlgorithm", "BLUE"),
        ("Queue", "TrafficClasses", "300"),
        ("Queue", "REDThreshold", "101"),
        ("Shaper", "ShapingRate", "-2"),
    ],
)
def test_what_cannot_be_is_refused(device: QosDevice, table: str, name: str, value: str) -> None:
    row = device.add(f"{QOS}{table}.")
    assert device.refused({f"{row}{name}": value}) == {f"{row}{name}": "InvalidValue"}


def test_a_table_that_no_record_is_of_has_no_path() -> None:
    assert len(set(TABLES.values())) == len(TABLES)
