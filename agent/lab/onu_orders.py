"""What a person orders the lab ONU to do, a line each: the OLT's doings, the fibre's, the cable's. No I/O."""

import argparse
import shlex
from collections.abc import Callable, Iterable
from typing import Final, NoReturn, Protocol

from agent.lab.onu_classes import kinds
from agent.lab.onu_frames import Message
from agent.lab.onu_line import SPOILS
from agent.lab.onu_mib import ANI, ANI_G, SERVER, VEIP_INSTANCE, Mib, Refused
from agent.lab.onu_olt import SCHEMES, Olt, TooLong

ORDERS: Final = """\
the OLT:    acs URL [--user NAME] [--password TEXT] [--realm TEXT] [--scheme digest|basic|off] [--vlan N] [--priority N]
                            provision 157, 148 and 137, and unlock 340 with them
            forget          lock 340, and delete what it pointed to
            lock | unlock   340 alone
            service         a T-CONT with a GEM port, counters on them, a VLAN table
            reset           MIB reset: what the OLT made is gone, 340 is locked
            reboot          of the ONU
the fibre:  light RX [TX]   the levels in dBm, from now on without drifting; the ONU tells it by an AVC
                            below -40 dBm consoles tell of LOS and LOF
            drift on|off    levels swing by 0.3 dB
            alarm NUMBER on|off [CLASS INSTANCE]   of the ANI, or another entity
            state N         the activation state, O1 to O7, which consoles tell
            interval        the counting interval of 15 minutes ends now
            avc CLASS INSTANCE NUMBER VALUE        an attribute has another value (a number, or hex:DIGITS)
the line:   unplug | plug   the device goes away; another comes, behind the same link
            stall SECONDS   nothing is sent for so long
            spoil KIND [FRAMES]   the next frames are: cut, merge, duplicate, corrupt, noise, drop
            show            what it is like now
            quit            end"""


class Wrong(Exception):
    """An order that cannot be done; the message says why."""


class Hands(Protocol):
    """What orders need of the lab ONU beside its MIB."""

    def command(self, commands: Iterable[Message]) -> list[int]:
        """The OLT sends commands; their results."""
        ...

    def tell_alarm(self, number: int, instance: int, bitmap: bytes) -> None:
        """Of its own accord."""
        ...

    def tell_change(self, number: int, instance: int, mask: int) -> None:
        """The same: an AVC."""
        ...

    def plug(self) -> None:
        """A new device."""
        ...

    def unplug(self) -> None:
        """No device."""
        ...

    def stall(self, seconds: float) -> None:
        """Silence."""
        ...

    def spoil(self, how: str, frames: int) -> None:
        """Spoilt frames."""
        ...

    def quit(self) -> None:
        """End."""
        ...


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Wrong(message)


class Orders:
    """Does one after the other."""

    def __init__(self, mib: Mib, hands: Hands) -> None:
        """Nothing is ordered yet."""
        self._mib, self._hands = mib, hands
        self._olt = Olt()
        self._known: dict[str, Callable[[list[str]], str]] = {
            "acs": self._acs, "forget": self._forget, "lock": self._lock, "unlock": self._unlock,
            "service": self._service, "reset": self._reset, "reboot": self._reboot, "light": self._light,
            "drift": self._drift, "alarm": self._alarm, "state": self._state, "interval": self._interval,
            "avc": self._avc, "unplug": self._unplug, "plug": self._plug, "stall": self._stall,
            "spoil": self._spoil, "show": self._show, "quit": self._quit,
        }  # fmt: skip

    def do(self, line: str) -> str:
        """Do an order; what is to be said of it. Raises Wrong."""
        try:
            words = shlex.split(line)
        except ValueError as error:
            raise Wrong(str(error)) from None
        if not words:
            return ""
        order = self._known.get(words[0])
        if order is None:
            raise Wrong(f"there is no order {words[0]}; known: {', '.join(self._known)}")
        try:
            return order(words[1:])
        except (IndexError, ValueError, OverflowError, KeyError):
            raise Wrong(f"{line.strip()} is not understood; it is: {_usage(words[0])}") from None
        except OSError as error:
            raise Wrong(f"{words[0]}: {error.strerror or error}") from None
        except Refused as refused:
            raise Wrong(f"the ONU refuses it: {refused}") from None

    def _commands(self, commands: Iterable[Message], *, may_fail: tuple[int, ...] = (0,)) -> int:
        try:
            results = self._hands.command(commands)
        except TooLong as error:
            raise Wrong(str(error)) from None
        if wrong := [result for result in results if result not in may_fail]:
            raise Wrong(f"the ONU answered with result {wrong[0]}")
        return len(results)

    def _acs(self, words: list[str]) -> str:
        parser = _Parser(prog="acs", add_help=False)
        parser.add_argument("url")
        for name in ("--user", "--password", "--realm"):
            parser.add_argument(name, default="")
        parser.add_argument("--scheme", choices=sorted(SCHEMES), default="digest")
        parser.add_argument("--vlan", type=int)
        parser.add_argument("--priority", type=int, default=0)
        given = parser.parse_args(words)
        priority = int(_between(given.priority, 0, 7))
        tag = 0xFFFF if given.vlan is None else priority << 13 | int(_between(given.vlan, 0, 4094))
        commands = self._olt.provision(given.url, given.user, given.password, given.realm, given.scheme, tag)
        count = self._commands(commands, may_fail=(0, 5))
        return f"the OLT has provisioned {given.url} with {count} commands"

    def _forget(self, _: list[str]) -> str:
        self._commands(self._olt.withdraw(), may_fail=(0, 5))
        return "340 is locked, and what it pointed to is gone"

    def _lock(self, _: list[str]) -> str:
        self._commands([self._olt.lock(is_locked=True)])
        return "340 is locked"

    def _unlock(self, _: list[str]) -> str:
        self._commands([self._olt.lock(is_locked=False)])
        return "340 is unlocked"

    def _service(self, _: list[str]) -> str:
        return f"a GEM port with its counters, by {self._commands(self._olt.service(), may_fail=(0, 7))} commands"

    def _reset(self, _: list[str]) -> str:
        self._commands([self._olt.reset()])
        return "the MIB is reset"

    def _reboot(self, _: list[str]) -> str:
        self._commands([self._olt.reboot()])
        return "the ONU has restarted"

    def _light(self, words: list[str]) -> str:
        self._mib.drifts = False
        self._mib.receive = _between(float(words[0]), -60, 20)
        self._mib.transmit = _between(float(words[1]), -60, 20) if len(words) > 1 else self._mib.transmit
        self._mib.shine()
        self._hands.tell_change(ANI_G, ANI, 0x0044)
        return f"receives {self._mib.receive:.2f} dBm, sends {self._mib.transmit:.2f} dBm"

    def _drift(self, words: list[str]) -> str:
        self._mib.drifts = _on(words[0])
        return "levels drift" if self._mib.drifts else "levels stay"

    def _alarm(self, words: list[str]) -> str:
        bit, is_on = int(_between(int(words[0]), 0, 223)), _on(words[1])
        number, instance = (int(words[2], 0), int(words[3], 0)) if len(words) > 2 else (ANI_G, ANI)
        bitmap = self._mib.alarm(number, instance, [bit], is_on=is_on)
        self._hands.tell_alarm(number, instance, bitmap)
        return f"alarm {bit} of {number} {instance} is {'active' if is_on else 'clear'}"

    def _state(self, words: list[str]) -> str:
        self._mib.ranged = int(_between(int(words[0].lstrip("Oo")), 1, 9))
        return f"the activation state is O{self._mib.activation}"

    def _interval(self, _: list[str]) -> str:
        self._mib.end_interval()
        return "a counting interval has ended"

    def _avc(self, words: list[str]) -> str:
        number, instance, index = (int(word, 0) for word in words[:3])
        entity = self._mib.entity(number, instance)
        attributes = kinds()[number].attributes
        attribute = attributes[int(_between(index, 1, len(attributes))) - 1]
        if words[3].startswith("hex:"):
            octets = bytes.fromhex(words[3][4:]).ljust(attribute.size, b"\0")[: attribute.size]
        else:
            try:
                octets = int(words[3], 0).to_bytes(attribute.size, signed=attribute.kind == "i")
            except OverflowError:
                raise Wrong(f"{words[3]} does not fit attribute {index} of {number}") from None
        entity[index] = octets
        self._hands.tell_change(number, instance, attribute.bit)
        return f"attribute {index} of {number} {instance} is {octets.hex()}"

    def _unplug(self, _: list[str]) -> str:
        self._hands.unplug()
        return "the device is gone"

    def _plug(self, _: list[str]) -> str:
        self._hands.plug()
        return "there is a new device"

    def _stall(self, words: list[str]) -> str:
        self._hands.stall(_between(float(words[0]), 0, 3600))
        return f"nothing is sent for {words[0]} s"

    def _spoil(self, words: list[str]) -> str:
        how, frames = words[0], int(_between(int(words[1]), 1, 10_000)) if len(words) > 1 else 1
        if how not in SPOILS:
            raise Wrong(f"frames can be spoilt by {', '.join(SPOILS)}")
        self._hands.spoil(how, frames)
        return f"{how}: the next {frames}"

    def _show(self, _: list[str]) -> str:
        mib = self._mib
        locked = "locked" if mib.values[SERVER, VEIP_INSTANCE][1] != b"\0" else "unlocked"
        receive, transmit = (
            int.from_bytes(mib.values[ANI_G, ANI][index], signed=True) * 0.002 for index in (10, 14)
        )  # fmt: skip
        return (
            f"O{mib.activation}; {len(mib.values)} entities, MIB data sync {mib.values[2, 0][1][0]}; 340 is {locked}; "
            f"receives {receive:.2f} dBm, sends {transmit:.2f} dBm; {len(mib.alarms)} entities with alarms"
        )

    def _quit(self, _: list[str]) -> str:
        self._hands.quit()
        return "it ends"


def _usage(order: str) -> str:
    """What stands of it in ORDERS, without what it does."""
    usages = (line[ORDERS.index("acs") :].partition("  ")[0] for line in ORDERS.splitlines())
    return next(usage for usage in usages if order in usage.split())


def _on(word: str) -> bool:
    if word not in ("on", "off"):
        raise Wrong(f"on or off, not {word}")
    return word == "on"


def _between(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise Wrong(f"{value} is not between {low} and {high}")
    return value
