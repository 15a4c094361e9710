"""The three families asked for the same things: by real shells and a scripted minishell that print what theirs do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backends.omci.consoles.drivers import DRIVERS, Cortina, Driver, Lantiq, Realtek
from backends.omci.consoles.told import NotUnderstood
from backends.omci.link import Line
from backends.omci.queries import NoEntity
from tests.backends.omci.consoles import printed
from tests.backends.omci.consoles.pty_console import scripted, shell

SERVER = {1: b"\0", 2: b"\x80\0", 3: b"\xff\xff"}


def file(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return f"cat {folder / name}"


@contextmanager
def lantiq(folder: Path) -> Iterator[Lantiq]:
    programs = {
        "omci_pipe.sh": f"""case "$1 $2 $3" in
            "md  ") {file(folder, "list", printed.LANTIQ_LIST)};;
            "meg 340 3585") {file(folder, "new", printed.LANTIQ_NEW)};;
            "meg 263 32769") {file(folder, "old", printed.LANTIQ_OLD)};;
            "meg 2 0") {file(folder, "other", printed.LANTIQ_NEW)};;
            *) echo errorcode=-4;;
        esac""",
        "onu": """case "$1" in
            gtcag) echo errorcode=0 alarm=1 loss_of_signal=1 loss_of_gtc_frame=0;;
            *) echo errorcode=-1;;
        esac""",
        "pon": "echo errorcode=0 current=51 previous=40 time_curr=57779",
    }
    with shell(folder, programs) as far:
        line = Line(far.device)
        yield Lantiq(line)
        line.close()


@contextmanager
def realtek(folder: Path) -> Iterator[Realtek]:
    programs = {
        "omcicli": f"""case "$3" in
            340) {file(folder, "server", printed.REALTEK_SERVER)};;
            263) {file(folder, "anig", printed.REALTEK_ANIG)};;
            *) {file(folder, "none", printed.REALTEK_NONE)};;
        esac""",
        "diag": """case "$*" in
            "gpon get onu-state") echo "ONU state: Operation State(O5)";;
            "gpon get alarm-status") echo "Alarm LOS, status: occur"; echo "Alarm LOF, status: clear";;
            "pon get transceiver rx-power") echo "Rx Power: -17.95  dBm";;
            "pon get transceiver temperature") echo "Temperature: 45.2 C";;
        esac""",
    }
    with shell(folder, programs) as far:
        line = Line(far.device)
        yield Realtek(line)
        line.close()


@contextmanager
def cortina(_: Path) -> Iterator[Cortina]:
    answers = {
        "system/mib/show 256": printed.CORTINA_ONU,
        "system/mib/show 340": "Table Tr069, Tr069, total 1 instances\n\nEntityID = 0x0e01\n"
        "AdminState = 0\nAcsAddress = 0x8000\nAssociateTag = 65535\n\n",
        "traffic/pon/show link": printed.CORTINA_LINK,
    }
    with scripted(lambda line: answers.get(line, "unknown command\n" if line else "") + "\n#ONT>") as far:
        line = Line(far.device)
        yield Cortina(line)
        line.close()


FAMILIES = pytest.mark.parametrize("family", [lantiq, realtek, cortina])


@FAMILIES
def test_every_family_tells_the_same_of_the_acs_s_server(family: object, tmp_path: Path) -> None:
    assert callable(family)
    driver: Driver
    with family(tmp_path) as driver:
        got = driver.get(340, 0x0E01)
        assert (got.octets, got.refused) == (SERVER, 0)
        part = driver.get(340, 0x0E01, 0x4800)
        assert (part.octets, part.refused) == ({2: b"\x80\0"}, 0x0800)
        assert driver.onu_state() == "O5"
        driver.leave()


@pytest.mark.parametrize("family", [lantiq, realtek])
def test_every_instance_of_a_class_is_told(family: object, tmp_path: Path) -> None:
    assert callable(family)
    with family(tmp_path) as driver:
        told = driver.entities(263)
        assert [each.instance for each in told][:1] == [0x8001]
        assert told[0].octets[10] == b"\xd5\x6a"


@pytest.mark.parametrize("family", [lantiq, realtek])
def test_what_the_onu_does_not_have_is_said(family: object, tmp_path: Path) -> None:
    assert callable(family)
    with family(tmp_path) as driver, pytest.raises(NoEntity):
        driver.get(137, 1)


def test_an_answer_about_another_entity_is_not_believed(tmp_path: Path) -> None:
    with lantiq(tmp_path) as driver, pytest.raises(NotUnderstood, match="another entity"):
        driver.get(2, 0)


def test_a_minishell_without_the_command_is_not_understood(tmp_path: Path) -> None:
    with cortina(tmp_path) as driver, pytest.raises(NotUnderstood):
        driver.get(137, 1)


def test_the_transceiver_of_a_realtek_is_read(tmp_path: Path) -> None:
    with realtek(tmp_path) as driver:
        assert driver.levels() == {"Rx Power": (-17.95, "dBm"), "Temperature": (45.2, "C")}


@FAMILIES
def test_alarms_below_omci_are_told_where_the_console_has_a_command_for_them(family: object, tmp_path: Path) -> None:
    assert callable(family)
    driver: Driver
    with family(tmp_path) as driver:
        told = driver.pon_alarms()
    assert told == ({} if family is cortina else {"LOS": True, "LOF": False})


def test_the_drivers_have_the_names_of_the_settings() -> None:
    assert sorted(DRIVERS) == ["cortina", "lantiq", "realtek"]
