"""Changes hold everywhere or nowhere: refusals are collected, order does not matter, failures leave nothing behind."""

import logging
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.model.attributes import MOST
from agent.model.data_model import Caller
from agent.model.errors import (
    Denied,
    InvalidArguments,
    InvalidValue,
    ModelError,
    NotificationRejected,
    Refusals,
    ResourcesExceeded,
    Unavailable,
    UnknownPath,
)
from agent.model.object import RowsRefused, Target
from agent.model.transaction import LARGEST_TABLE, MOST_MADE
from tests.model.device import FIRST, IP, PORTS, ROUTES, Device

MTU = f"{IP}1.MaxMTUSize"
RATE = f"{PORTS}1.MaxBitRate"
KEY = "Device.ManagementServer.ParameterKey"


@pytest.fixture
def device() -> Device:
    made = Device()
    made.tree("")
    return made


# -- what is refused --------------------------------------------------------------------------------------------------


def test_every_refusal_is_told_with_its_parameter_and_its_noun(device: Device) -> None:
    assert device.refused(
        {
            MTU: "1400",
            RATE: "fast",
            f"{PORTS}1.Name": "x",
            f"{PORTS}9.Enable": "1",
            f"{PORTS}1.Nothing": "1",
            f"{IP}1.IPv4Address.1.IPAddress": "0.0.0.0",
            "Device.IP.InterfaceNumberOfEntries": "7",
            f"{IP}1.": "x",
            f"{IP}*.Enable": "1",
        }
    ) == {
        RATE: "InvalidValue",
        f"{PORTS}1.Name": "NotWritable",
        f"{PORTS}9.Enable": "UnknownPath",
        f"{PORTS}1.Nothing": "UnknownPath",
        f"{IP}1.IPv4Address.1.IPAddress": "InvalidValue",
        "Device.IP.InterfaceNumberOfEntries": "NotWritable",
        f"{IP}1.": "UnknownPath",
        f"{IP}*.Enable": "UnknownPath",
    }


def test_a_declared_type_has_to_be_the_parameters(device: Device) -> None:
    change = device.model.transaction(Caller.ACS)
    change.set(f"{PORTS}1.Enable", "1", "int")
    with pytest.raises(Refusals, match="the type is boolean"):
        change.commit()


def test_a_parameter_set_twice_refuses_the_request_however_it_is_named(device: Device) -> None:
    assert device.refused({MTU: "1400", f"{IP}[cpe-1].MaxMTUSize": "1300"}) == {
        f"{IP}[cpe-1].MaxMTUSize": "InvalidArguments"
    }
    assert device.change({MTU: "1400"}) == 0


@pytest.mark.parametrize("step", ["begin", "prepare", "commit"])
def test_a_surprise_is_a_refusal_and_ends_the_transaction(device: Device, step: str) -> None:
    device.ports.fails_at = {step}
    assert device.refused({RATE: "10"}) == {RATE: "Unavailable"}
    device.ports.fails_at = set()

    assert device.change({RATE: "10"}) == 0


def test_a_surprise_in_a_declaration_is_a_refusal_too(device: Device) -> None:
    change = device.model.transaction(Caller.ACS)
    change.set(RATE, "10")
    device.ports.rows["port"][0].pop("id")
    change.set(f"{PORTS}1.Enable", "0")
    with pytest.raises(Refusals) as refusals:
        change.commit()

    assert [type(one) for one in refusals.value.refusals] == [Unavailable]
    assert device.change({RATE: "10"}) == 0


def test_one_change_at_a_time(device: Device) -> None:
    first = device.model.transaction(Caller.ACS)
    with pytest.raises(Unavailable):
        device.model.transaction(Caller.LOCAL)
    first.abandon()
    device.model.transaction(Caller.LOCAL).abandon()


def test_with_the_write_side_off_only_the_agents_own_values_change(device: Device) -> None:
    device.model.read_only_reason = "off"

    assert device.refused({MTU: "1400"}) == {MTU: "WriteSideOff"}
    assert device.change({"Device.DeviceInfo.ProvisioningCode": "A"}, key="K") == 0
    assert device.get(KEY) == "K"


# -- order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "author", "kept"),
    [
        (Caller.ACS, None, {"source": "acs"}),
        (Caller.LOCAL, None, {"source": "person"}),
        (Caller.DISCOVERY, {"source": "dhcpv4", "told_by": "udhcpc"}, {"source": "dhcpv4", "told_by": "udhcpc"}),
    ],
)
def test_who_changes_an_own_value_is_kept_beside_it_until_the_change_is_over(
    device: Device, caller: Caller, author: dict[str, str] | None, kept: dict[str, str]
) -> None:
    name = "ManagementServer.ParameterKey"
    change = device.model.transaction(caller, author)
    change.set_own(name, "by somebody")
    change.commit()
    assert device.own.set_by(name) == kept
    assert device.own.author is None

    change = device.model.transaction(caller)
    change.forget_own(name)
    assert device.own.get(name) == ""
    change.abandon()
    assert device.own.get(name) == "by somebody"


def test_the_order_within_a_request_does_not_matter() -> None:
    values = {
        f"{IP}[cpe-1].Alias": "wan",
        f"{IP}[cpe-1].Enable": "false",
        f"{IP}[cpe-1].IPv4Address.1.Enable": "false",
        f"{ROUTES}1.Interface": f"{IP}[cpe-1].",
    }
    trees = []
    for order in permutations(values.items()):
        device = Device()
        device.tree("")
        assert device.change(dict(order)) == 0
        trees.append(device.tree(""))

    assert all(tree == trees[0] for tree in trees)
    assert trees[0][f"{IP}1.Alias"] == "wan"
    assert trees[0][f"{ROUTES}1.Interface"] == f"{IP}1"


def test_rows_may_exchange_their_aliases(device: Device) -> None:
    device.change({f"{PORTS}1.Alias": "left", f"{PORTS}2.Alias": "right"})
    device.change({f"{PORTS}1.Alias": "right", f"{PORTS}2.Alias": "left"})

    assert (device.get(f"{PORTS}[right].Name"), device.get(f"{PORTS}[left].Name")) == ("eth0", "eth1")


@pytest.mark.parametrize("alias", ["", "9lives", "with blank", "x" * 65, "cpe-2", "cpe-mine"])
def test_an_alias_has_to_be_one_and_of_one_row(device: Device, alias: str) -> None:
    assert device.refused({f"{PORTS}1.Alias": alias}) == {f"{PORTS}1.Alias": "InvalidValue"}


# -- rows -------------------------------------------------------------------------------------------------------------


def test_a_new_row_is_disabled_and_has_the_next_number(device: Device) -> None:
    number = device.add(IP)

    assert number == 2
    assert device.get(f"{IP}2.Enable") == "false"
    assert device.add(IP) == 3


def test_a_row_may_be_added_under_a_name(device: Device) -> None:
    number = device.add(f"{IP}[lan].")

    assert device.get(f"{IP}{number}.Alias") == "lan"
    for taken in ("lan", "cpe-lan"):
        with pytest.raises(InvalidValue):
            device.add(f"{IP}[{taken}].")
    assert device.get("Device.IP.InterfaceNumberOfEntries") == "2"


def test_a_deleted_row_takes_along_what_is_below_it(device: Device) -> None:
    number = device.add(IP)
    device.add(f"{IP}{number}.IPv4Address.")
    change = device.model.transaction(Caller.ACS)
    change.set_attributes(f"{IP}{number}.IPv4Address.1.Enable", 2, None)
    change.commit()
    device.delete(f"{IP}{number}.")

    assert not [path for path in device.tree(IP) if path.startswith(f"{IP}{number}.")]
    assert device.model.parameter_attributes.notified() == {}
    assert device.add(IP) == number + 1


@pytest.mark.parametrize(
    ("path", "noun"),
    [(PORTS, Denied), ("Device.Nothing.", UnknownPath), (f"{IP}1", UnknownPath), (f"{IP}1.", UnknownPath)],
)
def test_where_no_row_can_be_added(device: Device, path: str, noun: type[ModelError]) -> None:
    before = device.whole()
    with pytest.raises(noun):
        device.add(path)
    assert device.whole() == before


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        (f"{PORTS}1.", Denied),
        (f"{IP}9.", UnknownPath),
        (IP, UnknownPath),
        (f"{IP}*.", UnknownPath),
        (MTU, UnknownPath),
        ("", UnknownPath),
        ("Device.DeviceInfo.", UnknownPath),
    ],
)
def test_what_cannot_be_deleted(device: Device, path: str, noun: type[ModelError]) -> None:
    before = device.whole()
    with pytest.raises(noun):
        device.delete(path)
    assert device.whole() == before


def test_a_table_has_an_end_whatever_the_schema_admits(device: Device) -> None:
    rows = device.network.rows["address"]
    rows += [{"id": str(n), "parent": "wan0", "enable": False, "address": ""} for n in range(2, LARGEST_TABLE + 1)]

    with pytest.raises(ResourcesExceeded):
        device.add(f"{IP}1.IPv4Address.")
    number = device.add(IP)
    with pytest.raises(ResourcesExceeded):
        device.add(f"{IP}{number}.IPv4Address.")


def test_adds_sets_and_deletes_of_one_transaction_see_each_other(device: Device) -> None:
    change = device.model.transaction(Caller.LOCAL)
    number = change.add(IP)
    address = change.add(f"{IP}{number}.IPv4Address.")
    change.set(f"{IP}{number}.IPv4Address.{address}.IPAddress", "198.51.100.1")
    change.set(f"{ROUTES}1.Interface", f"{IP}{number}")
    change.delete(f"{IP}1.")
    change.commit()

    assert device.get(f"{ROUTES}1.Interface") == f"{IP}2"
    assert device.names(IP, next_level=True) == [f"{IP}2."]
    assert device.is_consistent()


def test_an_abandoned_transaction_was_never_there(device: Device) -> None:
    before = device.whole()
    change = device.model.transaction(Caller.ACS)
    number = change.add(IP)
    change.set(f"{IP}{number}.Alias", "gone")
    change.set_attributes(MTU, 2, ())
    change.abandon()
    change.abandon()

    assert device.whole() == before
    assert device.add(IP) == number


# -- rows that are known by another key -------------------------------------------------------------------------------


def test_a_row_keeps_its_number_its_alias_and_its_children_when_its_key_changes(device: Device) -> None:
    device.change({f"{IP}1.Alias": "wan"})
    device.change({f"{IP}1.Enable": "false"})

    assert device.network.rows["interface"][0]["id"] == "+wan0"
    assert device.get(f"{IP}1.Alias") == "wan"
    assert device.get(f"{IP}1.IPv4Address.1.IPAddress") == "192.0.2.7"
    assert device.restarted().get(f"{IP}[wan].IPv4Address.1.IPAddress") == "192.0.2.7"


def test_references_follow_a_row_whose_key_changes_and_end_with_it(device: Device) -> None:
    device.change({f"{IP}1.Enable": "false"})
    assert device.get(f"{ROUTES}1.Interface") == f"{IP}1"
    [stack] = [text for path, text in device.tree("Device.InterfaceStack.").items() if path.endswith("HigherLayer")]
    assert stack == f"{IP}1"

    device.delete(f"{IP}1.")
    assert device.get(f"{ROUTES}1.Interface") == ""


def test_a_change_below_a_row_may_give_the_row_above_another_key(device: Device) -> None:
    device.change({f"{IP}1.IPv4Address.1.Enable": "false", MTU: "1400"})

    assert device.names(IP, next_level=True) == [f"{IP}1."]
    assert device.get(f"{IP}1.IPv4Address.1.Enable") == "false"
    assert device.get(MTU) == "1400"


def test_a_change_in_an_object_of_a_row_may_give_the_row_another_key(device: Device) -> None:
    device.change({"Device.Bridging.Bridge.1.STP.Enable": "true"})

    assert device.names("Device.Bridging.Bridge.", next_level=True) == ["Device.Bridging.Bridge.1."]
    assert device.get("Device.Bridging.Bridge.1.STP.Enable") == "true"


def test_a_refused_change_gives_the_row_its_old_key_back(device: Device) -> None:
    assert device.refused({f"{IP}1.Enable": "false", f"{PORTS}1.Name": "x"}) == {f"{PORTS}1.Name": "NotWritable"}
    assert device.get(f"{IP}1.Enable") == "true"


# -- references -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (f"{PORTS}2", f"{PORTS}2"),
        (f"{PORTS}2.", f"{PORTS}2"),
        (f"{PORTS}[cpe-2].", f"{PORTS}2"),
        (f"{PORTS}2, {PORTS}1", f"{PORTS}2,{PORTS}1"),
    ],
)
def test_a_reference_is_given_by_path_and_reads_as_one(device: Device, text: str, shown: str) -> None:
    device.change({f"{IP}1.LowerLayers": text})

    assert device.get(f"{IP}1.LowerLayers") == shown


@pytest.mark.parametrize("text", [f"{PORTS}9", f"{PORTS}1", "Device.Nothing", "nonsense?", f"{IP}*.", IP, "x" * 300])
def test_a_reference_has_to_point_at_one_row_of_the_right_table(device: Device, text: str) -> None:
    assert device.refused({f"{ROUTES}1.Interface": text}) == {f"{ROUTES}1.Interface": "InvalidValue"}


# -- AutoCreateInstances ----------------------------------------------------------------------------------------------


def test_an_unknown_alias_is_refused_unless_the_acs_lets_rows_be_made(device: Device) -> None:
    assert device.refused({f"{IP}[lan].MaxMTUSize": "1400"}) == {f"{IP}[lan].MaxMTUSize": "UnknownPath"}


def test_an_unknown_alias_makes_its_row_once_and_what_is_below_it_too(device: Device) -> None:
    device.change({"Device.ManagementServer.AutoCreateInstances": "true"})
    device.change(
        {
            f"{IP}[lan].MaxMTUSize": "1400",
            f"{IP}[lan].Enable": "true",
            f"{IP}[lan].IPv4Address.[home].IPAddress": "198.51.100.1",
        }
    )

    assert device.get("Device.IP.InterfaceNumberOfEntries") == "2"
    assert device.get(f"{IP}2.Alias") == "lan"
    assert device.get(f"{IP}[lan].IPv4Address.[home].IPAddress") == "198.51.100.1"
    assert device.is_consistent()


def test_one_request_makes_only_so_many_rows(device: Device) -> None:
    device.change({"Device.ManagementServer.AutoCreateInstances": "true"})
    wanted = {f"{IP}[lan{number}].MaxMTUSize": "1400" for number in range(MOST_MADE + 2)}

    assert device.refused(wanted) == dict.fromkeys(list(wanted)[MOST_MADE:], "ResourcesExceeded")
    device.change(dict(list(wanted.items())[:MOST_MADE]))


def test_a_row_that_was_made_for_a_refused_change_is_gone(device: Device) -> None:
    device.change({"Device.ManagementServer.AutoCreateInstances": "true"})

    assert device.refused({f"{IP}[lan].MaxMTUSize": "nonsense"}) == {f"{IP}[lan].MaxMTUSize": "InvalidValue"}
    assert device.refused({f"{PORTS}[lan].Enable": "1"}) == {f"{PORTS}[lan].Enable": "UnknownPath"}
    assert device.refused({f"{ROUTES}1.Interface": f"{IP}[lan]."}) == {f"{ROUTES}1.Interface": "InvalidValue"}


# -- failures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["prepare", "commit", "half"])
def test_what_the_second_backend_refuses_is_undone_in_the_first(device: Device, step: str) -> None:
    device.ports.fails_at = {step}

    assert device.refused({MTU: "1400", RATE: "10", f"{PORTS}2.MaxBitRate": "10"}) == {
        RATE: "Unavailable",
        f"{PORTS}2.MaxBitRate": "Unavailable",
    }
    assert device.machine.made == FIRST
    assert device.is_consistent()
    assert device.change({MTU: "1400"}) == 0


def test_backends_are_rolled_back_in_reverse(device: Device) -> None:
    device.ports.fails_at = {"half"}
    device.steps.clear()
    device.refused({MTU: "1400", RATE: "10"})

    commits = [step for step in device.steps if "commit" in step]
    rollbacks = [step for step in device.steps if "rollback" in step]
    assert commits == ["network commit", "ports commit"]
    assert rollbacks[:2] == ["ports rollback", "network rollback"]


def test_a_rollback_that_fails_does_not_keep_the_others_from_theirs(device: Device) -> None:
    device.ports.fails_at = {"half", "rollback"}
    with pytest.raises(Refusals):
        device.change({MTU: "1400", RATE: "10"})

    assert device.machine.made["network"] == FIRST["network"]
    assert device.get(MTU) == "1500"


def test_a_refusal_of_the_backend_keeps_its_noun(device: Device) -> None:
    def prepare() -> bool:
        raise Denied("", "eth0 is not in [network] manage")

    device.ports.prepare = prepare  # type: ignore[method-assign]
    assert device.refused({RATE: "10", MTU: "1400"}) == {RATE: "Denied"}


def test_a_backend_that_knows_which_row_it_refuses_blames_what_was_set_there(device: Device) -> None:
    def refuses(*parameters: str, key: str = "eth1") -> None:
        def prepare() -> bool:
            target = Target("Device.Ethernet.Interface.{i}.", (key,))
            raise RowsRefused(InvalidValue, "too fast", [target], parameters)

        device.ports.prepare = prepare  # type: ignore[method-assign]

    other = PORTS + "2."
    values = {RATE: "10", f"{other}MaxBitRate": "10", f"{other}Enable": "1", MTU: "1400"}
    refuses("MaxBitRate")
    assert device.refused(values) == {f"{other}MaxBitRate": "InvalidValue"}
    refuses("DuplexMode")
    assert device.refused(values) == {f"{other}MaxBitRate": "InvalidValue", f"{other}Enable": "InvalidValue"}
    refuses(key="eth9")
    assert set(device.refused(values)) == {RATE, f"{other}MaxBitRate", f"{other}Enable"}


@pytest.mark.parametrize("name", ["journal", "model"])
def test_a_change_that_cannot_be_saved_is_undone_everywhere(device: Device, name: str) -> None:
    device.change({"Device.DeviceInfo.ProvisioningCode": "x"}, key="before")

    def full(document: str) -> None:
        if document == name:
            raise OSError(28, "No space left on device")

    device.documents.before_write = full
    assert device.refused({MTU: "1400", RATE: "10"}) == {"": "NoRoomToSave"}
    device.documents.before_write = lambda name: None

    assert device.machine.made == FIRST
    assert device.get(KEY) == "before"
    assert device.is_consistent()
    assert device.restarted().get(MTU) == "1500"


def test_a_document_that_was_saved_although_the_medium_says_no_is_taken_back(device: Device) -> None:
    device.change({MTU: "1300"}, key="before")
    device.documents.fails_after_rename = True
    device.documents.before_write = lambda name: setattr(device.documents, "fails_after_rename", name == "model")
    with pytest.raises(Refusals):
        device.change({MTU: "1400"}, key="after")
    device.documents.before_write = lambda name: None
    device.tree("")

    after = device.restarted()
    assert (after.get(MTU), after.get(KEY)) == ("1300", "before")
    assert after.is_consistent()


# -- attributes -------------------------------------------------------------------------------------------------------


def attributes(device: Device, path: str, level: int | None, access: tuple[str, ...] | None = None) -> None:
    change = device.model.transaction(Caller.ACS)
    try:
        change.set_attributes(path, level, access)
        change.commit()
    finally:
        change.abandon()


def test_a_partial_path_sets_the_level_of_everything_below_it(device: Device) -> None:
    attributes(device, PORTS, 1)

    assert {path for path in device.model.notified() if path.startswith(PORTS)} == set(device.tree(PORTS))


def test_some_levels_are_not_to_be_had(device: Device) -> None:
    for path, level in (("Device.DeviceInfo.SoftwareVersion", 0), ("Device.DeviceInfo.UpTime", 2)):
        with pytest.raises(NotificationRejected) as refusal:
            attributes(device, path, level)
        assert refusal.value.path == path
    attributes(device, "Device.DeviceInfo.SoftwareVersion", 2)
    attributes(device, "Device.DeviceInfo.UpTime", 1)


@pytest.mark.parametrize("path", ["", "Device.", "Device.DeviceInfo."])
def test_a_partial_path_passes_over_what_cannot_have_the_level(device: Device, path: str) -> None:
    attributes(device, path, 1, ())
    levels = {one.path: one.notification for one in device.model.attributes(["Device.DeviceInfo."], Caller.ACS)}
    assert (levels.pop("Device.DeviceInfo.SoftwareVersion"), levels.pop("Device.DeviceInfo.ProvisioningCode")) == (2, 2)
    assert set(levels.values()) == {1}
    attributes(device, path, 2)

    names = ["Device.DeviceInfo.UpTime", "Device.DeviceInfo.SoftwareVersion"]
    up_time, software = device.model.attributes(names, Caller.ACS)
    assert (up_time.notification, software.notification) == (1, 2)
    assert up_time.access_list == software.access_list == ()


def test_only_so_many_parameters_have_attributes_of_their_own(device: Device) -> None:
    kept = device.model.parameter_attributes
    for number in range(MOST):
        kept.set_notification(f"gone {number}", 1)
        kept.set_access_list(f"gone {number}", ())

    for level, access in ((1, None), (None, ())):
        with pytest.raises(ResourcesExceeded):
            attributes(device, MTU, level, access)


# -- who changed what -------------------------------------------------------------------------------------------------


def test_the_log_tells_who_changed_what_and_never_to_which_value(
    device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        device.change({"Device.ManagementServer.Password": "canary", MTU: "1234"}, key="key-canary")
        device.change({RATE: "4321"}, caller=Caller.LOCAL)
        number = device.add(IP)
        device.delete(f"{IP}{number}.")
        attributes(device, MTU, 1)
        device.refused({MTU: "1400", RATE: "nonsense"})

    assert [record.getMessage() for record in caplog.records if record.levelno == logging.INFO] == [
        f"acs: set Device.ManagementServer.Password; set {MTU}",
        f"local: set {RATE}",
        f"acs: add {IP}2.",
        f"acs: delete {IP}2.",
        f"acs: attributes of {MTU}",
    ]
    assert not any(word in caplog.text for word in ("canary", "1234", "4321"))


def test_a_long_change_is_told_in_several_lines(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    change = device.model.transaction(Caller.ACS)
    for _ in range(100):
        change.add(f"{IP}1.IPv4Address.")
    with caplog.at_level(logging.INFO):
        change.commit()

    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert len(lines) == 4
    assert max(map(len, lines)) < 4000


def test_attributes_of_a_whole_branch_are_one_word_in_the_log(device: Device, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(20):
        device.add(f"{IP}1.IPv4Address.")
    count = len(device.tree("Device."))
    with caplog.at_level(logging.INFO):
        attributes(device, "Device.", None, ())
    assert caplog.messages == [f"acs: attributes of Device. ({count} parameters)"]


# -- any sequence -----------------------------------------------------------------------------------------------------

STEPS = ("begin", "prepare", "commit", "half", "rollback")
FAILURES = st.sampled_from([("", ""), ("", ""), *((name, step) for name in ("network", "ports") for step in STEPS[:4])])


class NoHalfChange(RuleBasedStateMachine):
    """Random changes with random failures, deferrals and restarts: the document, the rows and the system stay one.

    ``told`` is what the ACS was told is so: accepted values, minus those that were taken back.
    """

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.CRITICAL)  # thousands of tracebacks that are meant
        self.device = Device()
        self.device.tree("")
        self.told: dict[str, str] = {MTU: "1500", RATE: "1000", KEY: ""}
        self.before: dict[str, str] | None = None
        self.serial = 0

    @initialize(cuts=st.booleans())
    def the_path_may_be_cut(self, cuts: bool) -> None:
        self.device.network.cuts_path = cuts

    def teardown(self) -> None:
        logging.disable(logging.NOTSET)

    def attempt(self, values: dict[str, str], failure: tuple[str, str], full: bool = False) -> None:
        name, step = failure
        self.serial += 1
        key = f"key {self.serial}"
        if name:
            getattr(self.device, name).fails_at = {step}
        self.device.documents.is_full = full
        try:
            status = self.device.change(values, key)
            if status == 1 and self.before is None:
                self.before = dict(self.told)
            self.told |= {path: text for path, text in values.items() if path in self.told} | {KEY: key}
        except (Refusals, InvalidArguments):
            pass
        finally:
            self.device.documents.is_full = False
            self.device.network.fails_at = self.device.ports.fails_at = set()
        self.device.tree("")

    @rule(mtu=st.integers(1400, 1403), failure=FAILURES, full=st.booleans())
    def set_one(self, mtu: int, failure: tuple[str, str], full: bool) -> None:
        self.attempt({MTU: str(mtu)}, failure, full)

    @rule(mtu=st.integers(1400, 1403), rate=st.integers(1, 3), failure=FAILURES)
    def set_both(self, mtu: int, rate: int, failure: tuple[str, str]) -> None:
        self.attempt({MTU: str(mtu), RATE: str(rate), f"{IP}1.Enable": "true"}, failure)

    @rule(rate=st.sampled_from(["7", "nonsense"]), failure=FAILURES)
    def set_other(self, rate: str, failure: tuple[str, str]) -> None:
        self.attempt({RATE: rate, f"{IP}1.Alias": "wan"}, failure)

    @rule(failure=FAILURES)
    def add_and_delete(self, failure: tuple[str, str]) -> None:
        if failure[0]:
            getattr(self.device, failure[0]).fails_at = {failure[1]}
        numbers: list[int] = []
        change = None
        try:
            change = self.device.model.transaction(Caller.ACS)
            numbers.append(change.add(f"{IP}1.IPv4Address."))
            change.delete(f"{IP}1.IPv4Address.{numbers[0]}.")
            status = change.commit().status
            if status == 1 and self.before is None:
                self.before = dict(self.told)
        except ModelError:
            pass
        finally:
            if change is not None:
                change.abandon()
            self.device.network.fails_at = self.device.ports.fails_at = set()

    @rule(failure=FAILURES)
    def the_session_ends(self, failure: tuple[str, str]) -> None:
        if failure[0]:
            getattr(self.device, failure[0]).fails_at = {failure[1]}
        model = self.device.model
        if model.awaits_application and not model.apply_deferred():
            assert self.before is not None
            self.told, self.before = self.before, None
        self.device.network.fails_at = self.device.ports.fails_at = set()

    @rule()
    def the_acs_is_reached(self) -> None:
        if self.device.model.awaits_confirmation and not self.device.model.awaits_application:
            self.device.model.confirm()
            self.before = None

    @rule()
    def the_acs_is_not_reached(self) -> None:
        if self.device.model.awaits_confirmation:
            self.device.model.revert()
            assert self.before is not None
            self.told, self.before = self.before, None

    @rule(booted=st.booleans())
    def restart(self, booted: bool) -> None:
        cuts = self.device.network.cuts_path
        self.device = self.device.restarted(booted=booted)
        self.device.tree("")
        self.device.network.cuts_path = cuts

    @invariant()
    def what_was_told_is_so(self) -> None:
        assert {path: self.device.get(path) for path in self.told} == self.told

    @invariant()
    def nothing_is_half(self) -> None:
        assert self.device.model.awaits_confirmation == (self.before is not None)
        if self.device.model.awaits_application:
            made = self.device.machine.made
            assert self.before is not None
            assert str(made["network"]["interface"][0]["mtu"]) == self.before[MTU]
            assert str(made["ports"]["port"][0]["rate"]) == self.before[RATE]
        else:
            assert self.device.is_consistent()

    @invariant()
    def rows_keep_their_numbers(self) -> None:
        assert self.device.names(PORTS, next_level=True) == [f"{PORTS}1.", f"{PORTS}2."]
        assert self.device.names(IP, next_level=True) == [f"{IP}1."]


TestNoHalfChange: Any = NoHalfChange.TestCase
TestNoHalfChange.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_who_changed_what_is_told_after_the_commit_and_no_value_with_it(device: Device) -> None:
    told: list[tuple[str, tuple[str, ...]]] = []
    device.model.committed = lambda caller, done: told.append((caller, tuple(done)))
    transaction = device.model.transaction(Caller.ACS)
    transaction.set(f"{IP}1.MaxMTUSize", "1400")
    transaction.commit()
    refused = device.model.transaction(Caller.ACS)
    refused.set(f"{IP}1.MaxMTUSize", "none")
    with pytest.raises(Refusals):
        refused.commit()
    assert told == [("acs", (f"set {IP}1.MaxMTUSize",))]
