"""What a device is asked to do in the crash tests, and what has to hold afterwards wherever the crash came."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, pairwise

from agent.cli import client
from agent.lab.records import Rpc
from tests.durability.stand import Stand, Tracer, killed_at
from tests.waiting import until

CODE = "Device.DeviceInfo.ProvisioningCode"  # the data model forces active notification
INTERVAL = "Device.ManagementServer.PeriodicInformInterval"
KEY = "Device.ManagementServer.ParameterKey"
CALLS = ("openat", "write", "fsync", "rename", "unlink", "close")
"""Every system call by which the agent changes its state."""
FIRST_ADDRESS, ACS_ADDRESS = "192.0.2.2", "192.0.2.1"
LOAD = 5.0  # what a start may take at most on a machine that has other things to do


class World:
    """A device with a bridge that has an address: two backends to be kept in step, the agent's own and the kernel."""

    link = "br0"

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.agent = stand.first_contact()
        quick = {"Device.ManagementServer.CWMPRetryMinimumWaitInterval": {"value": "1", "type": "unsignedInt"}}
        stand.done(self.agent, "SetParameterValues", parameters=quick)
        self.tags = count(2)
        self.slowest = 0.0
        self.make_link()
        names = self.agent.values("Device.IP.Interface.*.Name")
        self.interface = next(path for path, name in names.items() if name == self.link).removesuffix("Name")
        self.row = self.find_row()
        self.told: set[int] = {int(self.row.rstrip(".").rpartition(".")[2])}

    def make_link(self) -> None:
        """The link that is worked on."""
        bridge = f"Device.Bridging.Bridge.{self.add('Device.Bridging.Bridge.')}."
        self.stand.done(self.agent, "SetParameterValues", parameters={f"{bridge}Enable": True})

    def find_row(self) -> str:
        """The row of its address."""
        row = f"{self.interface}IPv4Address.{self.add(f'{self.interface}IPv4Address.')}."
        wanted = {"IPAddress": "192.0.2.1", "SubnetMask": "255.255.255.0", "Enable": True}
        self.stand.done(self.agent, "SetParameterValues", parameters={row + name: wanted[name] for name in wanted})
        return row

    def add(self, table: str) -> int:
        """AddObject; the instance number."""
        return int(self.stand.done(self.agent, "AddObject", path=table)["instance_number"])

    def addresses(self) -> set[str]:
        """What the kernel has on the bridge."""
        assert self.stand.namespace is not None
        shown = self.stand.namespace.ip(f"-4 -o address show dev {self.link}").split()
        return {word.partition("/")[0] for before, word in pairwise(shown) if before == "inet"}

    def restart(self, *crash: str) -> None:
        """Start after a crash, quickly and with a state that can be read; ``crash``: one more crash before it."""
        starts = self.stand.state / "starts.json"
        counted = json.loads(starts.read_text())
        starts.write_text(json.dumps({**counted, "unclean": counted["unclean"][-1:]}))  # the limit is not tested here
        if crash:
            call, number = crash
            if self.stand.launch(*killed_at(self.stand.state, call, int(number))).until_ready():
                self.stand.agents[-1].kill()
        begun = time.monotonic()
        self.agent = self.stand.start()
        self.slowest = max(self.slowest, time.monotonic() - begun)
        assert self.slowest <= LOAD
        assert self.stand.unusable() == []

    def settle(self) -> None:
        """Wait until everything is told and nothing is under way, or the agent has ended."""

        def is_quiet() -> bool:
            if not self.agent.is_alive:
                return True
            with suppress(client.Failure):  # a restart may be under way
                status = self.agent.ask("status")
                pending = status["pending"]
                is_told = not pending["events"] and pending["unconfirmed_change"] is None
                return is_told and status["acs"]["state"] != "in session"
            return False

        until(is_quiet, lambda: f"still to be told: {self.agent.ask('queue')}")


class WanWorld(World):
    """A device that reaches its ACS by the very address that the ACS changes."""

    link = "wan"

    def make_link(self) -> None:
        """It is a cable to the ACS, and the administrator gave it its first address."""

    def find_row(self) -> str:
        rows = self.agent.values(f"{self.interface}IPv4Address.*.IPAddress")
        return next(path for path, address in rows.items() if address == FIRST_ADDRESS).removesuffix("IPAddress")


@dataclass
class Step:
    """Something that is done under a tracer that may kill the agent, and judged when it runs again."""

    world: World
    tag: str = ""
    rpc: Rpc | None = None
    before: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """What has to be there before, undisturbed."""

    def act(self) -> None:
        """Do it, up to its end or the agent's."""
        raise NotImplementedError

    def check(self) -> None:
        """What has to hold."""
        raise NotImplementedError

    @property
    def was_answered(self) -> bool:
        """Whether the ACS was told that it is done."""
        return self.rpc is not None and self.rpc.state == "done"

    def ask(self, method: str, **arguments: object) -> None:
        """The RPC of this step, in a session of its own."""
        self.rpc = rpc = self.world.stand.queue(method, **arguments)
        self.world.stand.session(self.world.agent)
        with suppress(TimeoutError):
            self.until(lambda: rpc.is_finished)  # one session may have been under way already; then another follows
        assert self.rpc.state == "done" or not self.world.agent.until_ready(), (self.rpc.state, self.rpc.result)

    def until(self, happened: Callable[[], object]) -> None:
        """Wait for it, or for the agent's end."""
        until(lambda: happened() or not self.world.agent.is_alive)

    def told_once(self, event: str) -> None:
        """The ACS was told of the event, and is not told again once it has acknowledged that."""
        stand = self.world.stand
        until(lambda: stand.informs_with(event, self.tag), lambda: f"{event} is lost")
        self.world.settle()
        times = len(stand.informs_with(event, self.tag))
        assert times <= 2  # twice only where the crash came between the ACS's word and its being written down
        assert stand.session(self.world.agent)
        assert len(stand.informs_with(event, self.tag)) == times


class SetValues(Step):
    """SetParameterValues with a ParameterKey, over two backends."""

    network = "192.0.2"

    def act(self) -> None:
        number = next(self.world.tags)
        self.tag = f"key-{number}"
        self.seen = len(self.world.stand.acs.informs)
        address = f"{self.network}.{number % 200 + 2}"
        self.wanted = {CODE: self.tag, f"{self.world.row}IPAddress": address, KEY: self.tag}
        self.before = self.world.agent.values(*self.wanted)
        parameters = {path: text for path, text in self.wanted.items() if path != KEY}
        self.ask("SetParameterValues", parameters=parameters, parameter_key=self.tag)

    def check(self) -> None:
        now = self.world.agent.values(*self.wanted)
        assert now in (self.before, self.wanted), "a half change"
        assert now == self.wanted or not self.was_answered, "an accepted change is lost"
        kernel = self.world.addresses()
        assert kernel == {now[f"{self.world.row}IPAddress"]}, f"the kernel has {kernel}"


class SetAttributes(Step):
    """SetParameterAttributes."""

    def act(self) -> None:
        old = self.world.agent.ask("attributes", path=INTERVAL)["attributes"][0]["notification"]
        self.levels = {old, 2 if old != 2 else 1}
        self.level = 2 if old != 2 else 1
        self.ask("SetParameterAttributes", parameters={INTERVAL: {"notification": self.level}})

    def check(self) -> None:
        now = self.world.agent.ask("attributes", path=INTERVAL)["attributes"][0]["notification"]
        assert now in self.levels
        assert now == self.level or not self.was_answered, "an accepted attribute is lost"


class AddRow(Step):
    """AddObject: a number that was told is that row's, for ever."""

    def act(self) -> None:
        self.ask("AddObject", path=f"{self.world.interface}IPv4Address.")
        if self.was_answered and self.rpc and self.rpc.result:
            number = int(self.rpc.result["instance_number"])
            assert number > max(self.world.told), "a number was given twice"
            self.world.told.add(number)

    def check(self) -> None:
        rows = self.world.agent.values(f"{self.world.interface}IPv4Address.*.Enable")
        assert {f"{self.world.interface}IPv4Address.{number}.Enable" for number in self.world.told} <= set(rows)
        count_path = f"{self.world.interface}IPv4AddressNumberOfEntries"
        assert self.world.agent.values(count_path) == {count_path: str(len(rows))}
        assert all(enabled == "false" for path, enabled in rows.items() if not path.startswith(self.world.row))


class RemoveRow(Step):
    """DeleteObject of a row that the kernel has: gone from both, or still in both."""

    def prepare(self) -> None:
        world = self.world
        address = f"198.51.100.{next(world.tags) % 200 + 2}"
        self.table = f"{world.interface}IPv4Address."
        self.row = f"{self.table}{world.agent.ask('add', path=self.table)['instance']}."
        wanted = {"IPAddress": address, "SubnetMask": "255.255.255.0", "Enable": "true"}
        world.agent.ask("set", values={self.row + name: wanted[name] for name in wanted})
        self.address = address
        world.told.add(int(self.row.rstrip(".").rpartition(".")[2]))

    def act(self) -> None:
        self.ask("DeleteObject", path=self.row)

    def check(self) -> None:
        rows = self.world.agent.values(f"{self.table}*.IPAddress")
        is_there = f"{self.row}IPAddress" in rows
        assert not (is_there and self.was_answered), "a deleted row is back"
        assert (self.address in self.world.addresses()) == is_there, "the kernel has another state"
        self.world.told = {number for number in self.world.told if f"{self.table}{number}.IPAddress" in rows}
        if is_there:
            self.world.agent.ask("delete", path=self.row)
            self.world.told.discard(int(self.row.rstrip(".").rpartition(".")[2]))


class Reboot(Step):
    """Reboot with a CommandKey: the promise is kept, and told once."""

    def act(self) -> None:
        self.tag = f"reboot-{next(self.world.tags)}"
        self.ask("Reboot", command_key=self.tag)
        self.until(lambda: self.world.stand.informs_with("M Reboot", self.tag))
        with suppress(client.Failure):
            self.world.agent.until_ready()
            self.until(lambda: not self.world.agent.ask("queue")["events"])

    def check(self) -> None:
        if self.was_answered:
            self.told_once("M Reboot")


class Schedule(Step):
    """ScheduleInform: the promise is kept, and told once."""

    def act(self) -> None:
        self.tag = f"schedule-{next(self.world.tags)}"
        self.ask("ScheduleInform", delay_seconds=1, command_key=self.tag)
        self.until(lambda: self.world.stand.informs_with("M ScheduleInform", self.tag))
        with suppress(client.Failure):
            self.until(lambda: not self.world.agent.ask("queue")["events"])

    def check(self) -> None:
        if self.was_answered:
            self.told_once("M ScheduleInform")


class LocalChange(Step):
    """A value that the ACS follows is changed by a person: the ACS hears of it."""

    def act(self) -> None:
        self.tag = f"local-{next(self.world.tags)}"
        self.is_set = False
        with suppress(client.Failure):
            self.world.agent.ask("set", values={CODE: self.tag})
            self.is_set = True
            self.until(self.is_told)
            self.until(lambda: not self.world.agent.ask("queue")["events"])

    def is_told(self) -> bool:
        """Whether an Inform brought the new value as a change."""
        told = self.world.stand.informs_with("4 VALUE CHANGE")
        return any(inform.parameters.get(CODE) == self.tag for inform in told)

    def check(self) -> None:
        is_set = self.world.agent.values(CODE)[CODE] == self.tag
        assert is_set or not self.is_set, "an accepted value is lost"
        if is_set:
            until(self.is_told, lambda: "the change is not told")
            self.world.settle()


class Move(SetValues):
    """The device gets another address on the way to its ACS: deferred, made, confirmed."""

    def act(self) -> None:
        super().act()
        with suppress(client.Failure):
            self.world.settle()

    def check(self) -> None:
        self.world.settle()
        super().check()


class MoveAway(SetValues):
    """The device gets an address from which it does not reach its ACS: taken back, and told."""

    network = "198.51.100"

    def act(self) -> None:
        super().act()
        if self.was_answered:
            self.until(lambda: self.world.addresses() != {self.before[f"{self.world.row}IPAddress"]})
            with suppress(client.Failure):
                self.world.settle()

    def check(self) -> None:
        self.world.settle()
        assert self.world.agent.values(*self.wanted) == self.before, "a half change"
        assert self.world.addresses() == {self.before[f"{self.world.row}IPAddress"]}, "the kernel has another state"
        is_told = any("CHANGE REVERTED" in code for code in self.heard())
        assert is_told or not self.was_answered, "the ACS is not told"

    def heard(self) -> set[str]:
        """The events of the Informs since the change was asked for."""
        return {code for inform in self.world.stand.acs.informs[self.seen :] for code in inform.events}


STEPS: dict[str, type[Step]] = {
    "SetParameterValues": SetValues,
    "SetParameterAttributes": SetAttributes,
    "AddObject": AddRow,
    "DeleteObject": RemoveRow,
    "Reboot": Reboot,
    "ScheduleInform": Schedule,
    "a local change": LocalChange,
}


def survives(world: World, kind: type[Step], call: str, number: int) -> bool:
    """Kill at the ``number``-th such call of the step, start again, judge; False when the step has no such call."""
    step = kind(world)
    step.prepare()
    injected = f"{call}:signal=SIGKILL:when={number}"
    with Tracer(world.agent, world.stand.state, injected), suppress(client.Failure, FileNotFoundError):
        step.act()
    was_killed = not world.agent.until_ready()
    if was_killed:
        again = number % 3 == 0  # now and then the start that follows is cut off as well
        world.restart(*((CALLS[number % len(CALLS)], str(1 + number // 3)) if again else ()))
    step.check()
    return was_killed
