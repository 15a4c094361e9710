"""The UUIDs of deployment units."""

import uuid

from agent.modules.uuids import NOBODY, is_uuid, uuid_of


def test_only_what_has_the_form_of_the_schema_is_one() -> None:
    assert is_uuid("0b3f0c52-55c8-5e0c-9f40-0b6d8d0a7b11")
    assert is_uuid("0B3F0C52-55C8-5E0C-9F40-0B6D8D0A7B11")
    assert is_uuid(NOBODY)
    for wrong in (
        "",
        "0b3f0c5255c85e0c9f400b6d8d0a7b11",
        "{0b3f0c52-55c8-5e0c-9f40-0b6d8d0a7b11}",
        "x" * 36,
        f"{NOBODY}\n",
    ):
        assert not is_uuid(wrong)


def test_one_that_is_made_follows_from_vendor_and_name_alone() -> None:
    made = uuid_of("Example.com", "greeter")
    assert made == uuid_of("example.com", "greeter")
    assert uuid.UUID(made).version == 5
    assert made != uuid_of("example.com", "parrot") != uuid_of("example.org", "greeter")
