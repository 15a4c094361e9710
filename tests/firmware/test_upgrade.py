"""Images from download to verdict, on a device that is killed at every point of it."""

import json
from pathlib import Path

import pytest

from agent.firmware.trial import Stage
from agent.firmware.upgrade import SPARE_ROOM
from agent.firmware.verification import Rules
from agent.transfers.failures import TransferFailed
from agent.transfers.file_types import Outcome, Taken
from agent.transfers.orders import Received
from backends.firmware import Told
from backends.firmware_manifest import sealed
from backends.installers.debian import Debian
from tests.backends.installers.machines import DebianMachine
from tests.backends.signing import Signer, sealed_image
from tests.firmware.machine import CONTENT, SIGNER, Device, Killed, order, received


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def running(device: Device) -> str:
    return "2" if device.upgrade.installer.is_running("bank 2") else "1"


def test_an_image_is_verified_installed_started_and_confirmed_by_a_session(device: Device) -> None:
    taken = device.upgrade.take(device.received(), order())
    assert taken == Taken(True, "firmware")
    assert device.upgrade.outcome(order()) is None
    device.restart()
    device.begin()
    assert running(device) == "2"
    assert device.upgrade.outcome(order()) is None
    device.upgrade.session_finished()
    assert device.upgrade.outcome(order()) == Outcome(0, "")
    assert (device.folder / "lab/bank-2").read_bytes() == CONTENT
    device.restart()
    device.begin()
    assert running(device) == "2"
    assert device.upgrade.outcome(order()) == Outcome(0, "")
    assert device.told[-1] == ("firmware", "firmware 2.0: confirmed")


def test_one_that_reaches_no_acs_gives_way_to_the_former_at_its_deadline(device: Device) -> None:
    device.upgrade.take(device.received(), order())
    device.restart()
    device.begin()
    device.pass_time(599)
    assert running(device) == "2"
    device.pass_time(2)
    assert running(device) == "1"
    outcome = device.upgrade.outcome(order())
    assert outcome is not None
    assert outcome.code == 9010
    assert outcome.text == "no session with the ACS came to its end within 600 s; the former image is back"
    assert device.reboots == 2


def test_one_that_does_not_come_up_is_told_by_who_does(device: Device) -> None:
    device.upgrade.take(device.received(), order())
    (device.folder / "lab/broken").write_bytes(b"GOOD")
    device.restart()
    device.begin()
    assert device.upgrade.outcome(order()) == Outcome(9010, "the machine came up with the former image")


def test_a_restart_that_nobody_begins_is_begun_after_five_minutes(device: Device) -> None:
    device.upgrade.take(device.received(), order())
    assert device.upgrade.due(device.now) == 300.0
    device.pass_time(310)
    assert (running(device), device.reboots) == ("2", 1)


def test_an_older_version_than_one_that_proved_itself_is_refused_unless_it_is_allowed(device: Device) -> None:
    device.upgrade.take(device.received("2.0"), order("1"))
    device.restart()
    device.begin()
    device.upgrade.session_finished()
    with pytest.raises(TransferFailed, match=r"version 1\.9 is older than 2\.0") as refused:
        device.upgrade.take(device.received("1.9"), order("2"))
    assert refused.value.code == 9018
    assert device.upgrade.outcome(order("2")) == Outcome(9018, refused.value.text)
    device.upgrade.take(device.received("2.0"), order("3"))
    device.rules = Rules(allow_downgrade=True)
    assert device.upgrade.take(device.received("1.9"), order("4")).needs_reboot


def proved(device: Device, image: Received, number: str) -> None:
    device.upgrade.take(image, order(number))
    device.restart()
    device.begin()
    device.upgrade.session_finished()
    assert device.upgrade.outcome(order(number)) == Outcome(0, "")


def test_an_image_older_than_the_one_that_runs_is_refused_though_a_still_older_one_has_proved_itself(
    device: Device,
) -> None:
    proved(device, device.received("2.0"), "1")
    device.version = "3.0"
    with pytest.raises(TransferFailed, match=r"version 2\.5 is older than 3\.0"):
        device.upgrade.take(device.received("2.5"), order("2"))
    device.version = "1.0"
    device.begin()
    with pytest.raises(TransferFailed, match=r"version 1\.5 is older than 2\.0"):
        device.upgrade.take(device.received("1.5"), order("3"))


class Packages(DebianMachine):
    """Any package: a file of one says its name and its version."""

    def prepare(self) -> None:
        self.installed = {"modem": "1.0", "voice": "1.0"}

    def answer(self, arguments: list[str], given: str) -> str:
        match arguments:
            case ["dpkg-deb", "--field", file, *_]:
                return "Package: {}\nVersion: {}\nArchitecture: all\n".format(*Path(file).read_text().split())
            case ["dpkg", "--install", "--force-confold", file]:
                name, self.installed[name] = Path(file).read_text().split()
                return ""
        return super().answer(arguments, given)


def test_a_package_is_compared_with_itself_installed_and_proved_and_with_no_other(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/firmware.json").write_text('{"version":1,"minimum":"9.0","trial":null}')  # of an earlier agent
    machine = Packages(tmp_path / "root")
    device = Device(tmp_path, installer=Debian(machine.given))

    def package(name: str, version: str) -> Received:
        return device.received(version, f"{name} {version}".encode())

    proved(device, package("modem", "2.0"), "1")
    proved(device, package("voice", "1.5"), "2")  # older than the other one
    machine.installed = {"modem": "1.0", "voice": "5.0"}  # by hand
    with pytest.raises(TransferFailed, match=r"version 3\.0 is older than 5\.0"):
        device.upgrade.take(package("voice", "3.0"), order("3"))
    with pytest.raises(TransferFailed, match=r"version 1\.5 is older than 2\.0"):
        device.upgrade.take(package("modem", "1.5"), order("4"))
    saved = json.loads((tmp_path / "state/firmware.json").read_text())
    assert (saved["minimum"], saved["packages"]) == ("9.0", {"modem": "2.0", "voice": "1.5"})


@pytest.mark.parametrize(
    ("version", "more", "code", "text"),
    [
        ("2.0", {"boards": ("other,board",)}, 9018, "the image is for other,board, this is acme,router"),
        ("0.9", {}, 9018, "the image's version 0.9 is older than 1.0"),
        ("2.0", {"signer": Signer("thief")}, 9019, "by no key"),
        ("2.0", {"content": b""}, 9018, "the image is empty"),
    ],
)
def test_an_image_that_is_not_for_this_device_changes_nothing(
    device: Device, version: str, more: dict[str, object], code: int, text: str
) -> None:
    with pytest.raises(TransferFailed, match=text) as refused:
        device.upgrade.take(device.received(version, **more), order())  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not (device.folder / "lab").exists()
    trial = device.upgrade.trial
    assert trial is not None
    assert (trial.failure, trial.awaits_restart) == ("ValidationFailed", False)


def test_a_bit_flip_in_any_block_and_any_truncation_change_nothing(device: Device) -> None:
    image = device.received().path
    good = image.read_bytes()
    spoilt = [
        *(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :] for at in range(0, len(CONTENT), 4096)),
        *(good[:at] for at in range(0, len(good), 4096)),
    ]
    for number, content in enumerate(spoilt):
        image.write_bytes(content)
        with pytest.raises(TransferFailed) as refused:
            device.upgrade.take(received(image), order(str(number)))
        assert refused.value.code in (9018, 9019)
    assert not (device.folder / "lab").exists()


def test_an_image_without_a_signature_is_taken_only_where_none_is_required(device: Device) -> None:
    image = device.upgrade.room(0) / "image"
    image.write_bytes(CONTENT)
    with pytest.raises(TransferFailed, match="no signed manifest") as refused:
        device.upgrade.take(received(image), order())
    assert refused.value.code == 9019
    assert device.told == [("firmware", f"firmware: {refused.value.text}")]  # nothing was begun
    device.rules = Rules(require_signature=False)
    with pytest.raises(TransferFailed, match="does not say its version"):
        device.upgrade.take(received(image), order("8"))
    device.rules = Rules(require_signature=False, allow_downgrade=True)
    assert device.upgrade.take(received(image), order("9")).needs_reboot


def test_the_key_of_before_is_not_believed_after_a_rotation(device: Device) -> None:
    new = Signer("new", b"\x02" * 8)
    new.trusted_in(device.keys, "new.pub")
    device.upgrade.take(device.received(signer=new), order("1"))
    (device.keys / "vendor.pub").unlink()
    device.upgrade = Device(device.folder / "another").upgrade
    device.upgrade._verification._trusted._place = device.keys  # type: ignore[attr-defined]
    image = sealed_image(device.upgrade.room(0) / "image", CONTENT, SIGNER)
    with pytest.raises(TransferFailed, match="by no key"):
        device.upgrade.take(received(image), order("2"))


def test_no_second_image_comes_while_one_is_on_trial(device: Device) -> None:
    device.upgrade.take(device.received(), order())
    device.restart()
    device.begin()
    with pytest.raises(TransferFailed, match="another image") as refused:
        device.upgrade.room(0)
    assert refused.value.may_resume


def test_an_image_for_which_there_is_no_room_is_not_fetched(device: Device) -> None:
    with pytest.raises(TransferFailed, match=f"needs {(1 << 60) + SPARE_ROOM} bytes, [0-9]+ are free") as refused:
        device.upgrade.room(1 << 60)
    assert refused.value.code == 9010


def test_an_installation_that_fails_is_told_and_the_running_image_stays(device: Device) -> None:
    taken = device.received()
    (device.folder / "lab").write_text("in the way")
    assert device.upgrade.take(taken, order()) == Taken(False, "firmware")
    outcome = device.upgrade.outcome(order())
    assert outcome is not None
    assert outcome.code == 9010
    assert "could not be installed" in outcome.text
    assert device.upgrade.trial is not None
    assert device.upgrade.trial.failure == "InstallationFailed"


def test_what_nobody_knows_of_has_failed(device: Device) -> None:
    outcome = device.upgrade.outcome(order("99"))
    assert outcome is not None
    assert outcome.code == 9010


def test_a_document_that_cannot_be_read_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/firmware.json").write_text('{"version":1,"minimum":"3","trial":{"stage":"flying"}}')
    device = Device(tmp_path)
    assert device.upgrade.trial is None
    with pytest.raises(TransferFailed, match="older than 3"):
        device.upgrade.take(device.received(), order())


def the_former_stays(device: Device) -> None:
    for _ in range(2):
        assert device.upgrade.told() == Told("Available", "", "1.0")
        device.begin()


def test_the_former_image_can_be_started_until_another_is_written_over_it(device: Device) -> None:
    proved(device, device.received("2.0"), "1")
    the_former_stays(device)
    device.upgrade.transfer_ended("2", 9016, "no access")
    the_former_stays(device)
    for number, image in (("3", device.received(signer=Signer("thief"))), ("4", device.received("1.5"))):
        with pytest.raises(TransferFailed):
            device.upgrade.take(image, order(number))
        the_former_stays(device)
    device.kill_at = device.points + 2  # its manifest is about to be cut off
    with pytest.raises(Killed):
        device.upgrade.take(device.received("3.0"), order("5"))
    device.begin()
    the_former_stays(device)
    (device.folder / "lab/.bank-1.new").mkdir()
    device.upgrade.take(device.received("3.0"), order("6"))
    assert device.upgrade.told().status == "InstallationFailed"
    device.upgrade.transfer_ended("7", 9016, "no access")
    device.begin()
    assert device.upgrade.told() == Told("DownloadFailed", is_lost=True)


def test_what_is_written_over_is_lost_from_the_beginning_on_and_after_a_kill(device: Device) -> None:
    proved(device, device.received("2.0"), "1")
    device.kill_at = device.points + 5  # the installer is at work
    with pytest.raises(Killed):
        device.upgrade.take(device.received("3.0"), order("2"))
    device.begin()
    assert device.upgrade.told() == Told("InstallationFailed", "Acme 3.0", "3.0", is_lost=True)


def test_what_is_refused_for_its_age_was_never_being_installed(device: Device) -> None:
    for number in ("1", "2"):
        with pytest.raises(TransferFailed):
            device.upgrade.take(device.received("0.9"), order(number))
    assert device.told == [("firmware", "firmware: the image's version 0.9 is older than 1.0")] * 2


def test_a_restart_without_a_trial_is_the_laboratorys_boot_into_the_bank_that_was_chosen(device: Device) -> None:
    proved(device, device.received("2.0"), "1")
    device.upgrade.installer.boot_next("bank 1")
    device.restart()
    device.begin()
    assert running(device) == "1"
    assert device.upgrade.outcome(order("1")) == Outcome(0, "")


@pytest.mark.parametrize(("broken", "changes"), [(b"", True), (b"GOOD", False)])
def test_a_start_with_the_former_image_is_none_with_another(device: Device, broken: bytes, changes: bool) -> None:
    device.upgrade.take(device.received(), order())
    (device.folder / "lab/broken").write_bytes(broken)
    device.restart()
    assert device.upgrade.has_changed == changes
    device.begin()
    assert not device.upgrade.has_changed


# --- kill -9 ---------------------------------------------------------------------------------------------------------


def an_upgrade(device: Device, *, is_good: bool) -> None:
    """What transfers and core do around it, as often as the agent has to start; a verdict ends it."""
    for _ in range(40):
        try:
            one(device, is_good=is_good)
        except Killed:
            device.begin_again = True  # type: ignore[attr-defined]
        else:
            return
    raise AssertionError("it does not end")


def one(device: Device, *, is_good: bool) -> None:
    if getattr(device, "begin_again", False):
        device.begin_again = False  # type: ignore[attr-defined]
        device.begin()
    elif device.has_booted:
        device.begin()
    upgrade = device.upgrade
    trial = upgrade.trial
    if not getattr(device, "is_taken", False):
        image = device.folder / "images/image"
        if not image.exists():
            device.received()
        taken = upgrade.take(received(image), order())
        device.is_taken = True  # type: ignore[attr-defined]
        if taken.needs_reboot and not device.has_booted:
            device.restart()
    elif trial is not None and trial.awaits_restart:
        device.pass_time(400)
    if device.has_booted:
        device.begin()
    trial = device.upgrade.trial
    if trial is not None and trial.stage is Stage.TRYING and is_good:
        device.upgrade.session_finished()
    device.pass_time(2000)
    if device.upgrade.outcome(order()) is None:
        raise Killed  # another round


@pytest.mark.parametrize("is_good", [True, False])
def test_a_kill_at_any_point_leaves_the_machine_with_the_right_image_and_one_verdict(
    tmp_path: Path, is_good: bool
) -> None:
    untouched = Device(tmp_path / "untouched")
    an_upgrade(untouched, is_good=is_good)
    assert untouched.points > 12
    for at in range(1, untouched.points + 1):
        device = Device(tmp_path / str(at))
        device.kill_at = at
        an_upgrade(device, is_good=is_good)
        assert device.kill_at is None, at
        outcome = device.upgrade.outcome(order())
        assert outcome is not None
        assert running(device) == ("2" if outcome.code == 0 else "1"), (at, outcome)
        assert (outcome.code == 0) == is_good, (at, outcome)
        device.restart()
        device.begin()
        assert running(device) == ("2" if is_good else "1"), at
        assert device.upgrade.outcome(order()) == outcome


def test_an_image_whose_manifest_was_cut_off_before_a_kill_is_still_known(device: Device) -> None:
    taken = device.received()
    device.kill_at = device.points + 3  # the installer is about to write
    with pytest.raises(Killed):
        device.upgrade.take(taken, order())
    assert sealed(taken.path) is None
    device.begin()
    assert device.upgrade.take(taken, order()) == Taken(True, "firmware")
    taken.path.write_bytes(CONTENT + b"x")
    device.begin()
    with pytest.raises(TransferFailed):
        device.upgrade.take(taken, order("8"))
