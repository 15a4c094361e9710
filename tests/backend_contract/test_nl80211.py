"""What every source of wireless facts promises: the kernel in the throw-away machine, and the fakes everywhere."""

import os
from collections.abc import Callable, Iterator

import pytest

from backends.errors import Missing
from backends.netlink import Netlink
from backends.nl80211 import Nl80211
from backends.wireless_types import channel_number
from tests.fakes.nl80211 import FakeAir, FakeNl80211
from tests.fakes.nl80211_kernel import FakeKernel, PackedNl80211

KINDS: dict[str, Callable[[], Nl80211]] = {
    "fake": FakeNl80211,
    "packed": lambda: PackedNl80211(FakeKernel(FakeAir())),
    "real": Nl80211,
}


@pytest.fixture(params=KINDS if "CPE_AGENT_IN_MACHINE" in os.environ else ["fake", "packed"])
def nl80211(request: pytest.FixtureRequest) -> Iterator[Nl80211]:
    one = KINDS[request.param]()
    yield one
    one.close()


def test_each_radio_has_a_key_of_its_own_and_each_link_a_radio(nl80211: Nl80211) -> None:
    radios = nl80211.radios()
    assert len(radios) >= 2
    assert len({radio.key for radio in radios}) == len(radios)
    assert [radio.index for radio in radios] == sorted(radio.index for radio in radios)
    assert {link.radio for link in nl80211.links()} == {radio.index for radio in radios}


def test_channels_are_numbered_by_their_frequency_and_rates_are_in_megabits(nl80211: Nl80211) -> None:
    low = nl80211.radios()[0].band("2.4GHz")
    assert low is not None
    assert [channel.number for channel in low.channels] == list(range(1, 15))
    assert all(channel_number(channel.frequency) == channel.number for channel in low.channels)
    assert [channel.number for channel in low.channels if channel.usable] == list(range(1, 12))
    assert low.rates[:4] == (1.0, 2.0, 5.5, 11.0)
    assert (low.streams, low.ht) == (2, 0x107E)


def test_reads_are_the_same_until_they_are_forgotten(nl80211: Nl80211) -> None:
    before = nl80211.links()
    assert nl80211.links() is before
    nl80211.forget()
    assert nl80211.links() is not before or nl80211.links() == before


def test_a_link_is_added_as_an_access_point_and_taken_away(nl80211: Nl80211) -> None:
    nl80211.add_access_point(nl80211.radios()[0].index, "wlan0_9")
    try:
        made = nl80211.link("wlan0_9")
        assert made is not None
        assert (made.mode, made.radio) == ("ap", nl80211.radios()[0].index)
    finally:
        nl80211.delete_link("wlan0_9")
    assert nl80211.link("wlan0_9") is None
    with pytest.raises(Missing):
        nl80211.delete_link("wlan0_9")


def test_nobody_is_associated_and_nobody_is_heard_on_a_link_that_is_idle_or_gone(nl80211: Nl80211) -> None:
    for link in ("wlan0", "nowhere"):
        assert list(nl80211.stations(link)) == []
        assert list(nl80211.neighbours(link)) == []
        assert nl80211.survey(link) is None


def test_power_is_set_on_a_link_that_is_there(nl80211: Nl80211) -> None:
    if type(nl80211) is Nl80211:
        Netlink().set_link("wlan0", up=True)
    nl80211.set_power("wlan0", 5)  # what comes of it is seen on a link that is on a channel: tests/vm/wifi
    nl80211.set_power("wlan0", None)
    with pytest.raises(Missing):
        nl80211.set_power("nowhere", 5)
