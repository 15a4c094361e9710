"""Shapers, queues and DSCPs of /etc/config/sqm, read and written."""

from pathlib import Path

import pytest

from backends.desired_state import Pointer
from backends.openwrt.qos.sqm import pointer_in, text_of
from tests.backends.openwrt.qos.device import DELIVERED, QOS, QosRouter

pytestmark = pytest.mark.slow

FIRST = f"{QOS}Shaper.1."


def test_a_person_s_section_is_edited_in_place(tmp_path: Path) -> None:
    router = QosRouter(tmp_path)
    assert router.get(f"{FIRST}ShapingRate") == "10000000"
    router.set({f"{FIRST}Enable": "1", f"{FIRST}ShapingRate": "8000000"})
    assert router.sqm == DELIVERED.replace("enabled '0'", "enabled '1'", 1).replace("upload '10000'", "upload '8000'")
    router.set({f"{FIRST}ShapingRate": "-1", f"{FIRST}Enable": "0"})
    assert router.sqm == DELIVERED.replace("upload '10000'", "upload '0'")
    assert router.get(f"{FIRST}ShapingRate") == "-1"


def test_a_section_of_the_agent_s_is_whole(tmp_path: Path) -> None:
    router = QosRouter(tmp_path)
    path = router.shaper(Interface=router.interface("br-lan"), ShapingRate="4000000", Enable="1")
    new = router.sqm.removeprefix(DELIVERED)
    told = {"enabled": "1", "upload": "4000", "download": "0", "qdisc": "cake", "script": "piece_of_cake.qos",
            "linklayer": "none", "interface": "br-lan"}  # fmt: skip
    for option, value in told.items():
        assert f"\toption {option} '{value}'\n" in new
    assert router.find(f"{QOS}Queue.", Interface=router.interface("br-lan"), DropAlgorithm="BLUE")
    router.delete(path)
    assert router.sqm == DELIVERED


def test_one_without_a_link_waits_for_it(tmp_path: Path) -> None:
    router = QosRouter(tmp_path)
    path = router.shaper(Enable="1")
    assert (router.get(f"{path}Enable"), router.get(f"{path}Status")) == ("true", "Error_Misconfigured")
    assert "option enabled '0'" in router.sqm.removeprefix(DELIVERED)
    router.set({f"{path}Interface": router.interface("br-lan")})
    assert "cpe_enable" not in router.sqm
    assert "option enabled '1'" in router.sqm.removeprefix(DELIVERED)
    router.set({f"{path}Interface": ""})
    assert (router.get(f"{path}Enable"), router.get(f"{path}Interface")) == ("true", "")


def test_the_row_that_was_named_is_the_one_that_is_read(tmp_path: Path) -> None:
    router = QosRouter(tmp_path)
    port = router.find("Device.Ethernet.Link.", Name="wan").removesuffix(".")
    router.set({f"{FIRST}Interface": port})
    assert router.again().get(f"{FIRST}Interface") == port
    assert "option interface 'wan'" in router.sqm
    router.write("sqm", router.sqm.replace("interface 'wan'", "interface 'br-lan'"))
    router.model.forget()
    assert router.get(f"{FIRST}Interface") == router.interface("br-lan"), "a person has led it elsewhere"
    router.set({f"{FIRST}Interface": router.interface("wan")})
    assert "cpe_interface" not in router.sqm


def test_codepoints_are_shown_while_all_links_are_shaped_alike(tmp_path: Path) -> None:
    router = QosRouter(tmp_path)
    assert router.tree(f"{QOS}Classification.") == {}, "two schemes and none of them on"
    router.set({f"{FIRST}Enable": "1"})
    row = router.find(f"{QOS}Classification.", DSCPCheck="46")
    assert router.get(f"{row}TrafficClass") == "3"
    assert router.get(f"{row}AllInterfaces") == "true"
    voice = router.find(f"{QOS}Queue.", TrafficClasses="3", Interface=router.interface("wan"))
    assert router.get(f"{voice}Precedence") == "1"
    router.set({f"{QOS}Shaper.2.Enable": "1"})
    assert router.tree(f"{QOS}Classification.") == {}


@pytest.mark.parametrize(
    "text", ["", "config queue\n", "config queue 'a'\n\toption upload 'fast'\n\toption enabled 'yes'\n"]
)
def test_what_says_nothing_is_no_trouble(tmp_path: Path, text: str) -> None:
    router = QosRouter(tmp_path, text or "\n")
    rates = [value for name, value in router.tree(f"{QOS}Shaper.").items() if name.endswith("ShapingRate")]
    assert rates == ["2302000"] * text.count("config"), "what the script takes without"
    assert "true" not in [value for name, value in router.tree(f"{QOS}Shaper.").items() if name.endswith("Enable")]


@pytest.mark.parametrize("pointer", [Pointer("Device.A.{i}.", ("b",)), Pointer("Device.A.{i}.B.{i}.", ("b", "c"))])
def test_a_row_is_kept_as_a_text(pointer: Pointer) -> None:
    assert pointer_in(text_of(pointer)) == pointer
    assert pointer_in("") is pointer_in("Device.A.{i}.") is pointer_in("Device.A.{i}. b c") is None
    assert text_of(None) == ""
