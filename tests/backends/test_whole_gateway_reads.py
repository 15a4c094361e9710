"""What a reading of the whole tree costs: each table and each file is read once, and no process is started."""

import re
import shutil
from collections import Counter

import pytest

from tests.backends.whole_gateway import Crossing, Traced, WholeGateway, gateway
from tests.netlab.fixtures import make_namespace

__all__ = ["gateway", "make_namespace"]

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

OPENED = re.compile(r'openat\(AT_FDCWD, "([^"]+)"')
MORE_THAN_ONCE = re.compile(r"/proc/\d+/(stat|comm)|.*/dhcp\.leases|/etc/localtime")
"""A daemon of ours as one of the processes and as itself; what dnsmasq writes in place, read again when unfinished;
the C library's own for a line of the log."""
DUMP = 0x300
DUMPED = re.compile(r'nlmsg_type=(0x[0-9a-f]+|\w+).*?nlmsg_flags=([^,]+),[^}]*\}(?:, "([^"]*))?')
LISTED = "0xa0a"
"""NFT_MSG_GETOBJ of nfnetlink's subsystem 10, one for each listing of a table of ours."""
OF_EACH_FAMILY = {"0x1a", "0x15", "0x1e"}
"""Routes of IPv4 and of IPv6, sockets of UDP and TCP, neighbours and who is behind a bridge: by the request's body."""


def test_the_whole_tree_is_read_with_one_dump_of_each_kind_and_without_a_process(gateway: WholeGateway) -> None:
    crossing = Crossing(gateway)
    assert gateway.set(crossing.values).state == "done"
    gateway.quiet()
    calls = "sendto,sendmsg,execve,fork,vfork,clone,clone3,openat"
    with Traced(gateway.agent.pid, calls) as traced:
        tree = gateway.agent.values("Device.")
    assert len(tree) > 1000
    assert crossing.values.items() <= tree.items()
    dumps: Counter[tuple[str, str]] = Counter()
    for line in traced.lines("nlmsg_flags"):
        kind, flags, body = DUMPED.findall(line)[0]
        if hex(DUMP) in flags:
            dumps[kind, body if kind in OF_EACH_FAMILY else ""] += 1
    assert len(dumps) > 8, "it is not understood what strace prints"
    assert {kind: times for kind, times in dumps.items() if times > 1} == {}
    assert dumps[LISTED, ""] == 1
    files = Counter(found[1] for line in traced.lines("openat(") if (found := OPENED.search(line)))
    assert len(files) > 50
    assert {path for path, times in files.items() if times > 1 and not MORE_THAN_ONCE.fullmatch(path)} == set()
    assert len(traced.lines("dhcp.leases")) <= 3
    assert traced.lines("execve(", "fork(", "clone(", "clone3(") == []
