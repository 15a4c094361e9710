"""The type of a file decides where it goes to and comes from; a name or a path of the ACS's never does."""

import pytest

from agent.model.errors import Denied, InvalidArguments, ModelError
from agent.transfers.file_types import CONFIGURATION, DOWNLOADS, FIRMWARE, FileTypes, Outcome
from agent.transfers.orders import FileOrder
from tests.fakes.transfers import Cupboard, Depot

OWN = "X 00D09E Certificate"


@pytest.fixture
def types() -> FileTypes:
    found = FileTypes()
    Depot().register(found)
    return found


def test_what_is_registered_can_be_moved_and_nothing_else(types: FileTypes) -> None:
    types.check(FIRMWARE, is_upload=False)
    types.check("1 Vendor Configuration File", is_upload=True)
    for name in DOWNLOADS:
        if name not in (FIRMWARE, CONFIGURATION):
            with pytest.raises(Denied, match="no use"):
                types.check(name, is_upload=False)


@pytest.mark.parametrize(
    "name", ["", "1", "Firmware Upgrade Image", "6 Other", "/etc/passwd", OWN, "1 Firmware Upgrade Image ", "X"]
)
def test_a_type_that_nobody_knows_is_a_mistake(types: FileTypes, name: str) -> None:
    for is_upload in (False, True):
        with pytest.raises(InvalidArguments):
            types.check(name, is_upload=is_upload)


def test_logs_and_configurations_are_sent_by_instance(types: FileTypes) -> None:
    types.check("4 Vendor Log File 2", is_upload=True)
    for name in ("4 Vendor Log File", "4 Vendor Log File 0", "4 Vendor Log File 02", "4 Vendor Log File 1.5"):
        with pytest.raises(ModelError):
            types.check(name, is_upload=True)
    with pytest.raises(Denied):
        types.check("3 Vendor Configuration File 1", is_upload=True)


def test_vendors_have_types_of_their_own_and_replace_ours(types: FileTypes) -> None:
    mine = Cupboard()
    types.register_upload(OWN, mine)
    types.register_upload("1 Vendor Configuration File", mine)
    assert types.source(OWN) is mine
    assert types.source("1 Vendor Configuration File") is mine
    assert OWN in types.names[1]
    with pytest.raises(ValueError, match="no file type"):
        types.register_upload("Certificate", mine)


def test_what_has_to_prove_itself_is_asked_after(types: FileTypes) -> None:
    order = FileOrder("", "", "", FIRMWARE, 0, "", False, "")
    assert types.outcome("firmware", order) is None
    assert types.outcome("nobody's", order) == Outcome(), "nobody will ever say otherwise"
