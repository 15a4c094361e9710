"""A configuration file over the real kernel and the real programs: four mechanisms come back, or none."""

import json

import pytest

from agent.cli import client
from tests.backends.test_whole_gateway import MISSING, another_has_the_packet_filter
from tests.backends.whole_gateway import MAPPINGS, Crossing, WholeGateway, gateway
from tests.netlab.fixtures import make_namespace

__all__ = ["gateway", "make_namespace"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


def test_what_was_taken_away_comes_back_as_a_whole_or_not_at_all(gateway: WholeGateway) -> None:
    ask, crossing = gateway.agent.ask, Crossing(gateway)
    crossing.set(crossing.values)
    assert crossing.holds()
    content = ask("config", action="backup")["content"]
    shown, system = crossing.shown(), gateway.system()
    assert ask("config", action="preview", content=content)["changes"] == []

    for path in (crossing.mapping, crossing.route, crossing.pool, crossing.shaper):
        ask("delete", path=path)
    other = gateway.add(MAPPINGS)
    assert not crossing.holds()
    bare = gateway.system()
    told = ask("config", action="preview", content=content)["changes"]
    assert f"{crossing.mapping}ExternalPort" in {one["path"] for one in told}
    assert f"{other}ExternalPort" in {one["path"] for one in told if one["after"] is None}
    assert gateway.system() == bare

    with another_has_the_packet_filter(gateway, crossing):
        before = gateway.system()
        with pytest.raises(client.Failure) as refused:
            ask("config", action="restore", content=content)
        refusals = refused.value.document["error"].get("refusals", [refused.value.document["error"]])
        assert all(one["path"].startswith("Device.NAT.") for one in refusals), refusals
        assert gateway.system() == before
    assert ask("config", action="restore", content=content)["status"] == 0
    assert crossing.holds()
    assert crossing.shown() == shown
    after = gateway.system()
    assert {name: after[name] for name in ("routes", "addresses", "queues", "classes")} == {
        name: system[name] for name in ("routes", "addresses", "queues", "classes")
    }
    kept, now = (json.loads(one)["backends"] for one in (content, ask("config", action="backup")["content"]))
    assert [kept[name]["records"] for name in ("firewall", "lan", "qos")] == [
        now[name]["records"] for name in ("firewall", "lan", "qos")
    ]
