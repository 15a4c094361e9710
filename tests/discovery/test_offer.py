from agent.discovery.offer import Offer, Source


def test_a_password_is_not_shown_where_an_offer_is() -> None:
    assert "s3cret" not in repr(Offer(Source.PRESET, password="s3cret"))
    assert "https://acs/" in repr(Offer(Source.PRESET, url="https://acs/", password="s3cret"))


def test_an_offer_that_says_nothing_is_silent_whoever_tells_it() -> None:
    assert Offer(Source.DHCPV4, "networkmanager", "lo").is_silent
    assert not Offer(Source.DHCPV4, provisioning_code="").is_silent
    assert not Offer(Source.DHCPV4, refused=("option 43 is cut off",)).is_silent
