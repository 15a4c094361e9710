"""Device.XPON. over what an ONT tells."""

import pytest

from agent.model.errors import ModelError
from backends.tr181.xpon_ani import COUNTERS
from tests.backends.tr181.ont import ANI, ENTITIES, PPTP, VEIP, Ont

ONU = "XPON.ONU.1."
TC = f"{ONU}ANI.1.TC."


def of(ont: Ont, below: str, *names: str) -> list[str]:
    return [ont.get(below + name) for name in names]


def test_the_onu_says_who_it_is() -> None:
    ont = Ont()
    assert of(ont, ONU, "Enable", "Name", "Version", "EquipmentID") == ["true", "onu-0", "V1.2", "Example ONT"]
    assert of(ont, f"{TC}ONUActivation.", "VendorID", "SerialNumber") == ["ABCD", "ABCD123456F7"]


def test_its_images_are_told_by_their_place() -> None:
    ont = Ont()
    names = ("ID", "Version", "IsCommitted", "IsActive", "IsValid")
    assert of(ont, f"{ONU}SoftwareImage.1.", *names) == ["0", "IMG1", "true", "true", "true"]
    assert of(ont, f"{ONU}SoftwareImage.2.", *names) == ["1", "IMG2", "false", "false", "true"]


def test_its_ports_have_the_state_that_omci_tells_the_other_way_round() -> None:
    ont = Ont()
    names = ("Enable", "Status", "Name", "Upstream", "ANIs", "InterdomainID", "InterdomainName", "LowerLayers")
    ani = "Device.XPON.ONU.1.ANI.1"
    assert of(ont, f"{ONU}EthernetUNI.1.", *names) == [
        "true", "Up", "VEIP,3585", "false", ani, "(VEIP,3585)", "lan", "",
    ]  # fmt: skip
    assert of(ont, f"{ONU}EthernetUNI.2.", *names) == [
        "false", "Down", "PPTPEthernetUNI,257", "false", ani, "(PPTPEthernetUNI,257)", "", "",
    ]  # fmt: skip
    ont.change(VEIP, a2=b"\1")
    ont.change(PPTP, a5=b"\0")
    assert [ont.get(f"{ONU}EthernetUNI.{number}.Status") for number in (1, 2)] == ["Down", "Up"]
    ont.see(is_there=False)
    assert ont.get(f"{ONU}EthernetUNI.1.Status") == "Unknown"


def test_light_is_told_in_tenths_of_a_dbm() -> None:
    ont = Ont(pon_mode="XGS-PON")
    assert of(ont, f"{ONU}ANI.1.Transceiver.1.", "ID", "RxPower", "TxPower", "PONMode") == [
        "0",
        "-218",
        "21",
        "XGS-PON",
    ]
    assert ont.get(f"{ONU}ANI.1.PONMode") == "XGS-PON"


def test_what_a_transceiver_s_program_measures_is_told_in_the_units_of_tr181() -> None:
    ont = Ont(driver="realtek")
    below = f"{ONU}ANI.1.Transceiver.1."
    assert of(ont, below, "Voltage", "Bias", "Temperature") == ["0", "0", "-274"]
    ont.see(levels={"Voltage": (3.28, "V"), "Bias Current": (12.5, "mA"), "Temperature": (41.6, "C"), "Rx": (1, "?")})
    assert of(ont, below, "Voltage", "Bias", "Temperature") == ["3280", "12500", "42"]


def test_light_that_omci_does_not_tell_may_be_told_by_the_module() -> None:
    ont = Ont()
    ont.see(entities={**ENTITIES, ANI: {}}, levels={"Rx Power": (-21.55, "dBm")})
    assert of(ont, f"{ONU}ANI.1.Transceiver.1.", "RxPower", "TxPower") == ["-216", "-655"]


def test_every_counter_is_the_total_of_its_history() -> None:
    ont = Ont()
    ont.see(
        totals={
            (each, 0x8001): {number: each * 100 + number for number in range(3, 17)} for each in (312, 344, 345, 346)
        }
    )
    for name, places in COUNTERS.items():
        for parameter, (class_id, index) in places.items():
            assert ont.get(f"{TC}PM.{name}.{parameter}") == str(class_id * 100 + index)


def test_a_short_counter_goes_round() -> None:
    ont = Ont()
    ont.see(totals={(344, 0x8001): {3: 2**32 + 5, 6: 2**32 + 5}})
    assert of(ont, f"{TC}PM.", "PHY.PSBdHECErrorCount", "GEM.FramesSent") == ["5", str(2**32 + 5)]


def test_gem_ports_are_known_by_their_number() -> None:
    ont = Ont()
    ont.see(totals={(341, 5): {3: 7, 4: 8}})
    assert of(ont, f"{TC}GEM.Port.1.", "PortID", "Direction", "PM.FramesSent", "PM.FramesReceived") == [
        "258", "bidirectional", "7", "8",
    ]  # fmt: skip


def test_alarms_and_thresholds_are_those_of_the_ani() -> None:
    ont = Ont()
    ont.see(alarms={ANI: b"\x30".ljust(28, b"\0")})
    assert of(ont, f"{TC}Alarms.", "SF", "SD") == ["true", "true"]
    assert of(ont, f"{TC}PerformanceThresholds.", "SignalFail", "SignalDegrade") == ["5", "9"]
    ont.change(ANI, a6=b"\0", a7=b"\xff")
    assert of(ont, f"{TC}PerformanceThresholds.", "SignalFail", "SignalDegrade") == ["3", "10"]


def test_the_activation_s_state_is_there_where_a_console_tells_it() -> None:
    ont = Ont(driver="lantiq")
    ont.see(state="O5")
    assert ont.get(f"{TC}ONUActivation.ONUState") == "O5"
    ont.see(state=None)
    assert ont.get(f"{TC}ONUActivation.ONUState") == "O1"
    with pytest.raises(ModelError):
        Ont().get(f"{TC}ONUActivation.ONUState")


def test_before_anything_is_known_there_is_no_row() -> None:
    ont = Ont()
    ont.see(entities={})
    assert [ont.get(name) for name in ("XPON.ONUNumberOfEntries", "Optical.InterfaceNumberOfEntries")] == ["0", "0"]
