"""What the ACS still has to hear outlives the agent; what cannot be read starts anew, alone."""

import json

import pytest

from agent.cwmp.event_queue import MOST_PENDING
from agent.runtime.delivery import DOCUMENT, Delivery
from agent.runtime.events import Moment
from agent.transfers.orders import FileOrder
from tests.cwmp.small_device import ACS
from tests.fakes.documents import Documents
from tests.fakes.transfers import FIRMWARE, Depot

NOW = Moment(1000.0, None)


def delivery(documents: Documents, boot: str = "boot 1", forced: bool = False, acs: str = ACS) -> Delivery:
    made = Delivery(documents, boot, NOW)
    made.started(forced, acs)
    return made


def codes(one: Delivery) -> list[str]:
    return [event.code for event in one.events.for_inform()]


def told(documents: Documents) -> None:
    """The ACS has heard everything."""
    one = delivery(documents)
    one.events.informed(one.events.for_inform())
    one.save()


def test_a_first_start_is_first_contact_and_a_boot() -> None:
    assert codes(delivery(Documents())) == ["0 BOOTSTRAP", "1 BOOT"]


def test_without_an_acs_there_is_only_the_boot_and_the_acs_comes_later() -> None:
    one = delivery(Documents(), acs="")
    assert codes(one) == ["1 BOOT"]
    one.events.acs_is(ACS)
    assert codes(one) == ["0 BOOTSTRAP", "1 BOOT"]


def test_a_plain_restart_is_no_boot_a_new_kernel_and_a_forced_one_are() -> None:
    documents = Documents()
    told(documents)

    assert codes(delivery(documents)) == []
    assert codes(delivery(documents, boot="boot 2")) == ["1 BOOT"]
    assert codes(delivery(documents, forced=True)) == ["1 BOOT"]


def test_another_acs_in_the_settings_is_first_contact() -> None:
    documents = Documents()
    told(documents)

    assert codes(delivery(documents, acs="http://other.example/")) == ["0 BOOTSTRAP"]


def test_a_boot_that_was_not_told_is_told_after_a_restart() -> None:
    documents = Documents()
    delivery(documents).save()

    assert codes(delivery(documents)) == ["0 BOOTSTRAP", "1 BOOT"]


def test_nothing_is_written_without_news() -> None:
    documents = Documents()
    told(documents)
    one = delivery(documents)
    saves = documents.saves
    one.save()
    one.events.occurred("2 PERIODIC")
    one.save()

    assert documents.saves == saves


@pytest.mark.parametrize("part", ["events", "known", "scheduled"])
def test_a_part_that_cannot_be_read_starts_anew_and_the_others_are_kept(part: str) -> None:
    documents = Documents()
    told(documents)
    one = delivery(documents)
    one.scheduled.add(60, "kept", NOW.monotonic, None)
    one.notifications.follow({"Device.A": 2}, lambda paths: dict.fromkeys(paths, "x"))
    one.save()
    document = json.loads(documents.texts[DOCUMENT])
    document[part] = "nonsense"
    documents.texts[DOCUMENT] = json.dumps(document)

    after = delivery(documents)

    assert bool(codes(after)) == (part == "events")
    assert len(after.scheduled) == (0 if part == "scheduled" else 1)
    assert after.notifications.dump() == ({} if part == "known" else {"Device.A": "x"})


def test_a_document_of_another_shape_is_a_first_start() -> None:
    documents = Documents()
    documents.texts[DOCUMENT] = "[1, 2]"

    assert codes(delivery(documents)) == ["0 BOOTSTRAP", "1 BOOT"]


def asked(one: Delivery, *keys: str) -> Delivery:
    """Downloads with these keys have ended."""
    Depot().register(one.transfers.types)
    for key in keys:
        order = FileOrder("http://files.example/x", "", "", FIRMWARE, 0, "", False, key)
        transfer = one.transfers.add(order, "Download", 1000.0, None)
        one.transfers.was_sent(transfer.id, None)
    return one


def test_transfers_and_their_events_are_one_document() -> None:
    documents = Documents()
    told(documents)
    asked(delivery(documents), "one", "two").save()

    again = delivery(documents)
    assert codes(again) == ["7 TRANSFER COMPLETE", "M Download", "M Download"]
    assert [one.order.command_key for one in again.transfers.all] == ["one", "two"]
    assert codes(delivery(documents, acs="http://other.example/")) == ["0 BOOTSTRAP"]


@pytest.mark.parametrize("broken", ["transfers", "events"])
def test_where_one_of_both_is_lost_there_is_no_event_without_its_request(broken: str) -> None:
    documents = Documents()
    told(documents)
    asked(delivery(documents), "one").save()
    document = json.loads(documents.texts[DOCUMENT])
    document[broken] = {"what": "?"}
    documents.texts[DOCUMENT] = json.dumps(document)

    again = delivery(documents)
    has_it = "7 TRANSFER COMPLETE" in codes(again)
    assert has_it == (broken == "events")
    assert bool(again.transfers.all) == has_it


def test_where_many_events_wait_the_one_for_all_transfers_has_to_do() -> None:
    one = delivery(Documents())
    for number in range(MOST_PENDING):
        one.events.occurred("M ScheduleInform", str(number)) if len(one.events) < MOST_PENDING else None
    asked(one, "one")
    pending = [event.code for event in one.events.pending]
    assert "7 TRANSFER COMPLETE" in pending
    assert "M Download" not in pending
