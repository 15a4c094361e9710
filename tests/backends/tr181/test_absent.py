"""What is not on this machine is said so, and only where it is so."""

from types import SimpleNamespace
from typing import Any

import pytest

from agent.model.coverage import Reasons
from backends.kernel_features import PPPOE, VLANS
from backends.tr181 import absent
from backends.tr181.mechanisms import Mechanisms
from tests.schemas import shipped_schema


def given(**mechanisms: Any) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(nothing, nothing, nothing, nothing, nothing, nothing, nothing, links=nothing, **mechanisms)


def wifi_with(access_points: bool, end_points: bool) -> Any:
    """A radio's service where these programs are installed."""
    return SimpleNamespace(service=SimpleNamespace(has_access_points=access_points, has_end_points=end_points))


def test_every_reason_is_about_a_part_of_the_data_model() -> None:
    known = [*shipped_schema().objects, *shipped_schema().parameters]
    for path in [*absent.NO_SUCH_THING, *absent.NEEDS, *absent.WIFI, *absent.KERNEL]:
        assert any(one.startswith(path) for one in known), path


def test_a_mechanism_that_is_there_needs_no_reason() -> None:
    without = absent.reasons(given())
    for path, (name, why) in absent.NEEDS.items():
        assert without[path] == why
        there = wifi_with(True, True) if name == "wifi" else object()
        assert path not in absent.reasons(given(**{name: there}))


def test_a_radio_without_the_programs_that_use_it_tells_which_is_missing() -> None:
    told = absent.reasons(given(wifi=wifi_with(False, True)))
    assert told["Device.WiFi.AccessPoint."] == "hostapd is not installed (package hostapd)"
    assert "Device.WiFi.EndPoint." not in told
    told = absent.reasons(given(wifi=wifi_with(True, False)))
    assert told["Device.WiFi.EndPoint."] == "wpa_supplicant is not installed (package wpasupplicant)"
    assert "Device.WiFi.AccessPoint." not in told


@pytest.mark.parametrize("profile", ["TWAMPReflectorBasic:1"])
def test_of_what_this_system_does_not_have_every_parameter_has_a_reason(profile: str) -> None:
    demanded = shipped_schema().profile(profile)
    assert demanded is not None
    known = Reasons(absent.reasons(given()))
    paths = [path + name for path, part in demanded.objects.items() for name in part.parameters]
    assert [path for path in paths if not known.of(path)] == []


def test_a_kind_of_tunnel_that_the_kernel_lacks_is_told() -> None:
    service: Any = type("Tunnels", (), {"kinds": frozenset({"gre"})})()
    told = absent.reasons(given(tunnels=service))
    assert "Device.GRE." not in told
    assert told["Device.VXLAN."] == "the kernel makes no links of kind vxlan for the agent"
    assert "Device.GRE." in absent.reasons(given())


def test_what_the_kernel_lacks_is_told_before_a_package_that_would_not_help() -> None:
    told = absent.reasons(given(kernel_lacks=frozenset({VLANS, PPPOE})))
    assert "kernel" in told["Device.PPP."]
    lacking = Reasons(told)
    for path in shipped_schema().parameters:
        if path.startswith(("Device.Ethernet.VLAN", "Device.Bridging.Bridge.{i}.VLAN", "Device.PPP.")):
            assert lacking.of(path), path
    assert not Reasons(absent.reasons(given())).of("Device.Ethernet.VLANTermination.{i}.Enable")
    assert "package ppp" in absent.reasons(given())["Device.PPP."]


def test_a_machine_of_another_kind_has_reasons_of_its_own() -> None:
    told = absent.without(given(lacks={"Device.QoS.": "sqm-scripts is not installed"}))
    assert told["Device.QoS."] == "sqm-scripts is not installed"
