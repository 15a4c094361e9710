"""What the ACS still has to hear outlives the agent; what cannot be read starts anew, alone."""

import json

import pytest

from agent.runtime.delivery import DOCUMENT, Delivery
from agent.runtime.events import Moment
from tests.cwmp.small_device import ACS
from tests.fakes.documents import Documents

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
