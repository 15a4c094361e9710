"""The firewall is open for connection requests while there is an ACS, and to whom the setting says."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.request_door import Facts, RequestDoor
from backends.errors import MechanismError
from backends.fw4_door import Fw4Door, Opening

HOME = "192.0.2.7"


def nobody(arguments: Sequence[str], given: str = "") -> str:
    """The program nft where the firewall is off."""
    raise MechanismError("nft ended with status 1: Error: No such file or directory")


def opened(file: Path) -> list[str]:
    """What is let in by the file that fw4 includes."""
    found = file.read_text().splitlines() if file.exists() else []
    return [line.partition("elements = { ")[2].partition(" }")[0] for line in found if "elements" in line]


@pytest.mark.parametrize(
    ("facts", "open_to"),
    [
        (Facts("", "https://acs/", 7547, HOME), []),
        (Facts("open", "", 7547, HOME), []),
        (Facts("open", "https://acs/", 0, HOME), []),
        (Facts("open", "https://acs/", 7547, ""), ["tcp . 7547"]),
        (Facts("acs", "https://acs/", 7547, HOME), [f"{HOME} . tcp . 7547"]),
        (Facts("acs", "https://acs/", 7547, ""), []),
        (Facts("open", "https://acs/", 0, HOME, (Opening(7, HOME, "udp"),)), [f"{HOME} . udp . 7"]),
        (Facts("", "https://acs/", 7547, HOME, (Opening(7, HOME, "udp"),)), []),
    ],
)
def test_it_opens_only_while_there_is_an_acs_and_only_as_far_as_asked(
    tmp_path: Path, facts: Facts, open_to: list[str]
) -> None:
    door = RequestDoor(Fw4Door(tmp_path / "fw/requests.nft", nobody), lambda: facts)
    while door.due(1.0) is not None:
        door.act(1.0)
    assert opened(tmp_path / "fw/requests.nft") == open_to


def test_it_follows_the_acs_and_shuts_behind_the_last(tmp_path: Path) -> None:
    now = [Facts("acs", "https://acs/", 7547, HOME)]
    door = RequestDoor(Fw4Door(tmp_path / "requests.nft", nobody), lambda: now[0])
    seen = []
    for facts in (now[0], now[0]._replace(acs="2001:db8::1"), now[0]._replace(url="")):
        now[0] = facts
        assert door.due(5.0) == 5.0
        door.act(5.0)
        assert door.due(5.0) is None
        seen.append(opened(tmp_path / "requests.nft"))
    assert seen == [[f"{HOME} . tcp . 7547"], ["2001:db8::1 . tcp . 7547"], []]
