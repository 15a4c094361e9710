"""SupportedDataModel names a document that is there, and is the one whose UUID it tells."""

from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from agent.model.tree import Tree
from backends.tr181.root import root
from backends.tr181.supported_data_model import supported_data_model
from tests.backends.small_device import SmallDevice
from tests.backends.whole_device import device_in_memory

ROW = "Device.DeviceInfo.SupportedDataModel.1."


class Device(SmallDevice):
    def __init__(self, folder: Path) -> None:
        nothing = device_in_memory(folder)[0].mechanisms
        super().__init__([*root(nothing), *supported_data_model(self.supported, folder / "a b")])

    def supported(self) -> Tree:
        return self.model.tree


def test_the_url_leads_to_the_document_of_that_uuid(tmp_path: Path) -> None:
    told = Device(tmp_path).tree(ROW)
    file = Path(unquote(urlsplit(told["URL"]).path))
    document = ET.fromstring(file.read_text())
    assert document.get("uuid") == told["UUID"]
    assert told["URN"] == "urn:broadband-forum-org:tr-181-2-19-1-cwmp"
    assert told["Features"] == ""
    assert 'ref="SupportedDataModelNumberOfEntries"' in file.read_text(), "it describes itself as well"


def test_it_stays_the_same_over_restarts(tmp_path: Path) -> None:
    before = Device(tmp_path).tree(ROW)
    assert Device(tmp_path).tree(ROW) == before
    assert len(list((tmp_path / "a b").iterdir())) == 1


def test_a_place_that_cannot_be_written_is_no_accident(tmp_path: Path) -> None:
    (tmp_path / "a b").write_text("a file")
    assert Device(tmp_path).get(f"{ROW}UUID")
