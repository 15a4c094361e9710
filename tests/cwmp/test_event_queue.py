"""Events: single and multiple, who acknowledges them, how long they stay, what is durable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cwmp.event_queue import (
    BOOT,
    BOOTSTRAP,
    CONNECTION_REQUEST,
    HEARTBEAT,
    KINDS,
    M_REBOOT,
    M_SCHEDULE_INFORM,
    MOST_AWAITING_REBOOT,
    MOST_PENDING,
    PERIODIC,
    SCHEDULED,
    TRANSFER_COMPLETE,
    VALUE_CHANGE,
    EventQueue,
    Kept,
    Kind,
)
from agent.model.errors import ResourcesExceeded

VENDOR = "X 0A1B2C Configuration Restored"
ADDRESS = "Device.IP.Interface.1.IPv4Address.1.IPAddress"


def queue_of(*codes: str) -> EventQueue:
    queue = EventQueue()
    for code in codes:
        queue.occurred(code)
    return queue


def codes(queue: EventQueue, *, retrying: bool = False) -> list[str]:
    return [event.code for event in queue.for_inform(retrying=retrying)]


def after_restart(queue: EventQueue) -> EventQueue:
    return EventQueue.load(json.loads(json.dumps(queue.dump())))


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.multiple], ids=lambda kind: kind.code)
def test_a_single_event_is_told_once_however_often_it_occurs(kind: Kind) -> None:
    assert codes(queue_of(kind.code, kind.code, kind.code)) == [kind.code]


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.multiple], ids=lambda kind: kind.code)
def test_a_multiple_event_is_told_as_often_as_it_occurred_each_with_its_key_beside_the_event_it_brings(
    kind: Kind,
) -> None:
    queue = EventQueue()
    queue.occurred(kind.code, "one")
    queue.occurred(kind.code, "two")
    told = [(event.code, event.command_key) for event in queue.for_inform()]
    assert told == [(kind.brings, ""), (kind.code, "one"), (kind.code, "two")]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_each_event_is_acknowledged_by_the_response_of_its_row_and_by_no_other(kind: Kind) -> None:
    queue = EventQueue()
    queue.occurred(kind.code, "key" if kind.multiple else "")
    queue.answered("GetRPCMethodsResponse", "key")
    assert kind.code in codes(queue)
    queue.informed(queue.for_inform())
    assert (kind.code in codes(queue)) == (kind.acknowledged_by != "InformResponse")
    queue.answered(kind.acknowledged_by, "key")
    assert len(queue) == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_a_reboot_leaves_what_is_kept_until_delivered_only(kind: Kind) -> None:
    queue = EventQueue()
    queue.occurred(kind.code)
    queue.rebooted()
    assert (kind.code in codes(queue)) == (kind.kept is Kept.UNTIL_DELIVERED)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_after_a_failed_session_everything_but_a_connection_request_is_told_again_and_survives_a_restart(
    kind: Kind,
) -> None:
    queue = queue_of(kind.code)
    queue.failed(queue.for_inform())
    assert (kind.code in codes(queue)) == (kind.code != CONNECTION_REQUEST)
    assert (kind.code in codes(after_restart(queue))) == (kind.code not in (CONNECTION_REQUEST, HEARTBEAT))


def test_bootstrap_discards_all_others_and_what_comes_later_joins_it() -> None:
    queue = queue_of(PERIODIC, VALUE_CHANGE, TRANSFER_COMPLETE)
    queue.occurred(BOOTSTRAP)
    queue.occurred(BOOT)
    assert codes(queue) == [BOOTSTRAP, BOOT]


def test_another_acs_is_first_contact_and_the_same_acs_is_not() -> None:
    queue = queue_of(PERIODIC)
    assert queue.acs_is("https://acs.example/")
    assert codes(queue) == [BOOTSTRAP]
    queue.informed(queue.for_inform())
    assert [queue.acs_is("https://acs.example/"), queue.acs_is("")] == [False, False]
    queue = after_restart(queue)
    assert (queue.acs_is("https://acs.example/"), codes(queue)) == (False, [])
    assert (queue.acs_is("https://other.example/"), codes(queue)) == (True, [BOOTSTRAP])


def test_a_device_that_starts_for_the_first_time_says_both_in_either_order() -> None:
    queue = queue_of(BOOT, PERIODIC)
    queue.acs_is("https://acs.example/")
    assert codes(queue) == [BOOTSTRAP, BOOT]
    queue = EventQueue()
    queue.acs_is("https://acs.example/")
    queue.occurred(BOOT)
    assert codes(queue) == [BOOTSTRAP, BOOT]


def test_what_could_not_be_saved_is_taken_back() -> None:
    queue = EventQueue()
    queue.occurred(VALUE_CHANGE, paths=["A.B"])
    before, told = queue.checkpoint(), queue.for_inform()
    queue.occurred(VALUE_CHANGE, paths=["A.C"])
    queue.acs_is("https://acs.example/")
    queue.back_to(before)
    assert (codes(queue), queue.changed_paths) == ([VALUE_CHANGE], ("A.B",))
    queue.informed(told)
    assert len(queue) == 0


def test_an_inform_lists_numbers_first_then_methods_then_vendor_events() -> None:
    queue = queue_of(VENDOR, M_SCHEDULE_INFORM, CONNECTION_REQUEST, VALUE_CHANGE)
    assert codes(queue) == [SCHEDULED, VALUE_CHANGE, CONNECTION_REQUEST, M_SCHEDULE_INFORM, VENDOR]


def test_an_inform_has_at_most_64_events_and_the_rest_follows_in_the_next() -> None:
    queue = EventQueue()
    for number in range(100):
        queue.occurred(M_SCHEDULE_INFORM, f"key {number}")
    first = queue.for_inform()
    queue.informed(first)
    second = queue.for_inform()
    assert (len(first), len(second)) == (64, 37)
    assert [event.command_key for event in (*first, *second) if event.command_key] == [f"key {n}" for n in range(100)]


def test_the_queue_is_bounded() -> None:
    queue = queue_of(*[M_SCHEDULE_INFORM] * (MOST_PENDING - 1))
    with pytest.raises(ResourcesExceeded):
        queue.occurred(M_REBOOT, "one too many")
    queue.occurred(BOOT)
    assert codes(after_restart(queue))[:2] == [BOOT, SCHEDULED]


def test_reboots_that_were_promised_leave_room_for_other_events() -> None:
    queue = EventQueue()
    for number in range(MOST_AWAITING_REBOOT):
        queue.occurred(M_REBOOT, str(number), after_reboot=True)
    with pytest.raises(ResourcesExceeded):
        queue.occurred(M_REBOOT, "one too many", after_reboot=True)
    queue.occurred(M_SCHEDULE_INFORM, "key")
    assert codes(queue) == [SCHEDULED, M_SCHEDULE_INFORM]


def test_an_event_that_occurs_again_before_the_inform_is_answered_is_told_once_more() -> None:
    queue = queue_of(PERIODIC)
    told = queue.for_inform()
    queue.occurred(PERIODIC)
    queue.informed(told)
    assert codes(queue) == [PERIODIC]


def test_a_connection_request_during_a_session_that_fails_still_gets_a_session() -> None:
    queue = queue_of(CONNECTION_REQUEST)
    told = queue.for_inform()
    queue.occurred(CONNECTION_REQUEST)
    queue.failed(told)
    assert codes(queue) == [CONNECTION_REQUEST]


def test_a_value_change_keeps_its_parameters_until_acknowledged_and_those_that_changed_meanwhile_longer() -> None:
    queue = EventQueue()
    queue.occurred(VALUE_CHANGE, paths=["A.1", "A.2"])
    told = queue.for_inform()
    queue.occurred(VALUE_CHANGE, paths=["A.2", "A.3"])
    assert queue.changed_paths == ("A.1", "A.2", "A.3")
    queue.informed(told)
    assert queue.changed_paths == ("A.2", "A.3")
    queue.informed(queue.for_inform())
    assert (queue.changed_paths, len(queue)) == ((), 0)


def test_a_value_change_survives_a_restart_with_its_parameters_but_not_a_reboot() -> None:
    queue = EventQueue()
    queue.occurred(VALUE_CHANGE, paths=[ADDRESS])
    restarted = after_restart(queue)
    assert restarted.changed_paths == (ADDRESS,)
    restarted.rebooted()
    assert (len(restarted), restarted.changed_paths) == (0, ())


def test_passive_changes_open_no_session_but_ride_along() -> None:
    queue = EventQueue()
    queue.occurred(VALUE_CHANGE, paths=[ADDRESS])
    assert not queue.opens_session(is_active=lambda path: False)
    assert queue.opens_session(is_active=lambda path: path == ADDRESS)
    queue.occurred(PERIODIC)
    assert queue.opens_session(is_active=lambda path: False)
    assert codes(queue) == [PERIODIC, VALUE_CHANGE]


def test_only_a_session_for_value_changes_alone_may_be_throttled() -> None:
    queue = queue_of(VALUE_CHANGE)
    assert queue.only_notifies(queue.for_inform())
    queue.occurred(BOOT)
    assert not queue.only_notifies(queue.for_inform())


def test_a_heartbeat_goes_alone_after_the_others_and_waits_while_a_session_is_retried() -> None:
    queue = queue_of(HEARTBEAT, PERIODIC)
    assert codes(queue) == [PERIODIC]
    queue.informed(queue.for_inform())
    assert codes(queue, retrying=True) == []
    assert codes(queue) == [HEARTBEAT]


def test_a_heartbeat_does_not_wait_for_notifications_which_may_be_held_back() -> None:
    queue = queue_of(VALUE_CHANGE, HEARTBEAT)
    assert codes(queue) == [HEARTBEAT]
    assert codes(queue, retrying=True) == [VALUE_CHANGE]
    queue.informed(queue.for_inform())
    assert codes(queue) == [VALUE_CHANGE]


def test_a_heartbeat_that_failed_is_what_its_own_retry_tells() -> None:
    queue = queue_of(HEARTBEAT)
    queue.failed(queue.for_inform())
    assert codes(queue, retrying=True) == [HEARTBEAT]
    queue.occurred(PERIODIC)
    assert codes(queue, retrying=True) == [PERIODIC]


def test_the_answer_to_a_transfer_acknowledges_its_own_method_and_the_last_one_also_the_event() -> None:
    queue = EventQueue()
    queue.occurred("M Download", "a")
    queue.occurred("M Upload", "b")
    queue.answered("TransferCompleteResponse", "b")
    assert [(event.code, event.command_key) for event in queue.pending] == [
        (TRANSFER_COMPLETE, ""),
        ("M Download", "a"),
    ]
    queue.answered("TransferCompleteResponse", "a")
    assert len(queue) == 0


def test_m_reboot_is_told_after_the_reboot_only() -> None:
    queue = EventQueue()
    queue.occurred(M_REBOOT, "why", after_reboot=True)
    assert (codes(queue), queue.awaits_reboot, queue.opens_session(lambda path: True)) == ([], True, False)
    restarted = after_restart(queue)
    assert restarted.awaits_reboot
    restarted.rebooted()
    restarted.occurred(BOOT)
    assert not restarted.awaits_reboot
    assert [(event.code, event.command_key) for event in restarted.for_inform()] == [(BOOT, ""), (M_REBOOT, "why")]


def test_a_promised_factory_reset_is_remembered_until_it_happened() -> None:
    queue = queue_of(PERIODIC)
    queue.occurred(BOOTSTRAP, after_reboot=True)
    assert (after_restart(queue).awaits_factory_reset, codes(queue)) == (True, [])
    queue.rebooted()
    assert (queue.awaits_factory_reset, codes(queue)) == (False, [BOOTSTRAP])


def test_periodic_sessions_that_succeed_leave_the_document_as_it_is() -> None:
    queue = EventQueue()
    before = queue.dump()
    for _ in range(3):
        queue.occurred(PERIODIC)
        assert queue.dump() == before
        queue.informed(queue.for_inform())
        assert queue.dump() == before


def test_a_vendor_event_is_known_by_its_form_and_nothing_else_is_an_event() -> None:
    assert codes(queue_of(VENDOR)) == [VENDOR]
    for code in ("X acme Thing", "15 MADE UP", "M Nothing", "", "4 value change"):
        with pytest.raises(ValueError, match="no such event"):
            EventQueue().occurred(code)


def test_only_method_events_carry_a_command_key_of_32_characters_at_most() -> None:
    for code, key in ((PERIODIC, "key"), (M_REBOOT, "k" * 33)):
        with pytest.raises(ValueError, match="command key"):
            EventQueue().occurred(code, key)


GOOD = {"code": BOOT, "command_key": "", "awaits_reboot": False, "changed": []}


@pytest.mark.parametrize(
    "events",
    [
        {},
        ["1 BOOT"],
        [{}],
        [GOOD, GOOD],
        [GOOD] * 1000,
        [GOOD | {"code": "99 NONE"}],
        [GOOD | {"code": 1}],
        [GOOD | {"command_key": "k"}],
        [GOOD | {"code": M_REBOOT, "command_key": "k" * 33}],
        [GOOD | {"changed": ["A.B"]}],
        [GOOD | {"code": VALUE_CHANGE, "changed": [1]}],
        [GOOD | {"code": VALUE_CHANGE, "changed": "A.B"}],
        [GOOD | {"awaits_reboot": 1}],
        [GOOD | {"more": 1}],
    ],
)
def test_a_document_that_no_queue_wrote_is_refused(events: object) -> None:
    EventQueue.load({"acs": "", "events": [GOOD]})
    for document in (events, {"acs": "", "events": events}, {"acs": None, "events": []}, None):
        with pytest.raises(ValueError, match=r"."):
            EventQueue.load(document)


steps = st.lists(
    st.one_of(
        st.sampled_from([("occur", code) for code in (*KINDS, VENDOR)]),
        st.sampled_from([("inform", ""), ("fail", ""), ("restart", ""), ("reboot", "")]),
    ),
    max_size=40,
)


@given(steps)
def test_no_event_that_must_be_delivered_is_ever_lost(history: list[tuple[str, str]]) -> None:
    """Whatever happens in between: a multiple event is told until it is acknowledged, and then no more."""
    queue, expected, number = EventQueue(), dict[str, str](), 0
    for step, code in history:
        if step == "occur":
            number += 1
            key = f"{number}" if code in KINDS and KINDS[code].multiple else ""
            if code == BOOTSTRAP:
                expected.clear()
            if key:
                expected[key] = code
            queue.occurred(code, key)
        elif step == "inform":
            told = queue.for_inform()
            queue.informed(told)
            for event in told:
                if event.command_key and KINDS[event.code].acknowledged_by == "InformResponse":
                    del expected[event.command_key]
        elif step == "fail":
            queue.failed(queue.for_inform())
        elif step == "restart":
            queue = after_restart(queue)
        else:
            queue.rebooted()
    assert {event.command_key: event.code for event in queue.pending if event.command_key} == expected


def test_what_is_put_off_asks_for_no_session_until_it_occurs_anew() -> None:
    queue = queue_of(TRANSFER_COMPLETE)
    queue.occurred("M Download", "one")
    put_off = queue.pending
    assert not queue.opens_session(lambda _: True, put_off)
    before = queue.latest
    queue.occurred("M Download", "two")
    assert queue.latest > before
    assert queue.opens_session(lambda _: True, put_off)


def test_what_nobody_can_acknowledge_any_more_is_withdrawn() -> None:
    queue = queue_of(BOOT, "9 REQUEST DOWNLOAD")
    queue.occurred("M Download", "one")
    queue.occurred("M ChangeDUState", "two")
    queue.withdraw(("TransferCompleteResponse", "RequestDownloadResponse"))
    assert codes(queue) == [BOOT, "11 DU STATE CHANGE COMPLETE", "M ChangeDUState"]
