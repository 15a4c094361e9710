"""Where the ACS is listened to, what lets it in, and what people see of it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.connection_requests import ConnectionRequests, index_of
from agent.cwmp import management_server as ms
from agent.first_values import CONNECTION_REQUEST_PATH
from agent.model.own_values import OwnValues
from agent.settings import ConnectionRequest

OWN = {
    ms.URL: "https://acs.example/",
    "ManagementServer.ConnectionRequestUsername": "acs",
    "ManagementServer.ConnectionRequestPassword": "secret",
    CONNECTION_REQUEST_PATH: "x",
}


def requests(place: Path, own: dict[str, Any] | None = None, *, port: int = 0, **asked: Any) -> ConnectionRequests:
    """Of an agent that listens at that port, if it does."""
    listener = SimpleNamespace(port=port, accepted=3, refused=1, last_refusal=None) if port else None
    agent: Any = SimpleNamespace(
        settings=SimpleNamespace(
            connection_request=ConnectionRequest(**asked), control_socket=lambda: place / "control.sock"
        ),
        own=OwnValues({**ms.DEFAULTS, CONNECTION_REQUEST_PATH: ""}, OWN if own is None else own),
        model=SimpleNamespace(root="Device.", forget=lambda: None),
        workers=SimpleNamespace(listener=listener, problem=""),
        reach=SimpleNamespace(
            acs_address="192.0.2.1", connection_request_url=lambda port, path, on: f"http://{on or 'any'}:{port}/{path}"
        ),
        way_to_acs=SimpleNamespace(interface=lambda: "mgmt0"),
        mechanisms=SimpleNamespace(udp_echo=None),
    )
    return ConnectionRequests(agent)


def test_it_is_listened_on_its_own_interface_or_on_that_of_management(tmp_path: Path) -> None:
    assert requests(tmp_path).listening().interface == "mgmt0"
    found = requests(tmp_path, interface="lo", digest="SHA-256").listening()
    assert (found.interface, found.interface_index, found.algorithm) == ("lo", index_of("lo"), "SHA-256")
    assert index_of("lo") > 0
    assert index_of("gone0") == index_of("") == 0


def test_nothing_listens_without_an_acs_and_people_read_why(tmp_path: Path) -> None:
    assert requests(tmp_path).listening().is_enabled
    nobody = requests(tmp_path, {})
    assert not nobody.listening().is_enabled
    assert nobody.url() == ""
    told = nobody.facts()
    assert (told["problem"], told["is_listening"], told["accepted"]) == (
        "no ACS is configured, so nothing listens",
        False,
        0,
    )


def test_people_see_the_url_and_the_user_but_no_password(tmp_path: Path) -> None:
    told = requests(tmp_path, port=7547).facts()
    assert (told["url"], told["username"], told["accepted"], told["refused"]) == ("http://mgmt0:7547/x", "acs", 3, 1)
    assert "secret" not in str(told)


def test_the_door_is_wanted_open_while_something_listens(tmp_path: Path) -> None:
    assert requests(tmp_path, firewall="acs").door().due(0.0) is None
    assert requests(tmp_path, port=7547, firewall="acs").door().due(0.0) == 0.0
