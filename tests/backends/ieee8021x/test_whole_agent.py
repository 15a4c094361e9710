"""The whole agent at a port that asks who it is: the ACS configures the supplicant, and is told what comes of it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from backends.files import read_text
from backends.programs import Program
from tests.backends.ieee8021x.conftest import lab, make_namespace, port
from tests.backends.ieee8021x.port import IDENTITY, SECRET, SUPPLICANT, Port
from tests.durability.stand import Agent, Stand
from tests.waiting import until

__all__ = ["lab", "make_namespace", "port"]

ACTIVE = 2


@pytest.fixture
def stand(port: Port, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """The agent and its ACS, both in the namespace of the port; the way to the ACS is the loopback.

    The directory's name is short: the name of wpa_supplicant's socket below it has to fit into 107 bytes (unix(7)).
    """
    with Stand(tmp_path_factory.mktemp("x"), namespace=port.home, manage=["c0"]) as made:
        yield made
        print(*made.log_lines()[-60:], sep="\n")  # pytest shows it where a test failed
    supplicant(made).stop()


def supplicant(stand: Stand) -> Program:
    """The wpa_supplicant that the agent runs."""
    return Program("wpa_supplicant", stand.state / "services" / "ieee8021x" / "c0")


def noted(stand: Stand) -> int | None:
    """Its process as the agent has written it down; to ask Program while it starts one is to write there too."""
    text = read_text(stand.state / "services" / "ieee8021x" / "c0" / "wpa_supplicant.pid")
    return json.loads(text)["pid"] if text else None


def configured(stand: Stand, agent: Agent, **values: Any) -> str:
    """A row that the ACS has added for c0."""
    names = agent.values("Device.Ethernet.Interface.*.Name")
    interface = next(path for path, name in names.items() if name == "c0").removesuffix(".Name")
    number = stand.done(agent, "AddObject", path=SUPPLICANT)["instance_number"]
    row = f"{SUPPLICANT}{number}."
    given = {
        "Interface": interface, "EAPIdentity": IDENTITY, "EAPMD5.Enable": True, "EAPMD5.SharedSecret": SECRET,
        "Enable": True, **values,
    }  # fmt: skip
    stand.done(agent, "SetParameterValues", parameters={row + name: value for name, value in given.items()})
    return row


@pytest.mark.slow
def test_the_acs_is_told_of_each_state_that_lasts(stand: Stand, port: Port) -> None:
    agent = stand.first_contact()
    row = configured(stand, agent, StartPeriod=1, MaxStart=2)
    state = f"{row}PAEState"
    until(lambda: agent.values(state) == {state: "Held"})
    stand.done(agent, "SetParameterAttributes", parameters={state: {"notification": ACTIVE}})

    def told(value: str) -> None:
        """An Inform says so, by and by."""
        until(lambda: value in [one.parameters.get(state) for one in stand.acs.informs[seen:]])

    seen = len(stand.acs.informs)
    port.authenticator.start()
    stand.done(agent, "SetParameterValues", parameters={f"{row}Reset": True})
    told("Authenticated")
    seen = len(stand.acs.informs)
    port.authenticator.stop()
    port.home.ip("link set s0 down")
    told("Disconnected")
    seen = len(stand.acs.informs)
    port.home.ip("link set s0 up")
    port.authenticator.start()
    told("Authenticated")
    assert port.authenticator.is_authorized()


@pytest.mark.slow
def test_it_outlives_the_agent_and_is_started_again_where_it_ended(stand: Stand) -> None:
    agent = stand.first_contact()
    configured(stand, agent)
    process = supplicant(stand).pid()
    assert process is not None
    agent.kill()
    again = stand.start()
    assert supplicant(stand).pid() == process
    until(lambda: again.ask("status"))
    supplicant(stand).stop()
    until(lambda: noted(stand) not in (None, process))
    assert supplicant(stand).pid() == noted(stand)
    assert not any(SECRET in line or SECRET.encode().hex() in line for line in stand.log_lines())


@pytest.mark.slow
def test_every_parameter_of_the_profile_is_answered(stand: Stand) -> None:
    agent = stand.first_contact()
    [found] = agent.ask("coverage", profile="IEEE8021xAuthentication:2")["profiles"]
    assert (found["bound"], found["missing"]) == (found["required"], [])
