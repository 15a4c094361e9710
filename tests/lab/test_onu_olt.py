"""The OLT's commands: what they leave in an ONU is the way to an ACS, as the agent follows it."""

import pytest

from agent.lab.onu_frames import Message
from agent.lab.onu_mib import VEIP_INSTANCE, Mib
from agent.lab.onu_olt import Olt, TooLong
from agent.lab.onu_protocol import Protocol
from backends.errors import Missing
from backends.omci.acs_chain import AcsNamed, NoneNamed, Tag, follow
from backends.omci.queries import Got


class Fibre:
    """An OLT, an ONU, and the agent's reading of it."""

    def __init__(self) -> None:
        self.olt = Olt()
        self.mib = Mib(0.0)
        self._onu = Protocol(self.mib)

    def do(self, *commands: Message) -> list[int]:
        answers = [self._onu.answer(command, 0.0) for command in commands]
        return [answer.body[0] for answer in answers if answer]

    def acs(self) -> AcsNamed | NoneNamed:
        return follow(self._get, VEIP_INSTANCE)

    def _get(self, number: int, instance: int, mask: int) -> Got:
        if (number, instance) not in self.mib.values:
            raise Missing("")
        return Got(
            {index: octets for index, octets in self.mib.values[number, instance].items() if 0x10000 >> index & mask}
        )


@pytest.mark.parametrize("length", [20, 25, 26, 50, 375])
def test_the_agent_follows_what_the_olt_provisions(length: int) -> None:
    fibre = Fibre()
    url = "http://acs.example/".ljust(length, "x")
    results = fibre.do(*fibre.olt.provision(url, "u" * 30, "secret", "realm", "basic", 3 << 13 | 100))
    assert set(results) == {0, 5}  # what is deleted first was not there
    assert fibre.acs() == AcsNamed(url, "u" * 30, "secret", "realm", "basic", Tag(100, 3, may_drop=False))
    assert set(fibre.do(*fibre.olt.provision("https://other.example/"))) == {0}
    assert fibre.acs() == AcsNamed("https://other.example/")


def test_locked_or_withdrawn_or_reset_it_names_none() -> None:
    fibre = Fibre()
    for end in (lambda: [fibre.olt.lock(is_locked=True)], fibre.olt.withdraw, lambda: [fibre.olt.reset()]):
        fibre.do(*fibre.olt.provision("http://acs.example/"))
        assert isinstance(fibre.acs(), AcsNamed)
        fibre.do(*end())
        assert isinstance(fibre.acs(), NoneNamed)


def test_a_service_has_a_gem_port_counters_and_a_table() -> None:
    fibre = Fibre()
    assert set(fibre.do(*fibre.olt.service())) == {0}
    assert fibre.mib.values[268, 1][1] == (1087).to_bytes(2)
    assert len(fibre.mib.table(171, 0x0101, 6)) == 48
    assert {number for number, _ in fibre.mib.counts} == {312, 341, 344}


@pytest.mark.parametrize(("url", "password"), [("", ""), ("x" * 376, ""), ("http://a", "p" * 26)])
def test_what_has_no_room_is_not_sent(url: str, password: str) -> None:
    with pytest.raises(TooLong):
        list(Olt().provision(url, "user", password))
