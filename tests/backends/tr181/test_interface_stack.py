"""InterfaceStack is what the LowerLayers say."""

from backends.tr181.interface_stack import interface_stack
from tests.backends.conftest import Bench


def stack(device) -> set[tuple[str, str]]:
    told = device.tree("Device.InterfaceStack.")
    rows = {name.partition(".")[0] for name in told}
    return {(told[f"{row}.HigherLayer"], told[f"{row}.LowerLayer"]) for row in rows}


def test_every_lower_layer_is_a_row(memory: Bench) -> None:
    device = memory.device()
    vlan = device.add(
        "Device.Ethernet.VLANTermination.",
        LowerLayers=device.find("Device.Ethernet.Link.", Name="eth1"),
        VLANID="10",
        Enable="1",
    )
    whole = device.tree("Device.")
    expected = {
        (f"Device.{name.removesuffix('.LowerLayers')}", lower)
        for name, value in whole.items()
        if name.endswith(".LowerLayers")
        for lower in value.split(",")
        if lower
    }
    assert stack(device) == expected
    assert (vlan[:-1], device.get(f"{vlan}LowerLayers")) in stack(device)
    assert whole["InterfaceStackNumberOfEntries"] == str(len(expected))


def test_the_aliases_are_those_of_the_rows(memory: Bench) -> None:
    device = memory.device()
    interface = device.find("Device.IP.Interface.", Name="eth1")
    device.set({f"{interface}Alias": "lan"})
    row = device.find("Device.InterfaceStack.", HigherLayer=interface[:-1])
    assert device.get(f"{row}HigherAlias") == "lan"
    assert device.get(f"{row}LowerAlias").startswith("cpe-")


def test_nothing_with_layers_makes_an_empty_table() -> None:
    assert list(interface_stack([]).rows()) == []
