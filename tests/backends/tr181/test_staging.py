"""The network's refusals become the data model's."""

import pytest

from agent.model.errors import Denied, InvalidValue, ModelError, NotWritable
from backends.network.errors import Conflict, Fixed, NotManaged, Refused
from backends.network.plan import Change
from backends.tr181.staging import LinuxNetwork, model_refusals, parameters_of
from tests.backends.conftest import Bench


@pytest.mark.parametrize(("refused", "refusal"), [(NotManaged, Denied), (Conflict, InvalidValue), (Fixed, NotWritable)])
def test_each_refusal_has_its_word(refused: type[Refused], refusal: type[ModelError]) -> None:
    with pytest.raises(refusal) as caught, model_refusals():
        raise refused("because")
    assert caught.value.reason == "because"


def test_a_new_bridge_needs_a_name_that_is_managed(memory: Bench) -> None:
    with pytest.raises(Denied, match="no name for a new bridge"):
        LinuxNetwork(memory.netlink, memory.procfs, ["eth*"]).add_bridge()


def test_a_change_is_of_the_parameters_that_say_what_it_makes() -> None:
    link = Change(("link", "eth0"), {"mtu": 1500, "up": False}, {"mtu": 9000, "up": True})
    assert parameters_of(link) == {"MTU", "MaxMTUSize", "Enable"}
    assert "GatewayIPAddress" in parameters_of(Change(("route", "4", "default", "-", "-", "0", "blackhole"), None, {}))
    assert parameters_of(Change(("vlan", "eth0.7"), {}, None)) == set()
