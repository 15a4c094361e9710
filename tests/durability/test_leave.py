"""`run --leave`: what the agent made in the system goes, what it knows stays, and the next start makes it again."""

from pathlib import Path

import pytest

from tests.durability.stand import Agent, Stand
from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE


@pytest.fixture
def link(lab: Namespace) -> Namespace:
    lab.ip("link add lan0 type veth peer name lan1")
    return lab


def configured(agent: Agent) -> None:
    names = agent.values("Device.IP.Interface.*.Name")
    row = next(path.removesuffix("Name") for path, name in names.items() if name == "lan0")
    address = agent.ask("add", path=f"{row}IPv4Address.")["path"]
    values = {
        f"{row}Enable": "1",
        f"{address}IPAddress": "192.0.2.1",
        f"{address}SubnetMask": "255.255.255.0",
        f"{address}Enable": "1",
        "Device.Firewall.Config": "High",
        "Device.Firewall.Enable": "1",
    }
    agent.ask("set", values=values)


def state(stand: Stand) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in stand.state.glob("*.json")}


@pytest.mark.slow
def test_what_was_made_goes_and_comes_back_with_the_next_start(tmp_path: Path, link: Namespace) -> None:
    with Stand(tmp_path, link, manage=["lan0"], more="[discovery]\nenable = false\n") as stand:
        agent = stand.start()
        configured(agent)
        before = link.ip("address show dev lan0")
        assert "192.0.2.1/24" in before
        agent.stop()
        assert "192.0.2.1/24" in link.ip("address show dev lan0")
        saved = state(stand)
        left = stand.launch(options=["--leave"])
        assert left.process.wait(PATIENCE) == 0, stand.log_lines()
        assert "192.0.2.1/24" not in link.ip("address show dev lan0")
        assert all(not one.up for one in link.netlink().links() if one.name == "lan0")
        assert state(stand) == saved
        assert not (stand.state / "control.sock").exists()
        stand.start()
        assert "192.0.2.1/24" in link.ip("address show dev lan0")


@pytest.mark.slow
def test_what_was_made_goes_though_the_settings_are_broken_and_nothing_else_does(
    tmp_path: Path, link: Namespace
) -> None:
    with Stand(tmp_path, link, manage=["lan0"], more="[discovery]\nenable = false\n") as stand:
        agent = stand.start()
        configured(agent)
        agent.stop()
        link.ip("address add 198.51.100.1/24 dev lan1")
        link.ip("link set lan1 up")
        wrong = stand.settings.read_text().replace("manage = ['lan0']", "manage = ['lan0'")
        assert wrong != stand.settings.read_text()
        stand.settings.write_text(wrong)
        left = stand.launch(options=["--leave"])
        assert left.process.wait(PATIENCE) == 0, stand.log_lines()
        assert "192.0.2.1/24" not in link.ip("address show dev lan0")
        assert "198.51.100.1/24" in link.ip("address show dev lan1")
        assert "this is not TOML" in stand.log.read_text()


@pytest.mark.slow
def test_an_agent_that_runs_is_not_left_behind_its_back(tmp_path: Path, link: Namespace) -> None:
    with Stand(tmp_path, link, more="[discovery]\nenable = false\n") as stand:
        agent = stand.start()
        assert stand.launch(options=["--leave"]).process.wait(PATIENCE) == 1
        assert agent.is_alive
