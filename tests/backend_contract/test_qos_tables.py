"""Shapers of Device.QoS. are the same to an ACS whether queues of ours hold what leaves, or OpenWrt's sqm does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.openwrt.qos.qdiscs import Qdisc
from backends.traffic_control import Counted
from tests.backends.openwrt.qos.device import QosRouter
from tests.backends.tr181.test_qos import QosDevice
from tests.netlab.gateway import Gateway
from tests.netlab.namespace import Namespace

SHAPER = "Device.QoS.Shaper."


class OnOpenWrt(QosRouter):
    """sqm shapes at once what it is told to."""

    def __init__(self, directory: Path, **more: Any) -> None:
        super().__init__(directory, "\n", **more)
        self.wan, self.lan = self.interface("wan"), self.interface("br-lan")

    def get(self, path: str) -> str:
        self.uci.forget()
        on = [one.text("interface") for one in self.uci.read("sqm").sections if one.text("enabled") == "1"]
        self.queues.links = {link: [Qdisc("cake", 1, is_root=True, counted=Counted())] for link in on}
        return super().get(path)


@pytest.fixture(params=["linux", pytest.param("openwrt", marks=pytest.mark.slow)])
def device(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "openwrt":
        yield OnOpenWrt(tmp_path)
        return
    make_namespace: Callable[[], Namespace] = request.getfixturevalue("make_namespace")
    made = QosDevice(Gateway(make_namespace))
    yield made
    made.procfs.close()


def test_a_new_one_is_off_and_lacks_an_interface(device: Any) -> None:
    path = device.add(SHAPER)
    told = {"Enable": "false", "Status": "Disabled", "Interface": "", "ShapingRate": "-1", "ShapingBurstSize": "0"}
    assert {name: device.get(path + name) for name in told} == told
    device.set({f"{path}Enable": "1"})
    assert device.get(f"{path}Status") == "Error_Misconfigured"


def test_one_that_is_whole_shapes_and_shapes_no_more(device: Any) -> None:
    path = device.add(SHAPER, Interface=device.wan, ShapingRate="4000000", Enable="1")
    assert device.get(f"{path}Status") == "Enabled"
    device.set({f"{path}ShapingRate": "8000000", f"{path}Alias": "ours"})
    assert device.get(f"{SHAPER}[ours].ShapingRate") == "8000000"
    device.set({f"{path}Enable": "0"})
    assert device.get(f"{path}Status") == "Disabled"
    device.set({f"{path}Enable": "1", f"{path}Interface": device.lan})
    assert (device.get(f"{path}Status"), device.get(f"{path}Interface")) == ("Enabled", device.lan)
    device.delete(path)
    assert device.get("Device.QoS.ShaperNumberOfEntries") == "0"


def test_one_that_holds_nothing_is_as_good_as_made(device: Any) -> None:
    path = device.add(SHAPER, Interface=device.wan, Enable="1")
    assert (device.get(f"{path}ShapingRate"), device.get(f"{path}Status")) == ("-1", "Enabled")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ShapingRate", "-2"),
        ("ShapingRate", "fast"),
        ("ShapingRate", "9" * 10_000),
        ("ShapingRate", "\u0661\u0660\u0660\u0660"),
        ("ShapingBurstSize", "-1"),
        ("Interface", "Device.QoS.Queue.1"),
        ("Interface", "x'; $(reboot)"),
        ("Enable", "\x00"),
    ],
)
def test_what_cannot_be_is_refused(device: Any, name: str, text: str) -> None:
    path = device.add(SHAPER)
    assert device.refused({path + name: text}) == {path + name: "InvalidValue"}
