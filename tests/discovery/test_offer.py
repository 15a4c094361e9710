from agent.discovery.offer import Offer, Source


def test_a_password_is_not_shown_where_an_offer_is() -> None:
    assert "s3cret" not in repr(Offer(Source.PRESET, password="s3cret"))
    assert "https://acs/" in repr(Offer(Source.PRESET, url="https://acs/", password="s3cret"))
