"""What an edit leaves of a file as it was written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backends.uci.draft import Draft
from backends.uci.layout import rewritten
from backends.uci.reading import parsed

TEXT = """# of this router

# the home network
config interface 'lan' # never call it home
	option proto static	# by hand
	# two of them
	list dns "192.0.2.1"
	list dns '192.0.2.2'
	option empty ''

# a printer
config host
	option name printer
# end
"""


def after(edit: Callable[[Draft], object], text: str = TEXT) -> str:
    draft = Draft(parsed("p", text, Path("p")))
    edit(draft)
    new = rewritten(text, draft.base, draft.package(), draft.origins())
    assert parsed("p", new, Path("p")).says() == draft.package().says()
    return new


def test_a_changed_option_stays_in_its_place_with_its_comment() -> None:
    assert after(lambda draft: draft.set("lan", "proto", "it's")) == TEXT.replace(
        "proto static	#", "proto 'it'\\''s' #"
    )


def test_a_changed_list_stands_where_its_first_item_stood() -> None:
    assert after(lambda draft: draft.set("lan", "dns", ("a", "b", "c"))) == TEXT.replace(
        "\tlist dns \"192.0.2.1\"\n\tlist dns '192.0.2.2'\n", "\tlist dns 'a'\n\tlist dns 'b'\n\tlist dns 'c'\n"
    )


SERVERS = """config timeserver 'ntp'
	list server 'a.example'	# first: ours
	# the second is the ISP's
	list server 'b.example'	# second
	option enabled '1'
	list server c.example	# third
"""


@pytest.mark.parametrize(
    ("servers", "text"),
    [
        ("a bb c", SERVERS.replace("'b.", "'bb.").replace("'	# second", "' # second")),
        ("a b c d", f"{SERVERS}\tlist server 'd.example'\n"),
        ("z a b c", SERVERS.replace("	list server 'a.", "	list server 'z.example'\n	list server 'a.")),
        ("a b x c", SERVERS.replace("# second\n", "# second\n	list server 'x.example'\n")),
        ("b c", SERVERS.replace("	list server 'a.example'	# first: ours\n", "")),
        ("a b", SERVERS.replace("	list server c.example	# third\n", "")),
        ("d", ("config timeserver 'ntp'\n	list server 'd.example' # first: ours\n	# the second is the ISP's\n"
              "	option enabled '1'\n")),
    ],
)  # fmt: skip
def test_items_of_a_list_keep_their_lines_and_comments(servers: str, text: str) -> None:
    wanted = tuple(f"{name}.example" for name in servers.split())
    assert after(lambda draft: draft.set("ntp", "server", wanted), SERVERS) == text


def test_an_item_behind_one_that_ends_the_file_has_a_line_of_its_own() -> None:
    text = "config a 'b'\n\tlist c 'one' # why"
    assert after(lambda draft: draft.set("b", "c", ("one", "two")), text) == f"{text}\n\tlist c 'two'\n"


def test_a_new_option_stands_behind_the_last() -> None:
    assert after(lambda draft: draft.set("cfg02fe63", "ip", "192.0.2.9")) == TEXT.replace(
        "option name printer\n", "option name printer\n\toption ip '192.0.2.9'\n"
    )


def test_an_option_that_had_no_effect_is_replaced_by_one_that_has() -> None:
    assert after(lambda draft: draft.set("lan", "empty", "1")) == TEXT.replace("empty ''", "empty '1'")


def test_a_deleted_option_takes_its_line_only() -> None:
    assert after(lambda draft: draft.delete_option("lan", "dns")) == TEXT.replace(
        "\tlist dns \"192.0.2.1\"\n\tlist dns '192.0.2.2'\n", ""
    )


def test_a_deleted_section_takes_the_comment_right_above_it() -> None:
    assert (
        after(lambda draft: draft.delete("lan"))
        == "# of this router\n\n# a printer\nconfig host\n\toption name printer\n# end\n"
    )
    assert after(lambda draft: draft.delete("cfg02fe63")) == TEXT.partition("\n# a printer")[0] + "# end\n"


def test_a_named_section_keeps_its_lines_and_gets_its_name() -> None:
    assert after(lambda draft: draft.rename("cfg02fe63", "printer")) == TEXT.replace(
        "config host", "config host 'printer'"
    )
    assert after(lambda draft: draft.rename("lan", "home")) == TEXT.replace("interface 'lan' #", "interface 'home' #")


def test_a_moved_section_takes_its_comment_along() -> None:
    assert after(lambda draft: draft.reorder("cfg02fe63", 0)).startswith(
        "# of this router\n\n# a printer\nconfig host\n\toption name printer\n# end\n\n# the home network\n"
    )


def test_a_new_section_stands_behind_all_others() -> None:
    assert (
        after(lambda draft: draft.set(draft.add("host", "nas"), "ip", "1"))
        == TEXT + "\nconfig host 'nas'\n\toption ip '1'\n"
    )
    assert after(lambda draft: draft.add("t", "a"), "config t 'b'\n\toption x '1'") == (
        "config t 'b'\n\toption x '1'\n\nconfig t 'a'\n"
    )


def test_statements_of_one_line_get_lines_of_their_own() -> None:
    text = "config t 'a'; option x '1'; list y '2' # both\n"
    assert after(lambda draft: draft.set("a", "x", "3"), text) == "config t 'a'\n\toption x '3'\n\tlist y '2' # both\n"


def test_a_section_in_two_parts_stays_one() -> None:
    text = "config t 'a'\n\toption x '1'\n# b\nconfig t 'b'\n# a again\nconfig t 'a'\n\toption y '1'\n"
    assert "option y '2'" in after(lambda draft: draft.set("a", "y", "2"), text)
    assert after(lambda draft: draft.rename("a", "c"), text).count("config t 'c'") == 2
