"""What is wanted of dynamic DNS outlives the agent as it was."""

from backends.desired_state import Pointer, Wanted
from backends.dynamic_dns.records import KINDS, Client, Hostname, Server


def test_records_are_read_back_and_names_go_with_their_client() -> None:
    wanted = (
        Wanted(4)
        .with_record("+1", Server(enable=True, name="x", service="dyndns2", port=80, max_retries=0))
        .with_record("+2", Client(server="+1", interface=Pointer("Device.IP.Interface.{i}.", ("eth0",)), password="p"))
        .with_record("+3", Hostname(parent="+2", name="a.b"))
    )
    assert Wanted.from_json(wanted.to_json(), KINDS) == wanted
    assert wanted.without(Server, "+1").of(Hostname)
    assert not wanted.without(Client, "+2").of(Hostname)
