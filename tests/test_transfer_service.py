"""What moves files, built as the wiring builds it: policy, history, secrets and the verb."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from agent.cwmp import management_server as ms
from agent.model.own_values import OwnValues
from agent.runtime.delivery import Delivery
from agent.runtime.endpoint import AcsEndpoint
from agent.runtime.events import Moment
from agent.runtime.transfers import Moved
from agent.transfer_service import Surroundings, TransferService, homes
from agent.transfers.file_types import Outcome
from agent.transfers.mover import Way
from agent.transfers.orders import FileOrder
from agent.transfers.url_policy import UrlPolicy
from backends.faults import Event
from backends.netlink_types import Address, RouteTo
from tests.fakes.documents import Documents
from tests.fakes.transfers import FIRMWARE, Depot

NOON = 1_772_362_800.0
POLICY = "ManagementServer.AutonomousTransferCompletePolicy.Enable"


class House:
    def __init__(self) -> None:
        self.own = OwnValues(ms.DEFAULTS, {})
        self.delivery = Delivery(Documents(), "boot", Moment(0.0, NOON))
        self.noted: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        self.service = TransferService(
            self.delivery,
            Surroundings(
                self.own,
                UrlPolicy,
                lambda: Way(AcsEndpoint("http://acs.example/")),
                lambda: 0,
                lambda: Moment(0.0, NOON),
                lambda *told, **fields: self.noted.append((told, fields)),
                lambda text: text.replace("secret", "***"),
            ),
        )
        Depot().register(self.service.types)

    def ends(self, code: int, text: str = "") -> None:
        queue = self.delivery.transfers
        order = FileOrder("http://files.example/x?token=1", "user", "secret", FIRMWARE, 0, "", False, "key")
        one = queue.add(order, "Download", 0.0, NOON)
        assert self.service.secrets == ("secret",)
        queue.begins(one, NOON)
        queue.has_failed(one.id, Outcome(code, text), 0.0, NOON)


@pytest.fixture
def house() -> House:
    return House()


def test_the_history_has_each_transfer_without_its_secrets(house: House) -> None:
    house.ends(9016, "no secret there")
    [(told, fields)] = house.noted
    assert told == ("transfer", FIRMWARE, "1 Firmware Upgrade Image could not be fetched: no *** there")
    assert (fields["code"], fields["command_key"], fields["url"]) == (9016, "key", "http://files.example/x")
    assert house.service.secrets == ()


def test_a_file_that_came_and_was_refused_is_not_said_to_have_stayed_away(house: House) -> None:
    queue = house.delivery.transfers
    order = FileOrder("http://files.example/x", "", "", FIRMWARE, 0, "", False, "key")
    one = queue.add(order, "Download", 0.0, NOON)
    queue.begins(one, NOON)
    queue.has_arrived(one.id, "/there", 4, "digest")
    queue.has_failed(one.id, Outcome(9019, "its signature is by no key"), 0.0, NOON)
    [(told, _)] = house.noted
    assert told[2] == "1 Firmware Upgrade Image could not be used: its signature is by no key"


def test_who_cancelled_a_transfer_is_in_the_history(house: House) -> None:
    queue = house.delivery.transfers
    order = FileOrder("http://files.example/x", "", "", FIRMWARE, 0, "", False, "key")
    for method in ("Download", "Download", ""):
        queue.add(order, method, 0.0, NOON)
    queue.cancel_one("1")
    queue.cancel_one("3")
    queue.is_told("1")
    queue.cancel("key")
    assert house.noted == [], "it is not saved yet"
    queue.tell_cancelled()
    assert [(told[2], fields["code"]) for told, fields in house.noted] == [
        (f"{FIRMWARE} could not be fetched: cancelled on the device", 9001),
        (f"{FIRMWARE} cancelled on the device", 0),
        (f"{FIRMWARE} cancelled by the ACS", 0),
    ]


def test_the_status_counts_what_waits_shows_what_is_moved_and_how_the_last_one_ended(house: House) -> None:
    queue, event = house.delivery.transfers, Event(1, "9", "transfer", "", "could not be fetched", "", NOON)
    assert house.service.status([]) == {"queued": 0, "to_be_told": 0, "active": None, "last": None}
    order = FileOrder("http://files.example/x", "", "", FIRMWARE, 4000, "", False, "key")
    first = queue.add(order, "Download", 0.0, NOON)
    queue.add(order, "Download", 0.0, NOON)
    queue.begins(first, NOON)
    house.service.operation.progress = Moved(first.id, 1000, None, 1.0)
    status = house.service.status([replace(event, fields={"code": 9016}), replace(event, identifier="8")])
    assert (status["queued"], status["to_be_told"]) == (1, 0)
    active = {"id": first.id, "file_type": FIRMWARE, "state": "moving", "done": 1000, "total": 4000}
    assert status["active"] == active
    assert status["last"] == {"at": "2026-03-01T11:00:00Z", "text": "could not be fetched", "code": 9016}
    queue.has_failed(first.id, Outcome(9016, "not there"), 0.0, NOON)
    assert (house.service.status([])["to_be_told"], house.service.status([])["active"]) == (1, None)


def test_the_policy_is_that_of_the_management_server(house: House) -> None:
    order = FileOrder("http://files.example/x", "", "", FIRMWARE, 0, "", False, "")
    house.delivery.transfers.happened(order, Outcome(), NOON, NOON)
    assert house.delivery.events.pending == ()
    house.own.begin()
    house.own.stage(POLICY, True)
    house.own.commit()
    house.delivery.transfers.happened(order, Outcome(), NOON, NOON)
    assert [event.code for event in house.delivery.events.pending] == ["10 AUTONOMOUS TRANSFER COMPLETE"]


def mechanisms(outside: frozenset[str], management: str = "mgmt") -> Any:
    addresses = [
        Address("lo", 4, "127.0.0.1", 8),
        Address("wan", 4, "203.0.113.9", 24),
        Address("lan", 4, "192.168.1.1", 24),
        Address("lan", 6, "2001:db8:1::1", 64),
        Address("mgmt", 4, "10.0.0.5", 24),
    ]
    return SimpleNamespace(
        network=SimpleNamespace(outside=lambda: outside),
        netlink=SimpleNamespace(addresses=lambda: addresses),
        management_path=lambda: RouteTo(management, "10.0.0.5"),
    )


def test_the_home_is_what_is_on_links_that_lead_neither_outside_nor_to_the_acs() -> None:
    found = {str(one) for one in homes(mechanisms(frozenset({"wan"})))}
    assert found == {"127.0.0.0/8", "192.168.1.0/24", "2001:db8:1::/64"}
    assert list(homes(mechanisms(frozenset()))) == []  # who knows no way out cannot tell what is home


def test_the_only_link_of_a_machine_is_no_home() -> None:
    """A bench: its default route leads where its file server is."""
    found = {str(one) for one in homes(mechanisms(frozenset({"wan", "lan"}), "lan"))}
    assert found == {"127.0.0.0/8", "10.0.0.0/24"}
