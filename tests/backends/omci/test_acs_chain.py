"""The chain from the management server to the ACS: what it names, and every reason for which it names none."""

from collections.abc import Callable

import pytest

from backends.omci.acs_chain import AcsNamed, NoneNamed, Tag, follow
from backends.omci.queries import Got, NoEntity

URL = "https://acs.example.net:7547/cwmp/devices/ABCD"
Entities = dict[tuple[int, int], dict[int, bytes]]


def parts(text: bytes) -> dict[int, bytes]:
    """A large string: the number of parts, and the parts, filled with NUL."""
    cut = [text[at : at + 25].ljust(25, b"\0") for at in range(0, len(text), 25)]
    return {1: bytes([len(cut)]), **{2 + number: part for number, part in enumerate(cut)}}


def onu(**changes: object) -> Entities:
    """An ONU whose OLT has named an ACS, with entities changed: c340={1: b"…"}, or None for one that is missing."""
    entities: Entities = {
        (340, 3585): {1: b"\0", 2: b"\x80\0", 3: b"\x20\x64"},
        (137, 0x8000): {1: b"\0\1", 2: b"\0\1"},
        (157, 1): parts(URL.encode()),
        (148, 1): {
            1: b"\1",
            2: b"cpe".ljust(25, b"\0"),
            3: b"not-a-secret".ljust(25, b"\0"),
            4: b"acs".ljust(25, b"\0"),
            5: b"ignored".ljust(25, b"\0"),
        },
    }
    for name, change in changes.items():
        key = next(key for key in entities if key[0] == int(name[1:]))
        if change is None:
            del entities[key]
        else:
            assert isinstance(change, dict)
            entities[key] |= change
    return entities


def asking(entities: Entities) -> Callable[[int, int, int], Got]:
    def get(class_id: int, instance: int, mask: int) -> Got:
        if (class_id, instance) not in entities:
            raise NoEntity(f"no {class_id} {instance}")
        octets = entities[class_id, instance]
        return Got({index: value for index, value in octets.items() if 0x10000 >> index & mask})

    return get


def named(**changes: object) -> AcsNamed | NoneNamed:
    return follow(asking(onu(**changes)), 3585)


def test_url_credentials_and_tag_are_read_along_the_chain() -> None:
    assert named() == AcsNamed(URL, "cpe", "not-a-secret", "acs", "digest", Tag(100, 1, may_drop=False))


def test_the_password_is_in_no_representation() -> None:
    assert "not-a-secret" not in repr(named())


@pytest.mark.parametrize("length", [8, 24, 25, 26, 50, 375])
def test_a_url_of_any_length_ends_at_a_nul_or_on_the_border_of_a_part(length: int) -> None:
    url = "http://a".ljust(length, "a")
    got = named(c157=parts(url.encode()))
    assert isinstance(got, AcsNamed)
    assert got.url == url


def test_what_stands_behind_the_nul_does_not_belong_to_the_url() -> None:
    got = named(c157={2: b"http://acs\0 left from before"[:25], 1: b"\2"})
    assert isinstance(got, AcsNamed)
    assert got.url == "http://acs"


def test_a_second_user_name_counts_when_the_first_is_full() -> None:
    got = named(c148={2: b"u" * 25})
    assert isinstance(got, AcsNamed)
    assert got.username == "u" * 25 + "ignored"


@pytest.mark.parametrize(
    "changes", [{"c137": {1: b"\xff\xff"}}, {"c148": {1: b"\0"}}, {"c137": {1: b"\xff\xff"}, "c148": None}]
)
def test_without_a_method_there_are_no_credentials_and_the_url_counts(changes: dict[str, object]) -> None:
    assert named(**changes) == AcsNamed(URL, tag=Tag(100, 1, may_drop=False))


@pytest.mark.parametrize(
    ("tag", "read"),
    [(b"\xff\xff", None), (b"\x00\x07", Tag(7, 0, may_drop=False)), (b"\xf0\x01", Tag(1, 7, may_drop=True))],
)
def test_the_tag_is_priority_drop_and_vlan(tag: bytes, read: Tag | None) -> None:
    got = named(c340={3: tag})
    assert isinstance(got, AcsNamed)
    assert got.tag == read


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"c340": {1: b"\1"}}, "the management server is locked"),  # as it comes from the factory
        ({"c340": {2: b"\xff\xff"}}, "it points to no network address"),
        ({"c340": None}, "the ONU has no 340 3585"),
        ({"c340": {1: b""}}, "the ONU does not tell all of 340 3585"),
        ({"c137": None}, "the ONU has no 137 32768"),
        ({"c137": {2: b"\xff\xff"}}, "it points to no URL"),
        ({"c157": None}, "the ONU has no 157 1"),
        ({"c157": {1: b"\0"}}, "the text of the URL has 0 parts"),
        ({"c157": {1: b"\x10"}}, "the text of the URL has 16 parts"),
        ({"c157": {1: b"\3"}}, "the ONU does not tell all of 157 1"),
        ({"c157": {2: b"ftp://acs".ljust(25, b"\0")}}, "what stands for the URL is none of http or https"),
        ({"c157": {2: b"https://".ljust(25, b"\0")}}, "what stands for the URL is none of http or https"),
        ({"c157": {2: b"http://[::1".ljust(25, b"\0")}}, "what stands for the URL is none"),
        ({"c157": {2: b"http://a:99999".ljust(25, b"\0")}}, "what stands for the URL is none"),
        ({"c157": {2: b"http://a b".ljust(25, b"\0")}}, "the URL has characters that it cannot have"),
        ({"c157": {2: b"\xff" * 25}}, "the URL is no text"),
        ({"c148": None}, "the ONU has no 148 1"),
        ({"c148": {1: b"\2"}}, "the validation scheme 2 is none that is known"),
        ({"c148": {3: b"\xff" * 25}}, "the password is no text"),
        ({"c148": {2: b"a\nb".ljust(25, b"\0")}}, "the user name has characters that it cannot have"),
    ],
)
def test_whatever_is_locked_null_missing_or_no_url_names_none_and_says_why(
    changes: dict[str, object], reason: str
) -> None:
    assert named(**changes) == NoneNamed(reason)


def test_a_chain_that_changes_while_it_is_read_names_none() -> None:
    entities = onu()
    get = asking(entities)

    def changing(class_id: int, instance: int, mask: int) -> Got:
        got = get(class_id, instance, mask)
        if class_id == 148:
            entities[340, 3585][1] = b"\1"
        return got

    assert follow(changing, 3585) == NoneNamed("the OLT changed it while it was read")
