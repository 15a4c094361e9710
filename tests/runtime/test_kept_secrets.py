"""What the saved model keeps secret is known, and nothing else of it."""

from pathlib import Path
from typing import Any

import pytest

from agent.runtime.kept_secrets import KeptSecrets
from agent.runtime.redactor import Redactor
from agent.runtime.store import FileStore

OWN = {
    "ManagementServer.Password": {"file": None, "value": "of the ACS", "by": {"source": "person"}},
    "X_VENDOR.Key": {"value": "of a vendor"},
    "ManagementServer.Username": {"value": "device"},
}
RECORDS = {
    "AccessPoint": {
        "1": {"passphrase": "of the radio", "pre_shared_key": "ab" * 32, "ssid": "home", "wps_pin": "12345670"},
        "pin": {"ssid": "guests", "radius_secret": "", "keys_token": ["first", 2]},
    },
    "PppInterface": {"2": {"username": "subscriber", "password": "of the line"}},
}
DOCUMENT: dict[str, Any] = {
    "version": 1,
    "backends": {"own": OWN, "wifi": {"next": 3, "records": RECORDS}, "list": [{"secret": "in a list"}, 1]},
    "attributes": {"access": {"Device.ManagementServer.Password": ["Subscriber"]}},
}
SECRETS = {"of the ACS", "of a vendor", "of the radio", "ab" * 32, "12345670", "first", "of the line", "in a list"}


def made() -> KeptSecrets:
    redactor = Redactor(lambda path: path == "Device.X_VENDOR.Key")
    return KeptSecrets(lambda name: redactor.is_secret(f"Device.{name}"))


def test_what_is_saved_under_a_secrets_name_is_known_from_the_start_and_with_each_change(tmp_path: Path) -> None:
    secrets = made()
    store = secrets.seen_in(FileStore(tmp_path))
    store.write("model", DOCUMENT)
    assert secrets.texts == SECRETS
    again = made()
    assert again.seen_in(FileStore(tmp_path)).read("model")["version"] == 1
    assert again.texts == SECRETS
    store.write("journal", {"version": 1, "backends": {"own": {"Password": {"value": "elsewhere"}}}})
    assert store.read("journal")
    store.remove("journal")
    assert store.read("journal") is None
    assert secrets.texts == SECRETS
    store.write("model", {"version": 1, "backends": {}})
    assert secrets.texts == frozenset()


def test_while_a_change_cannot_be_saved_what_was_and_what_is_to_be_are_known(tmp_path: Path) -> None:
    secrets = made()
    store = secrets.seen_in(FileStore(tmp_path / "state"))
    store.write("model", {"version": 1, "backends": {"own": {"Password": {"value": "before"}}}})
    (tmp_path / "state" / "model.json").unlink()
    (tmp_path / "state").rmdir()
    (tmp_path / "state").write_text("no directory")
    with pytest.raises(OSError, match="irectory"):
        store.write("model", {"version": 1, "backends": {"own": {"Password": {"value": "after"}}}})
    assert secrets.texts == {"before", "after"}


@pytest.mark.parametrize("document", [None, {}, {"backends": None}, {"backends": [{"a": 1}]}, "text"])
def test_a_document_without_secrets_has_none(document: Any) -> None:
    assert made().of(document) == frozenset()
