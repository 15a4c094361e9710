"""Attributes are kept where they differ from the default, and survive a restart."""

import pytest

from agent.model.attributes import ParameterAttributes
from agent.model.errors import InvalidValue


def test_what_was_never_set_has_the_default() -> None:
    attributes = ParameterAttributes()

    assert attributes.notification("Device.X") is None
    assert attributes.access_list("Device.X") == ("Subscriber",)


def test_attributes_survive_a_restart() -> None:
    before = ParameterAttributes()
    before.set_notification("Device.X", 2)
    before.set_access_list("Device.Y", ())
    after = ParameterAttributes()
    after.restore(before.state())

    assert after.notified() == {"Device.X": 2}
    assert after.access_list("Device.Y") == ()


def test_attributes_of_a_deleted_row_go_with_it() -> None:
    attributes = ParameterAttributes()
    attributes.set_notification("Device.T.1.A", 1)
    attributes.set_notification("Device.T.10.A", 1)
    attributes.set_access_list("Device.T.1.A", ())
    attributes.drop("Device.T.1.")

    assert attributes.notified() == {"Device.T.10.A": 1}
    assert attributes.access_list("Device.T.1.A") == ("Subscriber",)


def test_a_rolled_back_transaction_leaves_attributes_as_they_were() -> None:
    attributes = ParameterAttributes()
    attributes.set_notification("Device.X", 1)
    attributes.begin()
    attributes.set_notification("Device.X", 2)
    attributes.set_access_list("Device.X", ())
    attributes.rollback()

    assert attributes.notified() == {"Device.X": 1}
    assert attributes.access_list("Device.X") == ("Subscriber",)


def test_a_backup_has_no_other_entities_and_levels_than_can_be_set_though_a_saved_document_may() -> None:
    attributes = ParameterAttributes()
    for wrong in ({"access": {"Device.X": ["x\n"]}}, {"notification": {"Device.X": 3}}):
        attributes.restore(wrong)  # our own, of an agent that looked less closely: it loads
        with pytest.raises(InvalidValue, match=r"Device\.X"):
            attributes.bring_back(wrong)
    attributes.bring_back({"access": {"Device.X": []}, "notification": {"Device.X": 2}})
    assert attributes.access_list("Device.X") == ()
