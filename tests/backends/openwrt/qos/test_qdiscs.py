"""What the kernel tells of its queues: a cake as Debian's 6.1 has told of one, and real ones in a namespace."""

import pytest

from backends.generic_netlink import attributes
from backends.openwrt.qos.qdiscs import ROOT, Qdiscs, qdisc
from backends.traffic_control import Counted
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace

__all__ = ["lab", "make_namespace"]

pytestmark = pytest.mark.slow

CAKE = bytes.fromhex(
    "0900010063616b6500000000900002000c00020048e8010000000000080005000700000008000700a086010008000800881300000800"
    "0a0000000000080009000000000008000f0000000000080010000000000008000b0001000000080003000000000008000d0000000000"
    "080006000000000008000c0000000000080004000000000008000e00000000000800110001000000080012000000000005000c000000"
    "000080020700500204000c00020048e8010000000000080003000000400008000400001e00000800050001000000080007008e000000"
    "080009008e0000000800060046000000080008004600000008020a00ac0001000c000c00841e0000000000000c000300fe0400000000"
    "000008000b000000000008000d00926f040008000e0025df080008000200090000000800040000000000080008000000000008000600"
    "0000000008001200ff290000080013003c010000080014003c01000008000f0000000000080010000200000008001100000000000800"
    "15000000000008001600000000000800170000000000080018008e000000080019002c010000ac0002000c000c0048e8010000000000"
    "0c000300f00100000000000008000b000000000008000d00f846000008000e0010ba0100080002000400000008000400000000000800"
    "08000000000008000600000000000800120089020000080013000d000000080014000d00000008000f00000000000800100002000000"
    "0800110000000000080015000200000008001600000000000800170000000000080018008e000000080019002c010000ac0003000c00"
    "0c00127a0000000000000c000300700400000000000008000b000000000008000d00e01b010008000e00f88e02000800020008000000"
    "0800040000000000080008000000000008000600000000000800120040100000080013005a000000080014005a00000008000f000000"
    "000008001000040000000800110000000000080015000400000008001600000000000800170000000000080018008e00000008001900"
    "2c010000140001005e0b000000000000150000000000000018000300000000000000000000000000000000001d0000002c0003005e0b"
    "00000000000015000000000000001d0000000000000000000000000000000000000000000000"
)
"""``tc qdisc add dev d0 root cake bandwidth 1000kbit diffserv3 nat``, after 9 packets of CS1 and LE, 4 and 8 of EF and
its like, of 100 bytes each.
"""


def test_a_cake_tells_of_its_tins() -> None:
    found = qdisc(0x80010000, ROOT, attributes(CAKE))
    assert (found.kind, found.handle, found.is_root) == ("cake", 0x8001, True)
    assert [(tin.packets, tin.bytes, tin.dropped) for tin in found.tins] == [(9, 1278, 0), (4, 496, 0), (8, 1136, 0)]
    assert found.counted == Counted(2910, 21)
    assert found.limit == 4 << 20


def test_what_is_no_message_tells_nothing() -> None:
    assert qdisc(0, 1, {}).kind == ""
    assert qdisc(0, 1, {1: b"cake\0", 7: b""}).tins == ()


def test_the_kernel_is_asked_once_until_somebody_forgets(lab: Namespace) -> None:
    lab.ip("link add d0 type veth peer name d1")
    lab.ip("link set d0 up")
    lab.run("tc", "qdisc", "add", "dev", "d0", "root", "handle", "1:", "htb", "default", "12")
    lab.run("tc", "class", "add", "dev", "d0", "parent", "1:", "classid", "1:12", "htb", "rate", "1mbit")
    lab.run("tc", "qdisc", "add", "dev", "d0", "parent", "1:12", "handle", "120:", "bfifo")
    [index] = [link.index for link in lab.netlink().links() if link.name == "d0"]
    found = Qdiscs(lab.path)
    assert [(one.kind, one.handle, one.is_root) for one in found.of(index)] == [
        ("htb", 1, True),
        ("bfifo", 0x120, False),
    ]
    lab.run("tc", "qdisc", "del", "dev", "d0", "root")
    assert found.of(index)
    found.forget()
    assert all(one.handle == 0 for one in found.of(index))
    assert found.of(4711) == []
