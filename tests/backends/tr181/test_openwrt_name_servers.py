"""Name servers on OpenWrt as a part of the machine."""

from pathlib import Path

import pytest

from backends.tr181.openwrt_name_servers import openwrt_name_servers
from tests.backend_contract.test_name_servers import declared, lan_that_asks
from tests.backends.openwrt.protocols.gateway import Gateway

pytestmark = pytest.mark.slow


def test_netifd_s_news_are_the_resolver_s_news(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [lan_that_asks, openwrt_name_servers], [declared])
    part = gateway.parts[-1]
    assert part.look is not None
    assert part.look(frozenset({"netifd"})) == frozenset({"resolver"})
    assert part.look(frozenset({"link"})) == frozenset()
    (gateway.places.config / "network").unlink()
    gateway.uci.forget()
    assert openwrt_name_servers(gateway.mechanisms, gateway.surface) is None
