"""The network's refusals become the data model's."""

import pytest

from agent.model.errors import Denied, InvalidValue, ModelError, NotWritable
from backends.network.errors import Conflict, Fixed, NotManaged, Refused
from backends.tr181.staging import LinuxNetwork, model_refusals
from tests.backends.conftest import Bench


@pytest.mark.parametrize(("refused", "refusal"), [(NotManaged, Denied), (Conflict, InvalidValue), (Fixed, NotWritable)])
def test_each_refusal_has_its_word(refused: type[Refused], refusal: type[ModelError]) -> None:
    with pytest.raises(refusal) as caught, model_refusals():
        raise refused("because")
    assert caught.value.reason == "because"


def test_a_new_bridge_needs_a_name_that_is_managed(memory: Bench) -> None:
    with pytest.raises(Denied, match="no name for a new bridge"):
        LinuxNetwork(memory.netlink, memory.procfs, ["eth*"]).add_bridge()
