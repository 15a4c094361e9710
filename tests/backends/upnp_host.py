"""A host that asks the gateway for a port mapping, by plain HTTP and SOAP."""

import re
from typing import Any
from xml.sax.saxutils import escape

from tests.netlab.gateway import HOST, INSIDE, Gateway

ASK = """
import http.client, json, sys
address, port, path, action, body = sys.argv[1:]
connection = http.client.HTTPConnection(address, int(port), timeout=5)
headers = {"SOAPAction": f'"urn:schemas-upnp-org:service:WANIPConnection:1#{action}"', "Content-Type": "text/xml"}
connection.request("POST", path, body.encode(), headers)
print(json.dumps(connection.getresponse().read().decode()))
"""
ENVELOPE = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    '<u:AddPortMapping xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1">{}</u:AddPortMapping>'
    "</s:Body></s:Envelope>"
)


def ask(
    gateway: Gateway, external: int, internal: int = 8081, client: str = HOST, *, description: str = "a game",
    lease: int = 3600,
) -> str:  # fmt: skip
    """The answer to AddPortMapping; a fault where it is refused."""
    arguments: dict[str, Any] = {
        "RemoteHost": "", "ExternalPort": external, "Protocol": "TCP", "InternalPort": internal,
        "InternalClient": client, "Enabled": 1, "PortMappingDescription": description, "LeaseDuration": lease,
    }  # fmt: skip
    body = ENVELOPE.format("".join(f"<New{name}>{escape(str(value))}</New{name}>" for name, value in arguments.items()))
    listening = gateway.router.run("ss", "-H", "-lntp")
    found = re.search(r":(\d+)\s.*miniupnpd", listening)
    assert found, listening
    answer: str = gateway.lan.python(ASK, INSIDE, found[1], "/ctl/IPConn", "AddPortMapping", body)
    return answer
