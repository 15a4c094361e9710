"""What moves files, built as the wiring builds it: policy, history, secrets and the verb."""

from typing import Any

import pytest

from agent.cwmp import management_server as ms
from agent.model.own_values import OwnValues
from agent.runtime.delivery import Delivery
from agent.runtime.endpoint import AcsEndpoint
from agent.runtime.events import Moment
from agent.transfer_service import Surroundings, TransferService
from agent.transfers.file_types import Outcome
from agent.transfers.mover import Way
from agent.transfers.orders import FileOrder
from agent.transfers.url_policy import UrlPolicy
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


def test_the_policy_is_that_of_the_management_server(house: House) -> None:
    order = FileOrder("http://files.example/x", "", "", FIRMWARE, 0, "", False, "")
    house.delivery.transfers.happened(order, Outcome(), NOON, NOON)
    assert house.delivery.events.pending == ()
    house.own.begin()
    house.own.stage(POLICY, True)
    house.own.commit()
    house.delivery.transfers.happened(order, Outcome(), NOON, NOON)
    assert [event.code for event in house.delivery.events.pending] == ["10 AUTONOMOUS TRANSFER COMPLETE"]


def test_the_verb_is_there(house: House) -> None:
    assert house.service.table["transfers"]({})["transfers"] == []
