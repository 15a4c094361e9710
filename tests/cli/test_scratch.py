"""A namespace of one's own: what is changed there, nobody else sees."""

import os
import subprocess
import sys

from tests.waiting import HANGS

SCRIPT = """
import socket, subprocess
from agent.cli import scratch

def state():
    return subprocess.run(["ip", "-br", "link", "show", "lo"], capture_output=True, text=True).stdout.split()[1]

scratch.enter()
print([name for _, name in socket.if_nameindex()][0], state())
print(scratch.has_address("127.0.0.1"), scratch.has_address("192.0.2.1"))
scratch.set_up("lo", up=False)
print(state())
try:
    scratch.set_up("nosuch0", up=True)
except OSError as error:
    print(error.strerror)
scratch.set_up("lo", up=True)
scratch.take_address("lo")
print(scratch.has_address("127.0.0.1"))
"""


def test_the_namespace_has_its_own_loopback_and_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=HANGS)

    assert done.stdout.splitlines() == ["lo UNKNOWN", "True False", "DOWN", "No such device", "False"], done.stderr


def test_where_namespaces_are_forbidden_it_says_so() -> None:
    script = (
        "import ctypes, sys\n"
        "from agent.cli import scratch\n"
        "class Kernel:\n"
        "    def unshare(self, flags):\n"
        "        ctypes.set_errno(1)\n"
        "        return -1\n"
        "scratch.ctypes.CDLL = lambda *a, **k: Kernel()\n"
        "try:\n"
        "    scratch.enter()\n"
        "except scratch.NotAllowed as why:\n"
        "    print(why)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=HANGS)

    assert done.stdout == "unshare: Operation not permitted\n", done.stderr
    assert os.path.exists("/proc/self/ns/net")
