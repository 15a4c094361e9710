"""Orders to the lab ONU, line by line: what each does, and what is said of those that cannot be done."""

from collections.abc import Iterable

import pytest

from agent.lab.onu_frames import Message
from agent.lab.onu_mib import ANI, SERVER, VEIP_INSTANCE, Mib
from agent.lab.onu_orders import ORDERS, Orders, Wrong
from agent.lab.onu_protocol import Protocol


class Bench:
    """Hands that write down what they did."""

    def __init__(self) -> None:
        self.mib = Mib(0.0)
        self.done: list[object] = []
        self._onu = Protocol(self.mib)
        self.orders = Orders(self.mib, self)

    def command(self, commands: Iterable[Message]) -> list[int]:
        answers = [self._onu.answer(command, 0.0) for command in commands]
        return [answer.body[0] for answer in answers if answer]

    def tell_alarm(self, number: int, instance: int, bitmap: bytes) -> None:
        self.done.append((number, instance, bitmap[0]))

    def tell_change(self, number: int, instance: int, mask: int) -> None:
        self.done.append((number, instance, mask))

    def plug(self) -> None:
        self.done.append("plug")

    def unplug(self) -> None:
        self.done.append("unplug")

    def stall(self, seconds: float) -> None:
        self.done.append(seconds)

    def spoil(self, how: str, frames: int) -> None:
        self.done.append((how, frames))

    def quit(self) -> None:
        self.done.append("quit")


@pytest.mark.parametrize(
    ("order", "told", "done"),
    [
        ("", "", []),
        ("light -27.5 3", "receives -27.50 dBm, sends 3.00 dBm", [(263, ANI, 0x0044)]),
        ("alarm 2 on", "alarm 2 of 263 32769 is active", [(263, ANI, 0x20)]),
        ("alarm 0 off 11 0x101", "alarm 0 of 11 257 is clear", [(11, 0x0101, 0)]),
        ("avc 329 0x0e01 2 1", "attribute 2 of 329 3585 is 01", [(329, VEIP_INSTANCE, 0x4000)]),
        ("avc 329 3585 3 hex:4142", "attribute 3 of 329 3585 is 4142" + "00" * 23, [(329, VEIP_INSTANCE, 0x2000)]),
        ("unplug", "the device is gone", ["unplug"]),
        ("plug", "there is a new device", ["plug"]),
        ("stall 2.5", "nothing is sent for 2.5 s", [2.5]),
        ("spoil corrupt 3", "corrupt: the next 3", [("corrupt", 3)]),
        ("spoil drop", "drop: the next 1", [("drop", 1)]),
        ("state O4", "the activation state is O4", []),
        ("drift off", "levels stay", []),
        ("interval", "a counting interval has ended", []),
        ("reset", "the MIB is reset", []),
        ("reboot", "the ONU has restarted", []),
        ("quit", "it ends", ["quit"]),
    ],
)
def test_an_order_is_done(order: str, told: str, done: list[object]) -> None:
    bench = Bench()
    assert bench.orders.do(order) == told
    assert bench.done == done


def test_the_olt_provisions_with_all_that_an_acs_has_and_takes_it_back() -> None:
    bench = Bench()
    told = bench.orders.do("acs http://acs.example/ --user 'a b' --password x --scheme basic --vlan 100 --priority 5")
    assert told == "the OLT has provisioned http://acs.example/ with 16 commands"
    assert bench.mib.values[SERVER, VEIP_INSTANCE] == {1: b"\0", 2: b"\x80\0", 3: (5 << 13 | 100).to_bytes(2)}
    assert bench.mib.values[148, 0][2].rstrip(b"\0") == b"a b"
    bench.orders.do("lock")
    assert bench.mib.values[SERVER, VEIP_INSTANCE][1] == b"\x01"
    bench.orders.do("unlock")
    assert "340 is unlocked" in bench.orders.do("show")
    bench.orders.do("service")
    bench.orders.do("service")
    bench.orders.do("forget")
    assert (148, 0) not in bench.mib.values


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ("dance", "there is no order dance"),
        ("acs", "required: url"),
        ("acs http://a --scheme md4", "invalid choice"),
        (f"acs http://{'a' * 400}", "375"),
        ("light", r"light is not understood; it is: light RX \[TX\]"),
        ("light warm", r"light warm is not understood; it is: light RX"),
        ("unlock 1 2 '", "quotation"),
        ("light 99", "not between"),
        ("alarm 224 on", "not between"),
        ("alarm 1 perhaps", "on or off"),
        ("alarm 1 on 9999 0", "result 4"),
        ("avc 329 7 2 1", "result 5"),
        ("avc 329 3585 9 1", "not between 1 and 5"),
        ("avc 329 3585 2 999", "999 does not fit attribute 2 of 329"),
        ("spoil burn", "cut, merge"),
        ("spoil cut -5", "-5 is not between 1 and 10000"),
        ("acs http://a --vlan 99999", "99999 is not between 0 and 4094"),
        ("acs http://a --vlan 1 --priority 8", "8 is not between 0 and 7"),
        ("state 11", "not between"),
        ("acs 'unended", "quotation"),
    ],
)
def test_what_cannot_be_done_is_said(order: str, why: str) -> None:
    with pytest.raises(Wrong, match=why):
        Bench().orders.do(order)


def test_every_order_stands_in_the_help() -> None:
    with pytest.raises(Wrong) as wrong:
        Bench().orders.do("?")
    for order in str(wrong.value).partition("known: ")[2].split(", "):
        assert f"{order} " in ORDERS.replace("|", " ") + " ", order
