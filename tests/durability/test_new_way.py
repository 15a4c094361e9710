"""A WAN that comes late is used at once. The real agent, links and routes; the ACS is at the other end of a cable."""

import pytest

from tests.durability.stand import Stand
from tests.durability.world import FIRST_ADDRESS
from tests.waiting import PATIENCE, until

WAIT = "Device.ManagementServer.CWMPRetryMinimumWaitInterval"


@pytest.mark.slow
def test_an_address_that_comes_ends_a_wait_of_many_minutes(remote: Stand) -> None:
    home = remote.namespace
    assert home is not None
    home.ip("address flush dev wan")
    agent = remote.start()

    def failures() -> int:
        return int(agent.ask("status")["acs"]["failed_attempts"])

    until(lambda: failures() == 1)
    agent.ask("set", values={WAIT: "1800"})
    agent.ask("inform")
    until(lambda: failures() == 2)
    home.ip(f"address add {FIRST_ADDRESS}/24 dev wan")
    remote.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
    assert any("there is a new way to the ACS" in line for line in remote.log_lines())
