"""The root's own parameters."""

from backends.tr181.root import DATA_MODEL_VERSION
from tests.backends.conftest import Bench
from tests.schemas import SHIPPED


def test_the_version_is_that_of_the_shipped_schema(memory: Bench) -> None:
    assert memory.device().get("Device.RootDataModelVersion") == DATA_MODEL_VERSION
    assert f"tr-181-{DATA_MODEL_VERSION.replace('.', '-')}-" in SHIPPED.name
