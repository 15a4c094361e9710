"""Options as servers send them and as nobody should: what is said is heard, what cannot be is refused by a sentence."""

import random
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.discovery.offer import Neighbour
from agent.discovery.options import (
    DEVICE4,
    LONGEST,
    MOST_REFUSED,
    Asking,
    NotUsable,
    Said,
    asking4,
    identity4,
    identity6,
    option17,
    option43,
    option125,
    vendor_class4,
    vendor_class6,
)

URL = b"http://acs.example.net:7547/"
ACS = Said("http://acs.example.net:7547/", "prov-A", 30, 2500)
GATEWAY = Neighbour("00AABB", "G-1", "Box")
OCTETS = st.binary(max_size=64)


def four(*parts: tuple[int, bytes]) -> bytes:
    return b"".join(bytes((code, len(value))) + value for code, value in parts)


def six(*parts: tuple[int, bytes]) -> bytes:
    return b"".join(code.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for code, value in parts)


def of(enterprise: int, body: bytes) -> bytes:
    return enterprise.to_bytes(4, "big") + bytes((len(body),)) + body


def of6(enterprise: int, body: bytes) -> bytes:
    return enterprise.to_bytes(4, "big") + body


PLAIN = ((1, URL), (2, b"prov-A"), (3, b"30"), (4, b"2500"))
FORUM = ((11, URL), (12, b"prov-A"), (13, b"30"), (14, b"2500"))
WHOLE43, WHOLE125, WHOLE17 = four(*PLAIN), of(3561, four(*FORUM)), of6(3561, six(*PLAIN))


def test_option_43_has_four_sub_options() -> None:
    assert option43(WHOLE43) == ACS


@pytest.mark.parametrize("tail", [b"\xff", b"\0", b"\0\0\0", b"\xff\0\0", b"\0\xff"])
def test_padding_and_end_marks_behind_an_option_are_nothing(tail: bytes) -> None:
    assert option43(WHOLE43 + tail) == ACS
    assert option125(WHOLE125 + tail) == ACS
    assert option125(of(3561, four(*FORUM) + tail)) == ACS
    assert option17(WHOLE17 + tail) == ACS


def test_padding_between_sub_options_is_nothing() -> None:
    assert option43(b"\0" + four(PLAIN[0]) + b"\0\0" + four(*PLAIN[1:])) == ACS


@pytest.mark.parametrize("around", [b"%s", b"%s\0", b"%s\n", b"%s\xff", b" %s"])
def test_option_43_may_be_nothing_but_the_url(around: bytes) -> None:
    assert option43(around % URL) == Said(url=URL.decode())
    assert option43(four((1, around % URL))) == Said(url=URL.decode())


def test_a_url_longer_than_255_octets_comes_in_pieces() -> None:
    url = URL + b"a" * 300
    assert option43(four((1, url[:255]), (1, url[255:]), (2, b"x"))) == Said(url.decode(), "x")
    pieces = four((11, url[:200])), four((11, url[200:255] + url[255:]))
    whole = four((11, url[:255]), (11, url[255:]))
    assert option125(of(3561, whole[:255]) + of(3561, whole[255:])).url == url.decode()
    assert option125(of(3561, pieces[0]) + of(3561, pieces[1])).refused  # two URLs, rather


def test_of_several_enterprises_the_broadband_forum_counts() -> None:
    others = of(9, b"\1\2ab"), of(4491, b"no sub-options at all")
    assert option125(others[0] + WHOLE125 + others[1]) == ACS
    assert option17(of6(9, six((1, b"http://wrong.example/"))) + WHOLE17 + of6(4491, six((7, b"x")))) == ACS
    assert "other enterprises: 9, 4491" in option125(others[0] + others[1]).refused[0]
    assert "other enterprises" in option17(of6(9, six((1, URL)))).refused[0]


def test_option_125_is_read_like_option_43_where_its_first_sub_option_is_a_url() -> None:
    assert option125(of(3561, four(*PLAIN))) == ACS
    assert option125(of(3561, four((1, b"http://first.example/"), *FORUM))) == ACS
    assert option125(of(3561, four((1, b"00AABB"), (2, b"S"), *FORUM))) == ACS


def test_a_gateway_names_itself_beside_the_acs() -> None:
    named = ((4, b"00aabb"), (5, b"G-1\0"), (6, b"Box"))
    assert option125(of(3561, four(*named, *FORUM))) == ACS._replace(neighbour=GATEWAY)
    assert option125(of(3561, four(*named[:2]))) == Said(neighbour=GATEWAY._replace(product_class=""))
    named6 = ((14, b"00AABB"), (15, b"G-1"), (16, b"Box"))
    assert option17(of6(3561, six(*named6, *PLAIN))) == ACS._replace(neighbour=GATEWAY)
    assert "names itself" in option125(of(3561, four((4, b"zz"), (5, b"G-1")))).refused[0]
    assert "names itself" in option17(of6(3561, six((15, b"G-1")))).refused[0]


@pytest.mark.parametrize(
    "url",
    [b"", b"acs.example.net", b"ftp://a.example/", b"http://", b"http:///x", b"http://user:secret@a.example/",
     b"http://a.example:0/", b"http://a.example:99999/", b"http://a b/", b"http://a.example/\x1b[1m", b"https://\xe9/",
     b"http://..", b"http://a.example/" + b"a" * 2100, b"http://[::1", b"http://a.example/\\", b'http://a.example/"', b"http://a.example/<script>",
     b"http://a.example/\0b"],
)  # fmt: skip
def test_what_is_no_url_of_a_host_is_refused_and_not_repeated(url: bytes) -> None:
    said = option17(of6(3561, six((1, url), (2, b"p"))))
    assert (said.url, said.provisioning_code) == ("", "p")
    assert "no http or https URL" in said.refused[0]
    assert "secret" not in str(said)


@pytest.mark.parametrize(
    "url", ["HTTPS://A.example", "http://[2001:db8::1]:80/acs?x=1#y", "https://a.example?x", URL.decode()]
)
def test_urls_are_taken_as_they_stand(url: str) -> None:
    assert option43(four((1, url.encode()))).url == url


@pytest.mark.parametrize("text", [b"x" * 65, b"a\nb", b"\xc3", b"\x1b"])
def test_a_provisioning_code_is_a_short_text(text: bytes) -> None:
    said = option43(four((1, URL), (2, text)))
    assert said._replace(refused=()) == Said(URL.decode())
    assert "provisioning code" in said.refused[0]


@pytest.mark.parametrize("number", [b"", b"0", b"-1", b"65536", b"1e3", b"\0\0\0\x1e", b"9" * 200, "３０".encode()])
def test_retry_values_are_decimal_digits_within_their_range(number: bytes) -> None:
    said = option43(four((1, URL), (3, number), (4, number)))
    assert said._replace(refused=()) == Said(URL.decode())
    assert len(said.refused) == 2
    assert option43(four((1, URL), (4, b"999"))).retry_multiplier is None


@pytest.mark.parametrize("content", [b"\1", b"\1\5ab", b"hello", b"\6\1x", b"\xf1\4\1\2\3\4"])
def test_what_is_no_option_43_of_an_acs_is_refused_by_a_sentence(content: bytes) -> None:
    said = option43(content)
    assert said._replace(refused=()) == Said()
    assert said.refused


def test_nothing_is_refused_where_nothing_is_said() -> None:
    for content in (b"", b"\0", b"\xff", b"\0\0\xff"):
        assert option43(content) == option125(content) == option17(content) == Said()


def test_what_came_before_a_cut_counts() -> None:
    assert option43(WHOLE43[:-1])._replace(refused=()) == ACS._replace(retry_multiplier=None)
    assert "ends within its sub-option 4" in option43(WHOLE43[:-1]).refused[0]
    assert "within the part of an enterprise" in option125(WHOLE125[:-1]).refused[0]
    assert option17(WHOLE17[:-1])._replace(refused=()) == ACS._replace(retry_multiplier=None)


def test_of_two_different_words_the_first_counts() -> None:
    said = option43(four((1, URL), (1, b"http://other.example/")))
    assert said.url == URL.decode()
    assert "twice" in said.refused[0]
    assert option43(four((1, URL), (1, URL))) == Said(url=URL.decode())
    assert "twice" in option17(of6(3561, six((1, URL), (1, b"x")))).refused[0]


def test_options_fill_each_others_gaps() -> None:
    first = Said("http://a.example/", refused=("one",))
    assert first.over(ACS) == ACS._replace(url="http://a.example/", refused=("one",))
    assert len(Said(refused=tuple("abcdef")).over(Said(refused=tuple("fghijk"))).refused) == MOST_REFUSED


def test_a_device_names_itself_in_the_sub_options_of_annex_f() -> None:
    device = Neighbour("0200DE", "S-1", "CPE")
    assert identity4(device) == of(3561, four((1, b"0200DE"), (2, b"S-1"), (3, b"CPE")))
    assert identity4(device._replace(product_class="")) == of(3561, four((1, b"0200DE"), (2, b"S-1")))
    assert identity6(device) == of6(3561, six((11, b"0200DE"), (12, b"S-1"), (13, b"CPE")))
    assert asking4(device) == Asking(b"dslforum.org", vendor_class4(), identity4(device))
    assert DEVICE4 == (1, 2, 3)
    assert vendor_class4() == of(3561, b"dslforum.org")
    assert vendor_class6() == of6(3561, b"\0\x0cdslforum.org")


@pytest.mark.parametrize(
    "device", [Neighbour(), Neighbour("0200de", "S"), Neighbour("0200DE"), Neighbour("0200DE", "ü" * 33)]
)
def test_an_identity_that_does_not_fit_is_none(device: Neighbour) -> None:
    with pytest.raises(NotUsable):
        identity4(device)
    assert asking4(device) == Asking(b"dslforum.org", vendor_class4(), b"")


@given(st.lists(st.one_of(OCTETS, st.sampled_from([WHOLE43, WHOLE125, WHOLE17, URL])), max_size=8).map(b"".join))
def test_whatever_comes_is_an_answer_within_bounds(content: bytes) -> None:
    for read in (option43, option125, option17):
        held(read(content))


def held(said: Said) -> None:
    assert len(said.url) <= 2048
    assert said.url.isprintable()
    assert said.url == "" or said.url.lower().startswith(("http://", "https://"))
    assert said.provisioning_code is None or len(said.provisioning_code) <= 64
    assert len(said.refused) <= MOST_REFUSED
    assert all(len(each) < 200 and each.isprintable() for each in said.refused)


def mutated(chance: random.Random, content: bytes) -> bytes:
    """Octets changed, cut, repeated or put in."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(4):
            case 0 if at < len(made):
                made[at] = chance.randrange(256)
            case 1:
                del made[at:]
            case 2:
                made[at:at] = chance.randbytes(chance.randrange(8))
            case _:
                made[at:at] = made[: chance.randrange(len(made) + 1)]
    return bytes(made)


@pytest.mark.slow
def test_a_hundred_thousand_random_and_mutated_options_are_answers_within_bounds() -> None:
    chance = random.Random(3561)
    wholes = (WHOLE43, WHOLE125, WHOLE17, URL, of(9, b"\1\2ab") + WHOLE125, of6(9, six((1, b"x"))) + WHOLE17)
    tracemalloc.start()
    for number in range(100_000):
        content = chance.randbytes(chance.randrange(300)) if number % 4 == 0 else mutated(chance, wholes[number % 6])
        for read in (option43, option125, option17):
            held(read(content))
        if number == 5000:
            assert tracemalloc.get_traced_memory()[1] < 2_000_000
            tracemalloc.stop()  # it takes most of the time


@pytest.mark.parametrize(
    "octets",
    [b"\1\1a", b"\1\0", b"\0", b"\0\0\0\x09\0", b"\0\1\0\0", b"\1\xff" + b"a" * 255, of(3561, b"\1\xff" + b"a" * 253)],
)
def test_the_longest_options_take_little_time(octets: bytes) -> None:
    content = (octets * (LONGEST // len(octets) + 1))[:LONGEST]
    begun = time.process_time()
    for read in (option43, option125, option17):
        held(read(content))
        held(read(content + b"xx"))
    assert time.process_time() - begun < 2  # hundredths of a second; quadratic would be minutes
