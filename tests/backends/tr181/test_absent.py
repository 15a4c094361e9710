"""What is not on this machine is said so, and only where it is so."""

from typing import Any

from backends.tr181 import absent
from backends.tr181.mechanisms import Mechanisms
from tests.schemas import shipped_schema


def given(**mechanisms: Any) -> Mechanisms:
    nothing: Any = None
    return Mechanisms(nothing, nothing, nothing, nothing, nothing, nothing, nothing, links=nothing, **mechanisms)


def test_every_reason_is_about_a_part_of_the_data_model() -> None:
    known = [*shipped_schema().objects, *shipped_schema().parameters]
    for path in [*absent.NO_SUCH_THING, *absent.NEEDS]:
        assert any(one.startswith(path) for one in known), path


def test_a_mechanism_that_is_there_needs_no_reason() -> None:
    without = absent.reasons(given())
    for path, (name, why) in absent.NEEDS.items():
        assert without[path] == why
        assert path not in absent.reasons(given(**{name: object()}))


def test_a_kind_of_tunnel_that_the_kernel_lacks_is_told() -> None:
    service: Any = type("Tunnels", (), {"kinds": frozenset({"gre"})})()
    told = absent.reasons(given(tunnels=service))
    assert "Device.GRE." not in told
    assert told["Device.VXLAN."] == "the kernel makes no links of kind vxlan for the agent"
    assert "Device.GRE." in absent.reasons(given())
