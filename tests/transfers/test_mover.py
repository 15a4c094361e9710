from agent.runtime.endpoint import AcsEndpoint
from agent.transfers.mover import Way


def test_files_are_moved_as_the_acs_is_reached() -> None:
    assert Way(AcsEndpoint("https://acs.example", interface="wan", ca_file="/ca.pem")).endpoint.interface == "wan"
