"""What an ACS's URL may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cwmp.acs_url import check_acs_url
from agent.runtime.http import target_of

TAKEN = [
    "http://acs.example/",
    "HTTPS://ACS.Example:7547/cwmp?device=1#x",
    "https://acs",
    "http://a-b.xn--bcher-kva.example./",
    "http://1password.example/",
    "http://192.0.2.1:65535",
    "https://[2001:db8::1]:1/",
    "https://[::ffff:192.0.2.1]/",
    'http://acs.example/%zz%/\\^{|}`"<>',
    "http://" + ".".join(["a" * 63] * 3) + "/",
    "http://acs/" + "p" * 245,
]
REFUSED = [
    "",
    "acs.example",
    "ftp://acs.example/",
    "http:/acs.example/",
    "http://",
    "http:///path",
    "http://?query",
    "http://a b/",
    " http://acs.example/",
    "http://acs.example/\n",
    "http://acs.example/\tx",
    "http://acs.example/\x7f",
    "http://b\xfccher.example/",
    "http://$(reboot)/",
    "http://`id`/",
    "http://acs\\example/",
    "http://*.example/",
    "http://exa_mple.com/",
    "http://exa_mple..com/",
    "http://.example/",
    "http://example../",
    "http://-a.example/",
    "http://a-.example/",
    "http://" + "a" * 64 + "/",
    "http://" + ".".join(["a" * 49] * 5) + ".abcde/",
    "http://255.255.255.255/",
    "http://224.0.0.1/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::ffff:0.0.0.0]/",
    "http://[::ffff:224.0.0.1]/",
    "http://[ff02::1]/",
    "http://1.2.3/",
    "http://1/",
    "http://256.1.1.1/",
    "http://1.2.3.4.5/",
    "http://01.2.3.4/",
    "http://0x7f000001/",
    "http://acs.example.1/",
    "http://2001:db8::1/",
    "http://[2001:db8::1",
    "http://[2001:db8::1]x/",
    "http://[192.0.2.1]/",
    "http://[acs.example]/",
    "http://[fe80::1%25eth0]/",
    "http://[]/",
    "http://acs.example:/",
    "http://acs.example:0/",
    "http://acs.example:65536/",
    "http://acs.example:+80/",
    "http://acs.example:80:80/",
    "http://user@acs.example/",
    "http://user:secret@acs.example/",
    "http://acs/" + "p" * 246,
]


@pytest.mark.parametrize("url", TAKEN)
def test_what_an_acs_may_have_is_taken_and_the_client_can_go_there(url: str) -> None:
    check_acs_url(url)
    target_of(url)


@pytest.mark.parametrize("url", REFUSED)
def test_what_leads_nowhere_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|may") as refusal:
        check_acs_url(url)
    assert "secret" not in str(refusal.value)


pieces = st.one_of(
    st.characters(max_codepoint=255), st.sampled_from(["..", "[", "]", ":", "@", "%", "xn--", "::1", "0x"])
)


@given(st.lists(pieces, max_size=20).map("".join), st.lists(pieces, max_size=20).map("".join))
def test_whatever_is_taken_the_client_can_use(host: str, path: str) -> None:
    url = f"http://{host}/{path}"
    try:
        check_acs_url(url)
    except ValueError:
        return
    assert target_of(url).url.isascii()
