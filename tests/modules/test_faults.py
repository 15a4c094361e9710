"""Every fault code of an operation on a software module, each by its cause: the one table."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.modules.faults import CODES, MOVED
from agent.transfers.failures import Cause as Moved
from backends.modules.environment import Cause
from tests.backends.modules.making import archive, ipk
from tests.modules.gateway import Gateway, install, uninstall, update

ONE = "11111111-1111-1111-1111-111111111111"
TWO = "22222222-2222-2222-2222-222222222222"
ARCHIVES, OPKG = "Device.SoftwareModules.ExecEnv.1", "Device.SoftwareModules.ExecEnv.2"
QUIET = [{"name": "main", "arguments": ["bin/greet"], "auto_start": False}]

Codes = list[int]


def codes(gateway: Gateway, *operations: object) -> Codes:
    return [code for code, _, _ in gateway.done(*operations)]  # type: ignore[arg-type]


def served(gateway: Gateway, file: str, /, **told: object) -> None:
    archive(gateway.served / file, **{"units": QUIET, **told})  # type: ignore[arg-type]


def with_one(gateway: Gateway, version: str = "1.0") -> None:
    served(gateway, "one", version=version)
    assert codes(gateway, install("one", ONE)) == [0]


def part_of_the_firmware(gateway: Gateway) -> Codes:
    rom = gateway.place / "root/rom/usr/lib/opkg"
    rom.mkdir(parents=True)
    (rom / "status").write_text("Package: greeter\nVersion: 0.1\nStatus: install user installed\n")
    ipk(gateway.served / "one")
    return codes(gateway, install("one"))


def not_signed(gateway: Gateway) -> Codes:
    served(gateway, "one", sign=lambda _: b"nobody")
    return codes(gateway, install("one"))


def without_a_url(gateway: Gateway) -> Codes:
    return codes(gateway, install("").__class__(""))


def moved(cause: Moved) -> Callable[[Gateway], Codes]:
    def act(gateway: Gateway) -> Codes:
        gateway.trouble["one"] = cause
        return codes(gateway, install("one"))

    return act


def corrupted(gateway: Gateway) -> Codes:
    (gateway.served / "one").write_bytes(b"no archive")
    return codes(gateway, install("one"))


def bad_uuid(gateway: Gateway) -> Codes:
    return codes(gateway, install("one", "not-a-uuid"), uninstall("1234"), update("one", "x" * 36))


def unknown_environment(gateway: Gateway) -> Codes:
    return codes(gateway, install("one", ONE, "Device.SoftwareModules.ExecEnv.9"), uninstall(ONE, env="nowhere"))


def disabled_environment(gateway: Gateway) -> Codes:
    with_one(gateway)
    gateway.disable("archives")
    served(gateway, "two", version="2.0")
    return codes(gateway, install("two", TWO, ARCHIVES), update("two", ONE), uninstall(ONE))


def of_another_environment(gateway: Gateway) -> Codes:
    served(gateway, "one")
    ipk(gateway.served / "two")
    served(gateway, "three", architecture="mips")
    return codes(gateway, install("one", ONE, OPKG), install("two", TWO, ARCHIVES), install("three"))


def of_another_module(gateway: Gateway) -> Codes:
    with_one(gateway)
    served(gateway, "two", name="parrot", version="2.0")
    return codes(gateway, update("two", ONE))


def duplicate(gateway: Gateway) -> Codes:
    with_one(gateway)
    served(gateway, "two", version="2.0")
    return codes(gateway, install("one", ONE), install("two", ONE.upper()), install("two", TWO))


def unknown_module(gateway: Gateway) -> Codes:
    with_one(gateway)
    return codes(gateway, update("one", TWO), uninstall(TWO), uninstall(ONE, "9.9"), update("elsewhere"))


def not_whole(gateway: Gateway) -> Codes:
    with_one(gateway)
    served(gateway, "two", version="2.0")
    [folder] = [one for one in (gateway.place / "archives").iterdir() if one.is_dir()]
    folder.rename(gateway.place / "taken away")
    return codes(gateway, update("two", ONE))


def needed_by_another(gateway: Gateway) -> Codes:
    ipk(gateway.served / "one")
    ipk(gateway.served / "two", Package="needy", Depends="greeter")
    assert codes(gateway, install("one", ONE), install("two", TWO)) == [0, 0]
    return codes(gateway, uninstall(ONE))


def downgrade(gateway: Gateway) -> Codes:
    with_one(gateway, "2.0")
    served(gateway, "older", version="1.9")
    return codes(gateway, update("older", ONE))


def which_version(gateway: Gateway) -> Codes:
    with_one(gateway)
    ipk(gateway.served / "package", Version="7.0")
    assert codes(gateway, install("package", ONE, OPKG)) == [0]
    return codes(gateway, update("one", ONE))


def the_same_version(gateway: Gateway) -> Codes:
    with_one(gateway)
    return codes(gateway, update("one", ONE))


# Cause, code, and what brings it about: a code for each operation that it ends with.
TABLE = [
    (Cause.DENIED, 9001, part_of_the_firmware),
    (Cause.ARGUMENTS, 9003, without_a_url),
    (Cause.NOT_AUTHENTICATED, 9012, moved(Moved.NOT_AUTHENTICATED)),
    (Cause.PROTOCOL, 9013, moved(Moved.PROTOCOL)),
    (Cause.NO_CONTACT, 9015, moved(Moved.NO_CONTACT)),
    (Cause.NO_ACCESS, 9016, moved(Moved.NO_ACCESS)),
    (Cause.INCOMPLETE, 9017, moved(Moved.INCOMPLETE)),
    (Cause.CORRUPTED, 9018, corrupted),
    (Cause.NOT_GENUINE, 9018, not_signed),
    (Cause.NOT_GENUINE, 9018, moved(Moved.NOT_GENUINE)),
    (Cause.BAD_UUID, 9022, bad_uuid),
    (Cause.UNKNOWN_ENVIRONMENT, 9023, unknown_environment),
    (Cause.DISABLED_ENVIRONMENT, 9024, disabled_environment),
    (Cause.MISMATCH, 9025, of_another_environment),
    (Cause.MISMATCH, 9025, of_another_module),
    (Cause.DUPLICATE, 9026, duplicate),
    (Cause.RESOURCES, 9027, moved(Moved.NO_ROOM)),
    (Cause.UNKNOWN_MODULE, 9028, unknown_module),
    (Cause.WRONG_STATE, 9029, not_whole),
    (Cause.WRONG_STATE, 9029, needed_by_another),
    (Cause.DOWNGRADE, 9030, downgrade),
    (Cause.VERSION_MISSING, 9031, which_version),
    (Cause.VERSION_EXISTS, 9032, the_same_version),
]


@pytest.mark.parametrize(("cause", "code", "act"), TABLE)
def test_each_cause_has_its_code(cause: Cause, code: int, act: Callable[[Gateway], Codes], tmp_path: Path) -> None:
    found = act(Gateway(tmp_path))
    assert found
    assert set(found) == {code} == {CODES[cause]}


def test_that_an_environment_is_disabled_is_said(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path)
    gateway.disable("archives")
    gateway.order(install("one", ONE, ARCHIVES))
    gateway.settle()
    [one] = gateway.results()
    assert one.fault.fault_string.endswith(": it is disabled: archives")


def test_no_room_on_the_medium_is_9027(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = Gateway(tmp_path)
    served(gateway, "one")
    full = os.statvfs(tmp_path)
    monkeypatch.setattr("os.statvfs", lambda _: os.statvfs_result([*full[:3], 1, 1, *full[5:]]))
    assert codes(gateway, install("one")) == [9027]


def test_every_cause_is_in_the_table_and_every_failure_of_a_transfer_is_one() -> None:
    assert {cause for cause, _, _ in TABLE} == set(Cause) == set(CODES)
    assert set(MOVED) == set(Moved)


def test_the_codes_are_those_of_the_schema() -> None:
    # cwmp-1-2.xsd, DeploymentUnitCPEFaultCodeType
    allowed = {9001, 9003, 9012, 9013, *range(9015, 9019), *range(9022, 9033)}
    assert set(CODES.values()) == allowed
