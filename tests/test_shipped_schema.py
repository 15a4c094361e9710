"""What the product is shipped with is one schema: TR-181, and the product's own objects beside it."""

import json

from agent.model.schema import Schema
from agent.shipped import shipped
from agent.shipped_schema import OWN, shipped_schema


def test_the_products_own_objects_stand_beside_those_of_tr_181() -> None:
    schema = shipped_schema()
    assert schema.parameter("Device.DeviceInfo.UpTime")
    values = schema.parameter("Device.DeviceInfo.ProcessStatus.X_CPEAGENT_History.Values")
    assert values
    assert values.access == "readOnly"


def test_what_is_the_products_own_says_so_in_its_name() -> None:
    own = Schema.from_document(json.loads(shipped(OWN).read_text()), OWN)
    for path in own.parameters:
        assert ".X_CPEAGENT_" in path, path
