"""Device.VXLAN. on a kernel that has it: through a tunnel, with hostile text, with a refusal, over a restart."""

from collections.abc import Callable, Iterator

import pytest

from agent.model.coverage import coverage
from agent.model.data_model import Caller
from agent.model.errors import Refusals, Unavailable
from backends.tr181.vxlan import vxlan
from tests.backends.tr181.test_hostile_values import HOSTILE
from tests.backends.tunnels.bench import DECLARED, HOME, ISP, Bench, TunnelDevice
from tests.netlab.namespace import Namespace

TUNNEL = "Device.VXLAN.Tunnel."


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace]) -> Iterator[Bench]:
    made = Bench(make_namespace)
    yield made
    made.close()


def tunnel(device: TunnelDevice, remote: str, **values: str) -> tuple[str, str]:
    row = device.add(TUNNEL, RemoteEndpoints=remote, DeliveryHeaderProtocol="IPv4", Enable="1")
    return row, device.add(f"{row}Interface.", Enable="1", **values)


def test_frames_go_through_and_a_restart_touches_nothing(bench: Bench) -> None:
    assert vxlan in DECLARED
    device = bench.device()
    [found] = coverage(device.model.tree, ["VXLANBasic:1"], lambda _: "")
    assert found.missing == ()
    row, interface = tunnel(device, ISP, VNI="4711")
    name = device.get(f"{interface}Name")
    data = bench.told(name)["linkinfo"]["info_data"]
    assert (data["id"], data["remote"], data["local"], data["link"]) == (4711, ISP, HOME, "w0")
    bench.isp.ip(f"link add t0 type vxlan id 4711 local {ISP} remote {HOME} dstport 4789")
    bench.isp.ip("address add 10.5.5.2/24 dev t0")
    bench.isp.ip("link set t0 up")
    above = device.add("Device.IP.Interface.", LowerLayers=interface[:-1], Enable="1")
    device.add(f"{above}IPv4Address.", IPAddress="10.5.5.1", SubnetMask="255.255.255.0", Enable="1")
    assert bench.pings("10.5.5.2")
    assert (device.get(f"{row}Status"), device.get(f"{interface}Status")) == ("Enabled", "Up")
    assert int(device.get(f"{row}Stats.PacketsReceived")) > 0
    again = bench.device(device.store)
    assert again.writes() == 0
    again.delete(row)
    assert bench.told(name) == {}


def test_two_interfaces_cannot_take_the_same_packets_and_one_vni_is_told(bench: Bench) -> None:
    device = bench.device()
    row, _ = tunnel(device, ISP, VNI="7")
    other = device.add(f"{row}Interface.", VNI="7")
    assert device.refused({f"{other}Enable": "1"}) != {}
    device.set({f"{other}VNI": "8", f"{other}Enable": "1"})
    assert bench.told(device.get(f"{other}Name"))["linkinfo"]["info_data"]["id"] == 8


def test_what_the_kernel_refuses_leaves_everything_as_before(bench: Bench) -> None:
    bench.home.ip(f"link add other type vxlan id 9 local {HOME} remote {ISP} dstport 4789")
    device = bench.device()
    _, interface = tunnel(device, ISP, VNI="7")
    before = bench.home.ip("-d link")
    with pytest.raises(Refusals):
        device.set({f"{interface}VNI": "9"})
    assert device.get(f"{interface}VNI") == "7"
    assert bench.told(device.get(f"{interface}Name"))["linkinfo"]["info_data"]["id"] == 7
    assert before.count("vxlan id") == bench.home.ip("-d link").count("vxlan id")


@pytest.mark.slow
def test_no_text_in_a_writable_parameter_is_an_accident(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    device = bench.device()
    row, _ = tunnel(device, ISP, VNI="7")
    paths = [one.path for one in device.model.names(row, False, Caller.ACS) if one.writable]
    paths = [path for path in paths if not path.endswith((".", "Alias"))]
    assert len(paths) > 8
    accidents = []
    for path in paths:
        for text in (*HOSTILE, "$(id)", "a\nb", "a'b\"c", "host.example", "\0"):
            before = device.get(path)
            try:
                device.set({path: text})
            except Refusals as refusals:
                accidents += [f"{path} = {text!r}: {one}" for one in refusals.refusals if isinstance(one, Unavailable)]
                assert device.get(path) == before
    assert accidents == []
    assert [record.message for record in caplog.records if record.exc_info] == []
