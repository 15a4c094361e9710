"""The whole agent on a home router with OpenWrt: what its tree says, and what reading it costs."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.bench.forks import forks_of
from tests.bench.home import ALONE, PROCESS
from tests.openwrt.home_router import PROJECT
from tests.waiting import HANGS

pytestmark = pytest.mark.slow
PATIENCE = 200
Report = dict[str, Any]
NOT_INSTALLED = "Device.Routing.RIP."
COUNTED_BY_NOBODY = {"Device.QoS.QueueStats.{i}.DroppedBytes"}
IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def report() -> Report:
    """What the agent told, and what was seen of it."""
    user = () if IS_ROOT else ("--user", "--map-root-user")
    command = ["unshare", *user, *ALONE, sys.executable, "-m", "tests.bench.home", "--report"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=PROJECT, check=False)
    assert done.returncode == 0, done.stderr
    found: Report = json.loads(done.stdout.splitlines()[-1])
    return found


def test_its_tree_has_more_than_600_parameters_beside_those_of_processes(report: Report) -> None:
    assert len([path for path in report["values"] if not path.startswith(PROCESS)]) >= 600


def test_it_says_what_the_router_s_configuration_does(report: Report) -> None:
    said = set(report["values"].values())
    assert {"br-lan", "192.168.1.1", "192.168.1.249", "192.168.1.20", "203.0.113.10"} <= said


def test_reading_it_forks_nothing(report: Report) -> None:
    if report["forks"] is None:
        pytest.skip("no strace here (apt-get install strace)")
    assert report["forks"] == []


def test_reading_it_asks_each_question_of_the_bus_once_at_most(report: Report) -> None:
    assert "network.interface dump" in report["asked"]
    assert report["most asked"] <= 1


def test_reading_it_writes_nothing_and_tells_no_service(report: Report) -> None:
    assert (report["written"], report["told"]) == ([], [])


def test_nothing_goes_wrong_meanwhile(report: Report) -> None:
    assert [line for line in report["log"] if "the ACS is reached by http://" not in line] == []


def test_whatever_a_gateway_s_profiles_miss_has_a_reason(report: Report) -> None:
    missing = [missing for profile in report["coverage"]["profiles"] for missing in profile["missing"]]
    assert [one["path"] for one in missing if not one["reason"]] == []


def test_what_every_home_router_has_is_whole(report: Report) -> None:
    by_name = {profile["name"]: profile for profile in report["coverage"]["profiles"]}
    whole = ("management", "Wi-Fi", "IP services")
    names = [name for group in report["coverage"]["groups"] if group["name"] in whole for name in group["profiles"]]
    found = {one["path"] for name in names for one in by_name[name]["missing"]}
    assert {path for path in found if not path.startswith(NOT_INSTALLED)} <= COUNTED_BY_NOBODY


def test_the_page_is_not_loaded_where_it_is_switched_off(report: Report) -> None:
    assert "agent.wiring" in report["modules"]
    assert [name for name in report["modules"] if name.startswith("agent.web")] == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [("import os; os.getpid()", 0), ("import subprocess; subprocess.run(['/bin/true'])", 2),
     ("import threading; t = threading.Thread(target=print); t.start(); t.join()", 0),
     ("import os\nif not os.fork(): os._exit(0)\nos.wait()", 1)],
)  # fmt: skip
def test_a_fork_is_seen_and_a_thread_is_none(code: str, expected: int) -> None:
    if not any(os.access(f"{folder}/strace", os.X_OK) for folder in os.environ["PATH"].split(":")):
        pytest.skip("no strace here (apt-get install strace)")
    script = f"import sys\nsys.stdin.readline()\n{code}\n"
    command = [sys.executable, "-c", script]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process,
        forks_of(process.pid) as made,
    ):
        process.communicate(b"\n", timeout=HANGS)
    assert len(made) == expected, made


def test_of_what_plain_linux_needs_nothing_is_loaded_and_of_pyroute2_its_messages_only(report: Report) -> None:
    loaded = set(report["modules"])
    assert loaded & {"backends.dnsmasq", "backends.tr181.lan", "backends.dhcp_client.delegated"} == set()
    of_pyroute2 = {name for name in loaded if name.startswith("pyroute2")}
    messages = ("pyroute2.netlink", "pyroute2.common", "pyroute2.config")
    assert [name for name in of_pyroute2 if not name.startswith(messages)] == []
