"""What is remembered of a device."""

import pytest

from agent.lab.records import PARAMETERS_KEPT, Device, Rpc, Session, device_id


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("001122", "Box", "7"), "001122-Box-7"),
        (("001122", "", "7"), "001122-7"),
        (("001122", "My Box-2", "ä/7"), "001122-My%20Box%2D2-%C3%A4%2F7"),
    ],
)
def test_a_device_has_the_id_that_genieacs_would_give_it(parts: tuple[str, str, str], expected: str) -> None:
    assert device_id(*parts) == expected


def test_a_device_learns_values_and_keeps_their_types() -> None:
    device = Device("d")
    device.learn("Device.A", "1", "unsignedInt")
    device.learn("Device.A", "2", "")
    assert device.parameters["Device.A"] == ("2", "unsignedInt")
    assert device.known_type("Device.A") == "unsignedInt"
    assert device.known_type("Device.B") is None


@pytest.mark.parametrize("root", ["Device", "InternetGatewayDevice"])
def test_a_device_tells_where_it_listens_under_any_root(root: str) -> None:
    device = Device("d")
    device.learn(f"{root}.ManagementServer.ConnectionRequestURL", "http://h:7547/x", "string")
    device.learn(f"{root}.ManagementServer.ConnectionRequestUsername", "me", "string")
    assert (device.connection_request_url, device.connection_request_user) == ("http://h:7547/x", "me")


def test_what_is_learnt_is_bounded() -> None:
    device = Device("d", parameters={str(index): ("", "") for index in range(PARAMETERS_KEPT)})
    device.learn("one more", "x", "")
    assert len(device.parameters) == PARAMETERS_KEPT
    device.learn("5", "new", "")
    assert device.parameters["5"][0] == "new"


def test_an_rpc_took_as_long_as_from_sending_to_reading() -> None:
    rpc = Rpc("1", "d", "Reboot", {})
    assert rpc.seconds is None
    rpc.sent, rpc.received = 1.0, 1.25
    assert rpc.seconds == 0.25


def test_a_session_is_open_until_it_ended_or_was_lost() -> None:
    session = Session(1, "c", "d", 1, "ns", 0.0, 0.0, 30.0, "http://h", [])
    states = []
    for state in ("informing", "open", "ended", "lost"):
        session.state = state  # type: ignore[assignment]
        states.append(session.is_open)
    assert states == [True, True, False, False]
