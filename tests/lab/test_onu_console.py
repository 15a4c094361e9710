"""The lab ONU's consoles: what they print is read by the agent's parsers to the values that stand in the MIB."""

import re

import pytest

from agent.lab.onu_classes import kinds
from agent.lab.onu_console import OnuConsole
from agent.lab.onu_mib import ANI, ANI_G, SERIAL, Mib
from agent.lab.onu_olt import Olt
from agent.lab.onu_protocol import Protocol
from backends.omci.consoles import cortina, lantiq, realtek
from backends.omci.consoles.console import cleaned
from backends.omci.consoles.told import Told

CLASSES = [number for number in kinds() if number != 287]


@pytest.fixture
def mib() -> Mib:
    made = Mib(0.0)
    onu, olt = Protocol(made), Olt()
    for command in (*olt.service(), *olt.provision("http://acs.example:7557/a/long/path", "user", "secret")):
        onu.answer(command, 0.0)
    return made


def typed(console: OnuConsole, line: str) -> str:
    return cleaned(console.feed(line.encode() + b"\n").decode())


def shell(family: str, mib: Mib) -> OnuConsole:
    console = OnuConsole(family, mib)
    typed(console, {"lantiq": "linuxshell", "cortina": "enable", "realtek": ""}[family])
    return console


def compare(told: list[Told], mib: Mib, number: int, *, without: tuple[str, ...] = ()) -> None:
    """All instances, and of each what the family prints of it."""
    assert {each.instance for each in told} == {instance for its, instance in mib.values if its == number}
    for each in told:
        for attribute in kinds()[number].attributes:
            if attribute.is_table or attribute.realtek in without:
                continue
            expected = mib.values[number, each.instance][attribute.index]
            assert each.octets.get(attribute.index) == expected, (number, attribute.realtek, each)


@pytest.mark.parametrize("number", CLASSES)
def test_lantiq_s_meg_is_read_to_the_values_of_the_mib(mib: Mib, number: int) -> None:
    console = shell("lantiq", mib)
    told = []
    for instance in [instance for its, instance in mib.values if its == number]:
        text = typed(console, f"omci_pipe.sh meg {number} {instance}")
        assert lantiq.error_code(text) == 0
        told += lantiq.entities(text)
    compare(told, mib, number)


@pytest.mark.parametrize("number", CLASSES)
def test_realtek_s_blocks_are_read_to_the_values_of_the_mib(mib: Mib, number: int) -> None:
    told = realtek.entities(number, typed(shell("realtek", mib), f"omcicli mib get {number}"))
    compare(told, mib, number, without=("Deprecated", "AtmCCOpt", "ModeInd"))


@pytest.mark.parametrize("number", CLASSES)
def test_cortina_s_tables_are_read_to_the_values_of_the_mib(mib: Mib, number: int) -> None:
    text = typed(shell("cortina", mib), f"system/mib/show {number}")
    told = cortina.entities(number, text)
    compare(told, mib, number, without=("Deprecated", "AtmCCOpt", "ModeInd"))


def test_without_light_two_families_tell_of_the_loss_and_of_what_omci_tells_as_well(mib: Mib) -> None:
    falcon, stick = (shell(family, mib) for family in ("lantiq", "realtek"))
    dark = {"LOS": True, "LOF": True}
    for receive, told in ((-20.0, {"LOS": False, "LOF": False}), (-60.0, dark)):
        mib.receive = receive
        mib.values[ANI_G, ANI][10] = round(receive / 0.002).to_bytes(2, signed=True)
        old, new = (
            lantiq.pon_alarms(typed(falcon, "onu gtcag")),
            realtek.pon_alarms(typed(stick, "diag gpon get alarm-status")),
        )
        assert old == {**told, "SF": False, "SD": False, "PEE": False}
        assert new == {**told, "SF": False, "SD": False}
    mib.alarm(ANI_G, ANI, [2], is_on=True)
    assert lantiq.pon_alarms(typed(falcon, "onu gtcag"))["SF"]
    assert realtek.pon_alarms(typed(stick, "diag gpon get alarm-status"))["SF"]


def test_every_family_tells_the_activation_state_and_the_serial_number(mib: Mib) -> None:
    mib.ranged = 4
    serial = SERIAL[:4].decode() + SERIAL[4:].hex().upper()
    falcon, stick, minishell = (shell(family, mib) for family in ("lantiq", "realtek", "cortina"))
    assert lantiq.onu_state(typed(falcon, "onu ploamsg")) == "O4"
    assert lantiq.onu_state(typed(falcon, "pon psg")) == "O4"
    assert lantiq.serial_number(typed(falcon, "onu gtcsng")) == serial
    assert realtek.onu_state(typed(stick, "diag gpon get onu-state")) == "O4"
    assert realtek.levels(typed(stick, "diag pon get transceiver rx-power")) == {"Rx Power": (-18.5, "dBm")}
    assert cortina.onu_state(typed(minishell, "traffic/pon/show link")) == "O4"
    assert cortina.serial_number(typed(minishell, "traffic/pon/show onu")) == serial
    assert lantiq.instances(typed(falcon, "omci_pipe.sh md")) == sorted(mib.values)


def test_what_is_not_there_is_said_in_the_family_s_way(mib: Mib) -> None:
    assert "errorcode=-12" in typed(shell("lantiq", mib), "omci_pipe.sh meg 340 7")
    assert realtek.entities(5, typed(shell("realtek", Mib(0.0)), "omcicli mib get 157")) == []
    assert "total 0 instances" in typed(shell("cortina", Mib(0.0)), "system/mib/show 157")
    for family in ("lantiq", "realtek", "cortina"):
        assert "rm" in typed(shell(family, mib), "rm -r /") + " "
        assert re.search("not found|unknown", typed(shell(family, mib), "reboot now"))


def test_somebody_has_to_log_in_and_the_password_is_not_echoed(mib: Mib) -> None:
    console = OnuConsole("realtek", mib, user="admin", password="geheim")
    assert typed(console, "").endswith("login: ")
    assert typed(console, "admin").endswith("Password: ")
    assert "incorrect" in typed(console, "wrong")
    typed(console, "admin")
    heard = typed(console, "geheim")
    assert "geheim" not in heard
    assert heard.endswith("# ")
    assert typed(console, "exit").endswith("login: ")


def test_the_kernel_writes_between_and_within_lines(mib: Mib) -> None:
    console = OnuConsole("realtek", mib, noise_every=97, has_colours=True)
    raw = console.feed(b"omcicli mib get 263\n").decode()
    assert raw.count("[ 104") >= 5
    assert "\x1b[1;32m" in raw
    [told] = realtek.entities(263, cleaned(raw))
    assert told.octets[10] == mib.values[263, 0x8001][10]


def test_an_interrupt_drops_what_was_typed_and_a_line_has_an_end(mib: Mib) -> None:
    console = shell("realtek", mib)
    assert console.feed(b"garb\x03") == b"garb^C\r\n# "
    assert len(console.feed(b"x" * 10_000)) == 4096
