"""The whole agent with a management interface of its own: names, sessions and connection requests go by it alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.durability.stand import Stand
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace
from tests.netlab.operator_network import ACS, NAME, OWN, ROUTER, OperatorNetwork
from tests.waiting import PATIENCE, until

__all__ = ["make_namespace"]

SETTINGS = f"""management_interface = "mgmt"
management_name_servers = ["{ROUTER}"]"""


@pytest.fixture
def network(tmp_path: Path, make_namespace: Callable[[], Namespace]) -> Iterator[OperatorNetwork]:
    with OperatorNetwork(make_namespace, tmp_path) as made:
        yield made


@pytest.fixture
def stand(tmp_path: Path, network: OperatorNetwork) -> Iterator[Stand]:
    try:
        made = Stand(
            tmp_path,
            namespace=network.device,
            network=SETTINGS,
            host=ACS,
            acs_namespace=network.operator,
            provision=True,
        )
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    made.configure(f"http://{NAME}:{made.acs.port}/")
    with made:
        yield made
        print(*made.log_lines()[-40:], sep="\n")


def test_the_acs_is_found_and_reached_and_finds_us_while_the_subscriber_has_no_way_out(
    stand: Stand, network: OperatorNetwork
) -> None:
    agent = stand.first_contact()
    assert f"query[A] {NAME} from {OWN}" in network.questions()
    [device] = stand.acs.devices.values()
    assert device.connection_request_url.startswith(f"http://{OWN}:")

    network.device.ip("link set wan down")
    seen = len(stand.acs.informs)
    asked = Stand.inside(lambda: stand.acs.request_connection(stand.device), network.operator)

    assert asked.accepted, asked
    stand.acs.wait_for_inform("6 CONNECTION REQUEST", after=seen, timeout=PATIENCE)
    assert stand.session(agent)


@pytest.mark.slow
def test_a_way_that_comes_later_is_taken(stand: Stand, network: OperatorNetwork) -> None:
    network.device.ip(f"address del {OWN}/24 dev mgmt")
    agent = stand.start()
    assert agent.ask("status")["connection_request"]["url"] == ""

    network.device.ip(f"address add {OWN}/24 dev mgmt")
    network.device.ip(f"route add default via {ROUTER} dev mgmt metric 500")

    until(lambda: OWN in agent.ask("status")["connection_request"]["url"])
    agent.ask("inform")
    stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)


@pytest.mark.slow
def test_the_servers_and_the_gateway_of_a_lease_are_taken(stand: Stand, network: OperatorNetwork) -> None:
    network.device.ip("route del default dev mgmt")
    stand.settings.write_text(stand.settings.read_text().replace(f'["{ROUTER}"]', "[]"))
    agent = stand.start()

    lease = {"interface": "mgmt", "dns": ROUTER, "router": f"8.8.8.8 {ROUTER}"}
    agent.ask("dhcp_event", event={"client": "udhcpc", "reason": "bound", "environment": lease})
    assert f"default via {ROUTER} dev mgmt" in network.device.ip("route show table 12900")
    agent.ask("inform")

    stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    assert f"from {OWN}" in network.questions()


@pytest.mark.slow
def test_a_lease_that_names_other_servers_ends_an_attempt_that_waits_for_silent_ones(
    stand: Stand, network: OperatorNetwork
) -> None:
    silent = [f"198.51.100.{host}" for host in (97, 98, 99)]
    for one in silent:
        network.operator.ip(f"route add blackhole {one}/32")
    stand.settings.write_text(stand.settings.read_text().replace(f'["{ROUTER}"]', "[]"))
    agent = stand.start()

    def lease(*servers: str) -> None:
        told = {"interface": "mgmt", "dns": " ".join(servers), "router": ROUTER}
        agent.ask("dhcp_event", event={"client": "udhcpc", "reason": "bound", "environment": told})

    lease(*silent)
    agent.ask("inform")
    until(lambda: agent.ask("status")["acs"]["state"] == "in session")
    lease(ROUTER)

    stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    assert any("failed: there is a new way to the ACS; the next attempt in 0 s" in line for line in stand.log_lines())
