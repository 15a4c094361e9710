"""The page as a part of the daemon, in namespaces: reachable from the home, never from outside."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent import page
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

__all__ = ["make_namespace"]
PORT = 8080

REACHED = """
import json, sys, http.client
try:
    one = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=float(sys.argv[3]))
    one.request("GET", "/api/v1/session")
    print(json.dumps(one.getresponse().status))
except OSError:
    print(0)
"""
ASK = """
import json, sys
from agent.web.agent_socket import AgentSocket
print(json.dumps(AgentSocket(sys.argv[1]).ask(sys.argv[2])))
"""


class Router:
    """A router with a WAN and a LAN, a neighbour on each, and the agent on it."""

    def __init__(self, make: Callable[[], Namespace], directory: Path, *, way_out: bool = True) -> None:
        self.here, self.wan, self.lan = make(), make(), make()
        for one in (self.here, self.wan, self.lan):
            one.ip("link set lo up")
        veth(self.here, "wan0", self.wan, "up0")
        veth(self.here, "lan0", self.lan, "down0")
        for where, link, address in (
            (self.here, "wan0", "10.9.0.2/24"), (self.wan, "up0", "10.9.0.1/24"),
            (self.here, "lan0", "192.168.1.1/24"), (self.lan, "down0", "192.168.1.9/24"),
        ):  # fmt: skip
            where.ip(f"address add {address} dev {link}")
        self.wan.ip("route add 192.168.1.0/24 via 10.9.0.2")
        if way_out:
            self.here.ip("route add default via 10.9.0.1")
        self.state, file = directory / "state", directory / "agent.toml"
        file.write_text(f"[connection_request]\nport = 0\n[web]\nport = {PORT}\n")
        command = [sys.executable, "-m", "agent", "run", "--config", str(file), "--state-dir", str(self.state)]
        root = str(Path(__file__).parents[1])
        self.log = directory / "log"
        with open(self.log, "wb") as log:
            self.agent = subprocess.Popen(self.here.command("env", "-C", root, *command), stderr=log)

    def reached(self, where: Namespace, address: str, patience: float = 10.0) -> int:
        """The status of a request from there, 0 when nobody answers."""
        found = where.python(REACHED, address, str(PORT), str(patience))
        assert isinstance(found, int)
        return found

    def until(self, condition: Callable[[], bool]) -> None:
        until(condition, self.log.read_text)

    def ask(self, verb: str) -> dict[str, object]:
        found = self.here.python(ASK, str(self.state / "control.sock"), verb)
        assert isinstance(found, dict)
        return found

    def close(self) -> None:
        self.agent.terminate()
        self.agent.wait(PATIENCE)


@pytest.mark.slow
def test_the_lan_reaches_it_and_the_wan_never_does_also_when_the_way_out_moves(
    make_namespace: Callable[[], Namespace], tmp_path: Path
) -> None:
    router = Router(make_namespace, tmp_path)
    try:
        router.until(lambda: router.reached(router.lan, "192.168.1.1") == 200)
        assert router.reached(router.here, "127.0.0.1") == 200
        assert router.reached(router.wan, "10.9.0.2", 1) == 0
        assert router.reached(router.wan, "192.168.1.1", 1) == 0  # the LAN's address, by the WAN's cable

        router.here.ip("route delete default")  # a way out that is gone for a while is none of the home's
        time.sleep(1)
        assert router.reached(router.wan, "10.9.0.2", 1) == 0
        assert router.reached(router.lan, "192.168.1.1") == 200

        told = router.ask("page_where")
        assert told["interfaces"] == ["lan0", "lo"]
        assert "http://192.168.1.1:8080/" in json.dumps(told)

        router.here.ip("route add default via 192.168.1.9")  # what led out before is not the home's for that
        router.until(lambda: router.ask("page_where")["interfaces"] == ["lo"])
        assert router.reached(router.wan, "10.9.0.2", 1) == router.reached(router.lan, "192.168.1.1", 1) == 0
    finally:
        router.close()


@pytest.mark.slow
def test_a_wan_that_has_its_address_before_its_route_is_none_of_the_home(
    make_namespace: Callable[[], Namespace], tmp_path: Path
) -> None:
    router = Router(make_namespace, tmp_path, way_out=False)
    try:
        router.until(lambda: router.reached(router.here, "127.0.0.1") == 200)
        router.until(lambda: "the page is not served on wan0: no cable is known" in router.log.read_text())
        assert router.reached(router.wan, "10.9.0.2", 1) == router.reached(router.lan, "192.168.1.1", 1) == 0

        router.here.ip("route add default via 10.9.0.1")
        router.until(lambda: router.reached(router.lan, "192.168.1.1", 1) == 200)
        assert router.reached(router.wan, "10.9.0.2", 1) == 0
    finally:
        router.close()


@pytest.mark.slow
def test_a_machine_with_one_interface_and_a_taken_port_goes_on(
    make_namespace: Callable[[], Namespace], tmp_path: Path
) -> None:
    one = make_namespace()
    one.ip("link set lo up")
    file, log = tmp_path / "agent.toml", tmp_path / "log"
    file.write_text(f"[connection_request]\nport = 0\n[web]\nport = {PORT}\n")
    hold = "import socket,sys\ns=socket.create_server(('',8080))\nprint('1',flush=True)\nsys.stdin.read()"
    holder = subprocess.Popen(one.command(sys.executable, "-c", hold), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    command = [sys.executable, "-m", "agent", "run", "--config", str(file), "--state-dir", str(tmp_path / "state")]
    with open(log, "wb") as out:
        agent = subprocess.Popen(one.command("env", "-C", str(Path(__file__).parents[1]), *command), stderr=out)
    try:
        until(lambda: "port 8080 on lo is taken" in log.read_text(), log.read_text)
        assert agent.poll() is None
        assert "runs; ACS not configured" in log.read_text()
    finally:
        agent.terminate()
        agent.wait(PATIENCE)
        holder.kill()
        holder.communicate()


@pytest.mark.slow
def test_a_page_that_is_off_is_not_loaded(tmp_path: Path) -> None:
    program = f"""
import pathlib, sys
from agent.wiring import Agent
from agent.settings import Loaded, Settings, State, Web
agent = Agent(Loaded(Settings(state=State(pathlib.Path({str(tmp_path)!r})), web=Web(enable=False))), boot=False)
agent.page.follow()
assert not [name for name in sys.modules if name.startswith("agent.web.")], sys.modules
assert "agent.page_asks" not in sys.modules
assert agent.page.facts()["problem"] == "the page is switched off"
assert "error" in agent.page.table["page_code"]({{}})
agent.control.stop()
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[1], timeout=PATIENCE)


def test_what_may_change_where_it_is_served_are_links_addresses_and_routes() -> None:
    assert {"link", "address", "route"} <= page.TOPICS
