"""The verb ``capture``: the last file as it is, or why there is none."""

import base64
from pathlib import Path

from agent.diagnostics.last_capture import PIECE, LastCapture
from backends.diagnostics.packet_capture import file_in


def test_the_file_comes_piece_by_piece_also_where_the_next_one_begins_meanwhile(tmp_path: Path) -> None:
    path = file_in(tmp_path)
    content = bytes(range(256)) * 300
    path.write_bytes(content)
    lines = LastCapture(tmp_path).stream({})
    first = next(lines)
    path.unlink()
    path.write_bytes(b"the next")
    *rest, end = lines
    told = [base64.b64decode(one["data"]) for one in (first, *rest) if one]
    assert (b"".join(told), len(told[0]), end) == (content, PIECE, {"bytes": len(content)})


def test_where_there_is_none_it_says_what_makes_one(tmp_path: Path) -> None:
    told = list(LastCapture(tmp_path).stream({}))
    assert [one and one["error"]["code"] for one in told] == ["no_capture"]
