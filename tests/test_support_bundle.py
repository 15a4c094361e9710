"""End to end: secrets and names planted in a real agent from every side, and not one of them in its support bundle."""

import base64
import socket as sockets
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.cli import client
from agent.cli.main import run
from agent.lab.gate import Auth
from tests.durability.stand import Stand
from tests.waiting import until

SERVER = "Device.ManagementServer."
SECRETS = {
    "in the settings": "canary-settings-password",
    "set by the ACS": "canary-acs-password",
    "of connection requests": "canary-request-password",
    "in a URL": "canary-url-password",
    "refused": "canary-refused-value",
}
NAMES = ["subscriber-4711", "files.isp-name.example", "Box-Serial-0815", "pathsecretXYZ", "annas-alias"]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    more = f"""[identity]
serial_number = "Box-Serial-0815"
[trace]
directory = "{tmp_path / "traces"}"
"""
    with Stand(tmp_path, more=more, auth=Auth("digest", "subscriber-4711", SECRETS["in the settings"])) as made:
        text = made.settings.read_text()
        credentials = f'username = "subscriber-4711"\npassword = "{SECRETS["in the settings"]}"\n'
        made.settings.write_text(
            text.replace("[connection_request]", f'{credentials}[connection_request]\npath = "pathsecretXYZ"', 1)
        )
        yield made
        print(*made.log_lines()[-60:], sep="\n")


def test_no_secret_and_no_name_leaves_the_device(stand: Stand, tmp_path: Path) -> None:
    agent = stand.first_contact()
    parameters = {
        f"{SERVER}ConnectionRequestUsername": "subscriber-4711",
        f"{SERVER}ConnectionRequestPassword": SECRETS["of connection requests"],
    }
    assert stand.rpc(agent, "SetParameterValues", parameters=parameters, parameter_key="").result == {"status": 0}
    url = f"http://user:{SECRETS['in a URL']}@files.isp-name.example/fw?token={SECRETS['in a URL']}"
    stand.rpc(agent, "SetParameterValues", parameters={f"{SERVER}URL": url}, parameter_key="")  # which is refused
    stand.rpc(agent, "SetParameterValues", parameters={f"{SERVER}ConnectionRequestPassword": SECRETS["refused"] * 20},
              parameter_key="")  # fmt: skip
    with pytest.raises(client.Failure):
        agent.ask("set", values={f"{SERVER}Password": SECRETS["refused"] * 20})
    agent.ask("set", values={"Device.Users.User.1.Alias": "annas-alias"})
    agent.ask("set", values={f"{SERVER}Password": SECRETS["set by the ACS"]})
    agent.ask("inform")
    until(lambda: agent.ask("status")["acs"]["failed_attempts"] > 0)  # its password is wrong now: that is told as well

    file = tmp_path / "bundle.tar.gz"
    assert run(["support-bundle", str(file), "--socket", str(stand.state / "control.sock")]) == 0
    assert file.stat().st_size <= 5_000_000
    with tarfile.open(file) as archive:
        members = {one.name: archive.extractfile(one) for one in archive.getmembers()}
        texts = {name: (held.read() if held else b"") for name, held in members.items()}
    assert {"cpe-agent-support/discover.json", "cpe-agent-support/model.txt"} <= set(texts)
    assert any("/sessions/" in name for name in texts)
    whole = b"\n".join([*texts.values(), *(name.encode() for name in texts)])
    for planted in [*SECRETS.values(), *NAMES, *filter(None, [uncommon(sockets.gethostname())])]:
        found = [name for name, text in texts.items() if planted.lower().encode() in text.lower()]
        assert found == [], f"{planted} is in {found}"
        assert base64.b64encode(planted.encode()) not in whole
    assert b"SetParameterValues" in whole  # it is still worth reading
    assert b"serial-1" in texts["cpe-agent-support/status.json"]
    assert b"serial-1" in texts["cpe-agent-support/model.txt"]
    assert agent.is_alive


def uncommon(name: str) -> str:
    """The machine's name, unless it is one that many have, or a word of its own."""
    return name if len(name) > 8 else ""
