"""What every execution environment keeps: signed archives, opkg and apk, each over its own root.

``OPKG_BIN=/path/to/opkg-cl`` and ``APK_BIN=/path/to/apk`` run the suite over the real ones as well.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backends.commands import run
from backends.errors import MechanismError
from backends.files import read_bytes
from backends.modules.apk import Apk
from backends.modules.archives import Archives
from backends.modules.environment import Cause, Environment, ModuleError, Running
from backends.modules.opkg import Opkg
from backends.modules.packages import Manager, Packages
from backends.modules.runner import OwnRunner
from backends.versions import is_older
from tests.backends.modules.making import INIT_SCRIPT, archive, ipk, signature, verify
from tests.waiting import until

FAKE = Path(__file__).parents[2] / "fakes/package_manager.py"
REAL_OPKG, REAL_APK = os.environ.get("OPKG_BIN", ""), os.environ.get("APK_BIN", "")


class ByPidFile:
    """What runs of the services of a root whose init scripts keep process ids."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def running(self, name: str) -> Running | None:
        try:
            process = int((self._root / f"run/{name}.pid").read_text())
            os.kill(process, 0)
        except (OSError, ValueError):
            return None
        return Running((process,))


@dataclass
class Stand:
    """An environment, what makes packages for it, and where everything of it is."""

    root: Path
    make: Callable[..., Path]
    open: Callable[..., Environment]
    is_manager: bool

    def environment(self) -> Environment:
        return self.open(run)

    def tree(self) -> dict[str, bytes]:
        """Every file by name; but for working files, and what the system's clock is part of."""
        return {
            str(file.relative_to(self.root)): file.read_bytes() if file.is_file() else b""
            for file in sorted(self.root.rglob("*"))
            if not file.is_dir() and not {"before", "run", "lock", "log"} & set(file.relative_to(self.root).parts)
        }


def archives(place: Path) -> Stand:
    def make(path: Path, is_cut: bool = False, **told: Any) -> Path:
        if is_cut:
            told["content"] = {"data.txt": b"something else"}
        unit = {"name": "main", "arguments": ["bin/greet"], "privileged": True}  # pytest's folders let nobody else in
        return archive(path, **{"units": [unit], **told})

    def opened(_start: Any) -> Environment:
        return Archives(place, OwnRunner(place.parent / "units"), verify, is_older, machine=lambda: "x86_64")

    place.mkdir()
    return Stand(place, make, opened, is_manager=False)


def made_by_apk(path: Path, fields: dict[str, str]) -> Path:
    """A package of apk's own making, with what ``ipk`` has in one."""
    tree = path.with_name(f"{path.name}.tree")
    name, version = fields.get("Package", "greeter"), fields.get("Version", "1.0")
    files = {f"etc/init.d/{name}": INIT_SCRIPT, f"usr/share/{name}.txt": version.encode(),
             f"usr/share/{name}-{version}.bin": bytes(range(256)) * 256}  # fmt: skip
    for file, content in files.items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_bytes(content)
        (tree / file).chmod(0o755)
    arch = fields.get("Architecture", "noarch")
    info = {"name": name, "version": version, "arch": arch, "license": "none", "description": "greets"}
    words = [word for key, value in info.items() for word in ("--info", f"{key}:{value}")]
    words += ["--info", f"depends:{fields['Depends']}"] if "Depends" in fields else []
    run([REAL_APK, "mkpkg", *words, "--files", str(tree), "--output", str(path)], seconds=30.0)
    sign_beside(path)
    return path


def packages(place: Path, kind: str, command: Sequence[str], *, is_real_apk: bool = False) -> Stand:
    for folder in ("usr/lib/opkg/info", "lib/apk/db", "etc/apk", "etc/opkg", "var/lock", "tmp", "rom/etc"):
        (place / folder).mkdir(parents=True)
    (place / "etc/opkg.conf").write_text("dest root /\narch all 1\narch noarch 1\narch x86_64 10\n")
    (place / "lib/apk/db/installed").write_text("")
    (place / "etc/apk/world").write_text("")
    (place / "usr/lib/opkg/status").write_text("")

    def make(path: Path, is_cut: bool = False, **told: Any) -> Path:
        names = {"name": "Package", "version": "Version", "architecture": "Architecture", "requires": "Depends"}
        said = {names[one]: " ".join(value) if one == "requires" else value for one, value in told.items()}
        return made_by_apk(path, said) if is_real_apk else ipk(path, is_cut=is_cut, **said)

    def opened(start: Any) -> Environment:
        manager: Manager = Opkg(start, command) if kind == "opkg" else Apk(start, command)
        return Packages(manager, place.parent / "kept", ByPidFile(place), is_older, verify, start, place)

    return Stand(place, make, opened, is_manager=True)


KINDS = [
    "archives", "opkg", "apk", *(["real opkg"] if REAL_OPKG else []), *(["real apk"] if REAL_APK else []),
]  # fmt: skip


@pytest.fixture(params=KINDS)
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    place = tmp_path / "root"
    match request.param:
        case "archives":
            made = archives(place)
        case "real opkg":
            made = packages(place, "opkg", [REAL_OPKG, "--offline-root", str(place)])
        case "real apk":
            command = [REAL_APK, "--root", str(place), "--arch", "x86_64"]
            made = packages(place, "apk", command, is_real_apk=True)
            run([*command, "add", "--initdb"], seconds=30.0)
        case kind:
            made = packages(place, kind, [sys.executable, str(FAKE), kind, str(place)])
    yield made
    environment = made.environment()
    for identifier, one in environment.installed().items():
        for unit in one.units:
            with suppress(MechanismError):
                environment.stop(identifier, unit, 1)


def refused(act: Callable[[], object]) -> Cause:
    with pytest.raises(ModuleError) as refusal:
        act()
    return refusal.value.cause


def installed(stand: Stand, path: Path, **told: Any) -> Environment:
    environment = stand.environment()
    environment.install(environment.inspect(stand.make(path, **told)))
    return environment


def test_a_package_says_who_it_is_and_is_installed(stand: Stand, tmp_path: Path) -> None:
    environment = stand.environment()
    package = environment.inspect(stand.make(tmp_path / "p", version="1.4"))
    assert (package.name, package.version) == ("greeter", "1.4")
    assert environment.installed() == {}
    before = environment.stamp()
    identifier = environment.install(package)
    environment.forget()
    [one] = environment.installed().values()
    assert (one.identifier, one.name, one.version, one.is_resolved, one.is_broken) == (
        identifier, "greeter", "1.4", True, False,
    )  # fmt: skip
    assert environment.stamp() != before
    assert stand.environment().installed() == environment.installed()  # another run of the agent knows it too


def test_an_update_takes_the_place_of_what_was_there_and_an_uninstall_leaves_nothing(
    stand: Stand, tmp_path: Path
) -> None:
    stand.environment().recover()
    empty = stand.tree()
    environment = installed(stand, tmp_path / "1")
    identifier = environment.install(environment.inspect(stand.make(tmp_path / "2", version="2.0")))
    environment.forget()
    assert [one.version for one in environment.installed().values()] == ["2.0"]
    environment.uninstall(identifier)
    environment.forget()
    assert environment.installed() == {}
    left = {name for name in stand.tree() if stand.tree()[name] != empty.get(name)}
    assert {name for name in left if "greeter" in name} == set()
    environment.uninstall(identifier)  # what is not there is no error


def test_its_units_run_and_stop_and_are_known_to_the_next_run_of_the_agent(stand: Stand, tmp_path: Path) -> None:
    environment = installed(stand, tmp_path / "p")
    [(identifier, one)] = environment.installed().items()
    [unit] = one.units
    assert environment.running(identifier, unit) is None
    environment.start(identifier, unit)
    found = stand.environment().running(identifier, unit)
    assert found is not None
    assert all(Path(f"/proc/{process}").exists() for process in found.processes)
    environment.stop(identifier, unit, 3)
    until(lambda: environment.running(identifier, unit) is None)


@pytest.mark.parametrize("what", ["update", "uninstall", "its last words"])
def test_of_a_unit_that_has_ended_by_itself_nothing_runs_on(tmp_path: Path, what: str) -> None:
    stand, pid = archives(tmp_path / "root"), tmp_path / "pid"
    text = f"#!/bin/sh\nsetsid sleep 67 & echo $! > {pid}; sleep 0.3; printf 'no\\033\\n config'".encode()
    environment = installed(stand, tmp_path / "p", having={"bin/greet": text})
    [unit] = environment.installed()["greeter"].units
    environment.start("greeter", unit)
    until(lambda: not environment.running("greeter", unit))
    environ = Path(f"/proc/{pid.read_text().strip()}/environ")
    assert read_bytes(environ)
    if what == "update":
        unit_of_another_name = [{"name": "other", "arguments": ["bin/greet"]}]
        package = environment.inspect(stand.make(tmp_path / "2", version="2.0", units=unit_of_another_name))
        environment.install(package, lambda: None)
    elif what == "its last words":
        assert environment.last_words("greeter", unit) == "no config"
    else:
        environment.uninstall("greeter")
    until(lambda: not read_bytes(environ))
    assert bool([*(tmp_path / "units").iterdir()]) is (what == "its last words")


def test_what_starts_by_itself_is_as_it_was_told(stand: Stand, tmp_path: Path) -> None:
    environment = installed(stand, tmp_path / "p")
    [(identifier, one)] = environment.installed().items()
    if environment.starts_units():
        assert one.units[0].starts_by_itself
        return
    for wanted in (True, False):
        environment.keep_started(identifier, one.units[0], wanted)
        environment.forget()
        assert environment.installed()[identifier].units[0].starts_by_itself is wanted


def test_versions_are_compared(stand: Stand) -> None:
    assert stand.environment().is_older("1.9", "1.10")
    assert not stand.environment().is_older("2.0", "2.0")


def test_a_file_of_another_kind_one_that_ends_early_and_one_with_a_flipped_bit_are_corrupted(
    stand: Stand, tmp_path: Path
) -> None:
    environment = stand.environment()
    good = stand.make(tmp_path / "good").read_bytes()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 0x10
    for number, content in enumerate([b"", b"no package at all", good[: len(good) // 2], bytes(flipped)]):
        file = tmp_path / f"bad-{number}"
        file.write_bytes(content)
        sign_beside(file)
        cause = refused(lambda file=file: environment.install(environment.inspect(file)))  # type: ignore[misc]
        assert cause in (Cause.CORRUPTED, Cause.NOT_GENUINE)
        assert cause is Cause.CORRUPTED or number == 3
    assert environment.installed() == {}


def sign_beside(file: Path) -> None:
    file.with_name(f"{file.name}.sig").write_bytes(signature(file))


def test_what_nobody_trusted_has_signed_is_not_genuine(stand: Stand, tmp_path: Path) -> None:
    file = stand.make(tmp_path / "p", **({} if stand.is_manager else {"sign": lambda _: b"somebody else"}))
    beside = file.with_name(f"{file.name}.sig")
    if stand.is_manager:
        beside.write_bytes(b"signed by somebody else")
    assert refused(lambda: stand.environment().inspect(file)) is Cause.NOT_GENUINE
    if stand.is_manager:
        beside.unlink()
        assert refused(lambda: stand.environment().inspect(file)) is Cause.NOT_GENUINE


def test_a_package_for_another_processor_does_not_fit(stand: Stand, tmp_path: Path) -> None:
    def act() -> None:
        environment = stand.environment()
        environment.install(environment.inspect(stand.make(tmp_path / "p", architecture="mips")))

    assert refused(act) is Cause.MISMATCH


def test_one_that_needs_more_room_than_there_is_is_refused(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = stand.environment()
    package = environment.inspect(stand.make(tmp_path / "p"))
    full = os.statvfs(tmp_path)
    small = os.statvfs_result([*full[:3], 1, 1, *full[5:]])
    monkeypatch.setattr("os.statvfs", lambda _: small)
    assert refused(lambda: environment.install(package)) is Cause.RESOURCES


def test_a_place_that_cannot_be_written_is_told_without_its_name(tmp_path: Path) -> None:
    stand = packages(tmp_path / "root", "opkg", [sys.executable, str(FAKE), "opkg", str(tmp_path / "root")])
    environment = stand.environment()
    package = environment.inspect(stand.make(tmp_path / "p"))
    (tmp_path / "kept").touch()
    with pytest.raises(ModuleError, match=r"^no place for packages: File exists$"):
        environment.install(package)


def test_an_update_that_fails_in_the_middle_leaves_everything_as_it_was(stand: Stand, tmp_path: Path) -> None:
    environment = installed(stand, tmp_path / "1")
    environment.recover()
    before = stand.tree()
    if stand.is_manager:
        (stand.root / "usr/share/greeter-2.0.bin/in the way").mkdir(parents=True)  # opkg itself goes on
    package = environment.inspect(stand.make(tmp_path / "2", version="2.0", is_cut=not stand.is_manager))
    assert refused(lambda: environment.install(package)) in (Cause.RESOURCES, Cause.CORRUPTED, Cause.WRONG_STATE)
    assert stand.tree() == before
    assert [one.version for one in stand.environment().installed().values()] == ["1.0"]


def test_one_that_does_not_stand_its_trial_leaves_everything_as_it_was(stand: Stand, tmp_path: Path) -> None:
    environment = installed(stand, tmp_path / "1")
    environment.recover()
    before = stand.tree()
    seen: list[str] = []

    def trial() -> None:
        environment.forget()
        seen.extend(one.version for one in environment.installed().values())
        raise ModuleError(Cause.WRONG_STATE, "it ends at once")

    package = environment.inspect(stand.make(tmp_path / "2", version="2.0"))
    assert refused(lambda: environment.install(package, trial)) is Cause.WRONG_STATE
    assert seen == ["2.0"]
    assert stand.tree() == before
    assert [one.version for one in stand.environment().installed().values()] == ["1.0"]
    environment.install(package, lambda: None)
    assert [one.version for one in stand.environment().installed().values()] == ["2.0"]


def test_a_crash_in_the_trial_goes_back_to_what_was_there(stand: Stand, tmp_path: Path) -> None:
    environment = installed(stand, tmp_path / "1")
    environment.recover()
    before = stand.tree()
    package = environment.inspect(stand.make(tmp_path / "2", version="2.0"))
    child = os.fork()
    if not child:
        environment.install(package, lambda: os.kill(os.getpid(), signal.SIGKILL))
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    stand.environment().recover()
    assert stand.tree() == before
    assert [one.version for one in stand.environment().installed().values()] == ["1.0"]


def test_what_cannot_be_read_is_a_trouble_and_nothing_is_changed(stand: Stand, tmp_path: Path) -> None:
    environment = installed(stand, tmp_path / "1")
    environment.recover()
    assert environment.trouble() == ""
    places = ("installed.json", "usr/lib/opkg/status", "lib/apk/db/installed", "usr/lib/apk/db/installed")
    for document in filter(Path.is_file, (stand.root / place for place in places)):
        document.unlink()
        document.mkdir()
    before = stand.tree()
    environment.forget()
    for again in (environment, stand.environment()):
        assert "cannot be read" in again.trouble()
        assert again.installed() == {}
        with pytest.raises(MechanismError, match="cannot be read"):
            again.uninstall("greeter")
    assert stand.tree() == before


def test_what_requires_something_that_is_not_there_is_unresolved_or_refused(stand: Stand, tmp_path: Path) -> None:
    environment = stand.environment()
    package = environment.inspect(stand.make(tmp_path / "p", name="needy", requires=["absent"]))
    if stand.is_manager:
        assert refused(lambda: environment.install(package)) is Cause.MISMATCH
        assert environment.installed() == {}
        return
    identifier = environment.install(package)
    assert not environment.installed()[identifier].is_resolved
    with pytest.raises(MechanismError):
        environment.start(identifier, environment.installed()[identifier].units[0])
    environment.install(environment.inspect(stand.make(tmp_path / "q", name="absent")))
    assert environment.installed()[identifier].is_resolved


def test_what_another_module_needs_stays(stand: Stand, tmp_path: Path) -> None:
    environment = installed(stand, tmp_path / "1")
    environment.install(environment.inspect(stand.make(tmp_path / "2", name="needy", requires=["greeter"])))
    environment.forget()
    if stand.is_manager:
        assert refused(lambda: environment.uninstall("greeter")) is Cause.WRONG_STATE
        assert set(environment.installed()) == {"greeter", "needy"}
    else:
        environment.uninstall("greeter")
        assert not environment.installed()["needy"].is_resolved


# What touches the medium: Python's own audit events of them (PEP 578).
TOUCHES = frozenset(("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.chown", "os.symlink"))


def crash_at(number: int, act: Callable[[], object]) -> bool:
    """Do it in a child that is killed before its so manyth touch of the medium; whether it came to its end."""
    child = os.fork()
    if not child:
        left = number

        def audit(event: str, _details: Any) -> None:
            nonlocal left
            if event in TOUCHES or event == "subprocess.Popen":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(audit)
        try:
            act()
        finally:
            os._exit(0)
    return os.WIFEXITED(os.waitpid(child, 0)[1])


@pytest.mark.slow
@pytest.mark.parametrize("what", ["update", "uninstall"])
def test_a_crash_at_any_moment_leaves_the_one_or_the_other(stand: Stand, tmp_path: Path, what: str) -> None:
    environment = installed(stand, tmp_path / "1")
    environment.recover()
    old = stand.tree()
    two = stand.make(tmp_path / "2", version="2.0")
    package = environment.inspect(two)
    act = (lambda: environment.install(package)) if what == "update" else (lambda: environment.uninstall("greeter"))
    done = False
    for number in [*range(1, 40, 3), *range(40, 400, 9)]:
        done = crash_at(number, act)
        environment.recover()
        environment.forget()
        versions = [one.version for one in environment.installed().values()]
        if versions == ["1.0"]:
            assert stand.tree() == old
        else:
            assert versions == (["2.0"] if what == "update" else [])
            environment.uninstall("greeter")  # opkg would take no older one
            environment.install(environment.inspect(tmp_path / "1"))
            if not stand.is_manager:
                old = stand.tree()
        if done:
            break
    assert done
