"""Every answer carries what keeps a browser from being used against the device, and nothing of it is kept."""

import json

from agent.web.responses import Response, document, problem


def test_a_document_is_json_with_its_schema_and_is_not_kept() -> None:
    answer = document({"a": "ä"})
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body) == {"schema": 1, "a": "ä"}
    head = answer.head(is_kept_alive=True).decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert head.endswith("Connection: keep-alive\r\n\r\n")
    for needed in (
        "Cache-Control: no-store",
        "Content-Security-Policy: default-src 'none'; script-src 'self'",
        "frame-ancestors 'none'",
        "X-Content-Type-Options: nosniff",
        "Referrer-Policy: no-referrer",
        f"Content-Length: {len(answer.body)}",
    ):
        assert needed in head, needed
    assert "unsafe" not in head
    assert "Opener-Policy" not in head  # browsers heed it with https alone, and complain of it elsewhere


def test_an_error_says_what_and_what_next() -> None:
    answer = problem(429, "too_many_tries", "too many", "wait", ("Retry-After", "9"), more=1)
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body)["error"] == {
        "code": "too_many_tries", "message": "too many", "next": "wait", "more": 1,
    }  # fmt: skip
    assert b"Retry-After: 9\r\n" in answer.head(is_kept_alive=False)


def test_an_answer_in_pieces_is_chunked_and_304_has_no_body() -> None:
    assert b"Transfer-Encoding: chunked\r\n" in Response(200, iter([b"a"])).head(is_kept_alive=True)
    assert b"Content-Length" not in Response(304).head(is_kept_alive=True)
