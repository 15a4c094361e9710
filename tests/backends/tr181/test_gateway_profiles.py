"""The table of a gateway's profiles names profiles of the data model, each once."""

from backends.tr181.gateway_profiles import GATEWAY_PROFILES
from tests.schemas import shipped_schema


def test_every_name_is_a_profile_and_stands_once() -> None:
    names = [name for some in GATEWAY_PROFILES.values() for name in some]
    assert len(names) == len(set(names))
    assert [name for name in names if shipped_schema().profile(name) is None] == []
