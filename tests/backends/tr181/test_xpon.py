"""Device.XPON. over what an ONT tells."""

import pytest

from agent.model.coverage import Reasons
from agent.model.errors import ModelError
from backends.omci.acs_chain import AcsNamed, NoneNamed, Tag
from backends.omci.picture import Module
from backends.tr181.absent import reasons
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


def test_the_vlan_of_the_management_traffic_is_the_olt_s_word() -> None:
    ont = Ont()
    names = ("X_CPEAGENT_ManagementVLAN", "X_CPEAGENT_ManagementPriority")
    assert of(ont, ONU, *names) == ["-1", "0"]
    ont.watching.acs = AcsNamed("https://a.example/", tag=Tag(100, 5, may_drop=False))
    assert of(ont, ONU, *names) == ["100", "5"]
    ont.watching.acs = AcsNamed("https://a.example/", tag=Tag(0, 6, may_drop=False))
    assert of(ont, ONU, *names) == ["-1", "6"]
    ont.watching.acs = NoneNamed("locked")
    assert of(ont, ONU, *names) == ["-1", "0"]


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


@pytest.mark.parametrize(
    ("direction", "ends", "kind"),
    [
        (3, {}, "unicast"),
        (3, {(266, 1): {1: b"\0\5", 2: b"\5"}}, "unicast"),
        (2, {(266, 1): {1: b"\0\5", 2: b"\6"}}, "broadcast"),
        (2, {(266, 1): {1: b"\0\5", 2: b"\1"}}, "unicast"),
        (2, {(266, 1): {1: b"\0\7", 2: b"\6"}, (281, 2): {1: b"\0\5"}}, "multicast"),
        (2, {}, "multicast"),
        (3, {(281, 2): {1: b"\0\5"}}, "multicast"),
        (3, {(281, 2): {1: b"\0\6"}}, "unicast"),
    ],
)
def test_what_a_gem_port_carries_follows_from_who_points_to_it(
    direction: int, ends: dict[tuple[int, int], dict[int, bytes]], kind: str
) -> None:
    ont = Ont()
    ont.see(entities={**ENTITIES, (268, 5): {1: b"\1\2", 3: bytes([direction])}, **ends})
    assert ont.get(f"{TC}GEM.Port.1.PortType") == kind


def test_whatever_of_it_is_not_there_has_a_reason() -> None:
    for driver in ("raw", "lantiq", "realtek", "cortina"):
        ont = Ont(driver=driver)
        tree, why = ont.device.model.tree, Reasons(reasons(ont.given)).of
        for path in tree.schema.objects:
            if not path.startswith(("Device.XPON.", "Device.Optical.")):
                continue
            there = node.leaves if (node := tree.node(path)) else {}
            missing = {path + name for name in tree.schema.parameter_names(path) if name not in {*there, "Alias"}}
            assert not [each for each in missing if not why(each)]


def test_alarms_and_thresholds_are_those_of_the_ani() -> None:
    ont = Ont()
    ont.see(alarms={ANI: b"\x30".ljust(28, b"\0")})
    assert of(ont, f"{TC}Alarms.", "SF", "SD") == ["true", "true"]
    assert of(ont, f"{TC}PerformanceThresholds.", "SignalFail", "SignalDegrade") == ["5", "9"]
    ont.change(ANI, a6=b"\0", a7=b"\xff")
    assert of(ont, f"{TC}PerformanceThresholds.", "SignalFail", "SignalDegrade") == ["3", "10"]


@pytest.mark.parametrize(
    ("driver", "names"),
    [("lantiq", ["DIS", "LOF", "LOS", "PEE", "SD", "SF"]), ("realtek", ["DIS", "LOF", "LOS", "SD", "SF"]),
     ("cortina", ["DIS"]), ("raw", ["SD", "SF"])],
)  # fmt: skip
def test_of_alarms_those_are_there_that_somebody_tells(driver: str, names: list[str]) -> None:
    ont = Ont(driver=driver)
    every = ["LOS", "LOF", "SF", "SD", "LCDG", "TF", "SUF", "MEM", "DACT", "DIS", "MIS", "PEE", "RDI", "LODS", "ROGUE"]
    there = []
    for name in every:
        try:
            ont.get(f"{TC}Alarms.{name}")
        except ModelError:
            continue
        there.append(name)
    assert sorted(there) == names


def test_alarms_of_a_console_are_the_pon_s_and_a_stopped_onu_is_disabled() -> None:
    ont = Ont(driver="lantiq")
    assert of(ont, f"{TC}Alarms.", "LOS", "LOF", "SF", "DIS") == ["false"] * 4
    ont.see(pon_alarms={"LOS": True, "LOF": False, "SF": True}, state="O7")
    assert of(ont, f"{TC}Alarms.", "LOS", "LOF", "SF", "DIS") == ["true", "false", "true", "true"]


def test_who_made_the_module_is_told_where_this_machine_can_read_it() -> None:
    ont = Ont()
    names = ("Identifier", "VendorName", "VendorPartNumber", "VendorRevision", "Connector")
    assert of(ont, f"{ONU}ANI.1.Transceiver.1.", *names) == ["0", "", "", "", "Unknown"]
    ont.see(module=Module(3, "SC", "Example", "GPON-1", "A1", "EX123"))
    assert of(ont, f"{ONU}ANI.1.Transceiver.1.", *names) == ["3", "Example", "GPON-1", "A1", "SC"]


def test_the_activation_s_state_is_there_where_a_console_tells_it() -> None:
    ont = Ont(driver="lantiq")
    ont.see(state="O5")
    assert ont.get(f"{TC}ONUActivation.ONUState") == "O5"
    ont.see(state=None)
    assert ont.get(f"{TC}ONUActivation.ONUState") == "O1"
    with pytest.raises(ModelError):
        Ont().get(f"{TC}ONUActivation.ONUState")


def test_an_onu_is_there_as_soon_as_its_ani_is_heard_of() -> None:
    ont = Ont()
    ont.see(entities={ANI: ENTITIES[ANI], VEIP: ENTITIES[VEIP]})
    assert (ont.get("XPON.ONUNumberOfEntries"), ont.get("XPON.ONU.1.ANINumberOfEntries")) == ("1", "1")
    assert ont.get("XPON.ONU.1.ANI.1.Transceiver.1.RxPower") == "-218"
    assert (ont.get("XPON.ONU.1.Version"), ont.get("XPON.ONU.1.EthernetUNINumberOfEntries")) == ("", "1")


def test_before_anything_is_known_there_is_no_row() -> None:
    ont = Ont()
    ont.see(entities={})
    assert [ont.get(name) for name in ("XPON.ONUNumberOfEntries", "Optical.InterfaceNumberOfEntries")] == ["0", "0"]
