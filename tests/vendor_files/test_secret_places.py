"""Secrets leave what is kept, and come back to their own places."""

import json
from typing import Any

from agent.vendor_files.sealing import Seal
from agent.vendor_files.secret_places import Fates, put_back, taken_out

SEAL = Seal(b"k" * 32, {})
KEPT: dict[str, Any] = {
    "own": {"ManagementServer.Password": {"value": "s3cret", "by": {"source": "acs"}}, "X.Code": {"value": "c"}},
    "wifi": {
        "records": {"AccessPoint": {"+1": {"pre_shared_key": "horse", "ssid": "home", "keys_secret": ["a", "b"]}}}
    },
}


def is_secret(name: str) -> bool:
    return name.lower().endswith(("password", "presharedkey", "secret"))


def test_sealed_secrets_come_back_and_nothing_of_them_is_told() -> None:
    out = taken_out(KEPT, is_secret, SEAL)
    said = json.dumps(out)
    assert not any(word in said for word in ("s3cret", "horse", '"a"'))
    assert out["own"]["ManagementServer.Password"]["by"] == {"source": "acs"}
    assert out["wifi"]["records"]["AccessPoint"]["+1"]["ssid"] == "home"
    fates = Fates()
    assert put_back(out, {}, SEAL, fates) == KEPT
    assert len(fates.opened) == 3
    assert fates.kept == fates.missing == []


def test_secrets_that_were_left_out_are_as_they_are_where_they_are() -> None:
    out, fates = taken_out(KEPT, is_secret, None), Fates()
    present = {"wifi": {"records": {"AccessPoint": {"+1": {"pre_shared_key": "present"}}}}}
    back = put_back(out, present, SEAL, fates)
    point = back["wifi"]["records"]["AccessPoint"]["+1"]
    assert point == {"pre_shared_key": "present", "ssid": "home"}
    assert fates.kept == ["wifi/records/AccessPoint/+1/pre_shared_key"]
    assert fates.missing == ["own/ManagementServer.Password/value", "wifi/records/AccessPoint/+1/keys_secret"]
    assert back["own"]["ManagementServer.Password"] == {"by": {"source": "acs"}}


def test_a_secret_that_was_moved_to_another_place_is_not_opened() -> None:
    out = taken_out(KEPT, is_secret, SEAL)
    out["own"]["X.Code"] = {"value": out["own"]["ManagementServer.Password"]["value"]}
    fates = Fates()
    put_back(out, {}, SEAL, fates)
    assert fates.missing == ["own/X.Code/value"]


def test_characters_that_no_xml_has_count_only_where_they_are_new() -> None:
    fates = Fates()
    said = {"a": ["x\0", "y\x1b"], "b\x02": "z"}
    put_back(said, {"a": ["x\0"]}, None, fates, "/p")
    assert fates.unfit == ["p", "p/a/1"]
    put_back(said, said, None, other := Fates())
    assert other.unfit == []
