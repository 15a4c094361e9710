"""The tables as a whole: profiles are complete, defaults are the schema's, and no text gets further than its row."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from agent.model.data_model import Caller
from agent.model.errors import Refusals
from tests.backends.tr181.firewall_device import FirewallDevice
from tests.netlab.gateway import Gateway
from tests.netlab.namespace import NamespaceRefused, namespace
from tests.schemas import shipped_schema

PROFILES = ("NAT:1", "SimpleFirewall:1", "AdvancedFirewall:1")
ROWS = (
    "Device.NAT.InterfaceSetting.",
    "Device.NAT.PortMapping.",
    "Device.Firewall.Chain.",
    "Device.Firewall.Level.",
    "Device.Firewall.Chain.1.Rule.",
    "Device.Firewall.Policy.",
    "Device.Firewall.DMZ.",
    "Device.Firewall.Pinhole.",
    "Device.Firewall.Service.",
)
HOSTILE = (
    '"; drop; "', "a\nb", "$(reboot)", "`reboot`", "' OR 1=1", "ключ 鍵 🗝", "x" * 10000, "}", "\\", "#", "a\x00b", "*",
)  # fmt: skip
INVENTED = {"Order", "Chain", "Name", "CreationDate", "Alias"}
"""What is made for a new row."""


@pytest.fixture(scope="module")
def device() -> Iterator[FirewallDevice]:
    """One for all tests: each looks at its own row."""
    with ExitStack() as made:
        try:
            device = FirewallDevice(Gateway(lambda: made.enter_context(namespace())))
        except (NamespaceRefused, FileNotFoundError) as reason:
            pytest.skip(f"this user may not make a network namespace: {reason}")
        for table in ROWS:
            device.add(table)
        yield device
        device.close()


def template(path: str) -> str:
    return path.replace(".1.", ".{i}.")


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_complete(device: FirewallDevice, name: str) -> None:
    profile = shipped_schema().profile(name)
    assert profile is not None
    for path, needed in profile.objects.items():
        supported = device.tree(path.replace("{i}", "1"))
        assert set(needed.parameters) <= set(supported), path
        needs_to_be_writable = {one for one, access in needed.parameters.items() if access == "readWrite"}
        assert needs_to_be_writable <= writable(device, path.replace("{i}", "1"))


def writable(device: FirewallDevice, path: str) -> set[str]:
    return {name.path.removeprefix(path) for name in device.model.names(path, True, Caller.ACS) if name.writable}


@pytest.mark.parametrize("table", ROWS)
def test_a_new_row_has_the_schemas_defaults(device: FirewallDevice, table: str) -> None:
    row = device.add(table)
    told = device.tree(row)
    device.delete(row)
    for name, text in told.items():
        entry = shipped_schema().parameter(template(f"{table}1.") + name)
        if entry is None or entry.default is None or entry.default.kind != "object" or name in INVENTED or "." in name:
            continue
        assert text == entry.default.text.strip("[]"), name


@pytest.mark.parametrize("table", ROWS)
def test_no_text_gets_further_than_its_row(device: FirewallDevice, table: str) -> None:
    row, before = f"{table}1.", device.ruleset()
    for name in writable(device, row):
        entry = shipped_schema().parameter(template(row) + name)
        if entry is None or entry.type != "string" or entry.reference:
            continue
        for text in HOSTILE:
            assert comes_back_or_is_refused(device, row + name, text), (name, text)
    assert device.ruleset() == before


def comes_back_or_is_refused(device: FirewallDevice, path: str, text: str) -> bool:
    try:
        device.set({path: text})
    except Refusals as refusals:
        return {type(one).__name__ for one in refusals.refusals} == {"InvalidValue"}
    return device.get(path) == text


def test_a_table_refuses_a_reference_that_leads_elsewhere(device: FirewallDevice) -> None:
    path = "Device.Firewall.Policy.1.Chain"
    assert device.refused({path: "Device.Firewall.Level.1"}) == {path: "InvalidValue"}
    path = "Device.Firewall.Level.1.Policies"
    assert device.refused({path: "Device.Firewall.Chain.1"}) == {path: "InvalidValue"}
