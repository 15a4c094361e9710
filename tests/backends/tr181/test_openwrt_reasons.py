"""What is not there on OpenWrt is told in the words of its packages."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from backends.tr181.absent import reasons
from backends.tr181.openwrt_reasons import NEEDS, openwrt_reasons, worded
from backends.tr181.parts import Machine, Part
from backends.tr181.services import SERVICES
from tests.backends.whole_device import device_in_memory

NOTHING: Any = None


def test_what_openwrt_s_daemons_have_not_is_theirs(tmp_path: Path) -> None:
    given = device_in_memory(tmp_path)[0].mechanisms
    made = Machine(given, [lambda mechanisms: openwrt_reasons(mechanisms, NOTHING)])
    assert "dropbear" in reasons(made.mechanisms)["Device.SSH.Server.{i}.AccessLog."]


def test_a_service_that_cannot_be_says_which_package_it_needs(tmp_path: Path) -> None:
    given = replace(device_in_memory(tmp_path)[0].mechanisms, lacks={"Device.X.": "kept"})
    made = Machine(given, [worded(lambda _: None, "wired_supplicants")])
    assert made.mechanisms.lacks == {"Device.X.": "kept", "Device.IEEE8021x.": NEEDS["wired_supplicants"][0]}


def test_one_that_can_be_is_the_same(tmp_path: Path) -> None:
    part = Part("x", {})
    assert worded(lambda _: part, "host_access")(device_in_memory(tmp_path)[0].mechanisms) is part


def test_the_services_are_some_of_any_linux() -> None:
    assert {*NEEDS} <= {one.name for one in SERVICES}
