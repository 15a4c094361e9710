"""A management VLAN beside the subscriber's PPPoE on one port, by the whole agent."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.durability.stand import Stand
from tests.netlab.namespace import Namespace, veth
from tests.vm.provider import Provider, give_terminals
from tests.vm.whole.gateway import PASSWORD, PPP, USER
from tests.waiting import PATIENCE, until

LINK, OWN, ACS = "wan0.400", "10.9.0.2", "10.9.0.1"


def test_management_goes_on_while_the_subscriber_s_ppp_is_down(make_namespace: Callable[[], Namespace]) -> None:
    give_terminals()
    folder = Path(tempfile.mkdtemp(prefix="m", dir="/run"))
    device, provider = make_namespace(), make_namespace()
    veth(device, "wan0", provider, "up0")
    for space, port, address in ((device, "wan0", OWN), (provider, "up0", ACS)):
        space.ip("link set lo up")
        space.ip(f"link add link {port} name {port}.400 type vlan id 400")
        space.ip(f"address add {address}/24 dev {port}.400")
        space.ip(f"link set {port}.400 up")
    connection = Provider(provider, "up0", folder / "provider", {USER: PASSWORD})
    settings = f'management_interface = "{LINK}"'
    stand = Stand(folder, device, ["wan0"], network=settings, host=ACS, acs_namespace=provider, provision=True)
    with stand:
        agent = stand.first_contact()
        links = agent.values("Device.Ethernet.Link.*.Name")
        lower = next(path for path, name in links.items() if name == "wan0").removesuffix(".Name")
        row = f"{PPP}{agent.ask('add', path=PPP)['instance']}."
        connected = f"{row}ConnectionStatus"
        agent.ask("set", values={
            f"{row}LowerLayers": lower, f"{row}Username": USER, f"{row}Password": PASSWORD,
            f"{row}LCPEcho": "1", f"{row}LCPEchoRetry": "2", f"{row}Enable": "true",
        })  # fmt: skip
        connection.serve()
        until(lambda: agent.values(connected)[connected] == "Connected")
        assert "default dev ppp" in device.ip("route")
        assert stand.session(agent)

        connection.fall_silent()
        until(lambda: agent.values(connected)[connected] != "Connected")

        seen = len(stand.acs.informs)
        assert Stand.inside(lambda: stand.acs.request_connection(stand.device), provider).accepted
        stand.acs.wait_for_inform("6 CONNECTION REQUEST", after=seen, timeout=PATIENCE)
        assert stand.session(agent)
        print(*stand.log_lines()[-30:], sep="\n")
    connection.fall_silent()
    shutil.rmtree(folder, ignore_errors=True)
