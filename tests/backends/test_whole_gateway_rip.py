"""RIP by the whole agent: a learned route is told to the ACS, and outlives the agent that had it learned."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.programs import Program
from tests.backends.whole_gateway import WholeGateway
from tests.netlab.fixtures import make_namespace
from tests.netlab.gateway import OUTSIDE, STRANGER
from tests.netlab.namespace import Namespace
from tests.netlab.rip_speaker import RipSpeaker
from tests.waiting import PATIENCE, until

__all__ = ["make_namespace"]

RIP = "Device.Routing.RIP."
COUNT = "Device.Routing.Router.1.IPv4ForwardingNumberOfEntries"
ACTIVE = 2
DENIED = 9001

pytestmark = pytest.mark.skipif(
    shutil.which("bird", path="/usr/sbin:/usr/bin:/sbin") is None, reason="bird is not installed"
)


@pytest.mark.slow
def test_a_learned_route_is_told_to_the_acs_and_outlives_the_agent(
    tmp_path: Path, make_namespace: Callable[[], Namespace]
) -> None:
    try:
        made = WholeGateway(tmp_path, make_namespace)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    with made as gateway:
        stand, acs = gateway.stand, gateway.stand.acs
        row = gateway.add(f"{RIP}InterfaceSetting.")
        values = {"Interface": gateway.interface("wan0"), "Enable": True, "AcceptRA": True}
        wanted = {f"{RIP}Enable": True, **{row + name: one for name, one in values.items()}}
        other = RipSpeaker(gateway.router, "wan0", OUTSIDE, tmp_path)
        try:
            until(lambda: ":520" in gateway.router.run("ss", "-uln"))
            refused = gateway.set(wanted)
            assert {one["path"]: one["code"] for one in refused.result["parameters"]}[f"{row}Enable"] == DENIED
            assert any("has UDP port 520 on wan0" in line for line in stand.log_lines())
        finally:
            other.close()
        assert gateway.set(wanted).state == "done"
        stand.done(gateway.agent, "SetParameterAttributes", parameters={COUNT: {"notification": ACTIVE}})
        gateway.quiet()
        expected = str(int(gateway.agent.values(COUNT)[COUNT]) + 1)
        seen = len(acs.informs)
        speaker = RipSpeaker(gateway.places.wan, "up0", STRANGER, tmp_path, ["198.51.100.0/24@2"])
        try:
            inform = acs.wait_for_inform("4 VALUE CHANGE", after=seen, timeout=PATIENCE)
            assert inform.parameters[COUNT] == expected
            origins = gateway.agent.values("Device.Routing.Router.1.IPv4Forwarding.*.Origin").values()
            assert list(origins).count("RIP") == 1
            program = Program("bird", stand.state / "services/rip")
            process = program.pid()
            gateway.agent.kill()
            gateway.agent = stand.start()
            assert gateway.agent.values(f"{row}Status") == {f"{row}Status": "Enabled"}
            assert program.pid() == process
            assert "198.51.100.0/24 via 203.0.113.1" in gateway.router.ip("route")
            assert gateway.set({f"{RIP}Enable": False}).state == "done"
            until(lambda: program.pid() is None)
            assert "proto bird" not in gateway.router.ip("route")
        finally:
            speaker.close()
