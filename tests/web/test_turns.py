"""A kept session is shown as its messages, each with the HTTP exchange that carried it."""

from typing import Any

from agent.web.turns import session_of

FAULT = "<x><FaultCode>9005</FaultCode><FaultString>Invalid parameter name </FaultString></x>"


def line(kind: str, at: str = "2026-11-22T08:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at": at, **more}


def test_messages_come_with_their_exchange() -> None:
    lines = [
        line("session", url="https://acs", events=["2 PERIODIC"]),
        line("message", direction="sent", summary="Inform 2 PERIODIC", bytes=10, xml="<a/>"),
        line("exchange", status=200, seconds=0.5, is_new_connection=True),
        line("message", direction="received", summary="InformResponse", bytes=5, xml="<b/>"),
        line("message", direction="sent", summary="Fault 9005", bytes=7, xml=FAULT),
        line("exchange", status=204, seconds=0.25, is_new_connection=False),
        line("end", at="2026-11-22T08:00:01.500Z", outcome="complete"),
    ]
    shown = session_of({"session": 7, "lines": lines})
    assert (shown["number"], shown["outcome"], shown["seconds"], shown["events"]) == (
        7,
        "complete",
        1.5,
        ["2 PERIODIC"],
    )
    inform, response, fault = shown["turns"]
    assert (inform["direction"], inform["rpc"], inform["status"], inform["seconds"]) == ("out", "Inform", 200, 0.5)
    assert (response["direction"], response["status"], response["bytes"]) == ("in", 200, 5)
    assert fault["fault"] == {"code": "9005", "words": "Invalid parameter name"}
    assert fault["status"] == 204
    assert "fault" not in inform


def test_each_post_is_told_as_the_list_of_sessions_counts_it() -> None:
    lines = [
        line("session"),
        line("message", direction="sent", summary="Inform 2 PERIODIC", bytes=10, xml="<a/>"),
        line("exchange", at="2026-11-22T08:00:00.100Z", status=401, seconds=0.1, sent_bytes=50, received_bytes=20),
        line("exchange", at="2026-11-22T08:00:00.400Z", status=200, seconds=0.25, sent_bytes=90, received_bytes=30),
        line("message", direction="received", summary="InformResponse", bytes=5, xml="<b/>"),
        line("end", outcome="complete"),
    ]
    shown = session_of({"session": 7, "lines": lines})
    inform, response = shown["turns"]
    assert (shown["posts"], shown["bytes"]) == (2, 190)
    assert [(one["status"], one["seconds"], one["bytes"]) for one in inform["exchanges"]] == [
        (401, 0.1, 70),
        (200, 0.25, 120),
    ]
    assert [one["ended"][-4:] for one in inform["exchanges"]] == ["100Z", "400Z"]
    assert inform["seconds"] == 0.35
    assert "exchanges" not in response


def test_a_session_under_way_has_no_outcome_yet() -> None:
    shown = session_of(
        {"session": 1, "lines": [line("session"), line("message", direction="sent", summary="", xml=None)]}
    )
    assert (shown["outcome"], shown["seconds"], shown["ended"]) == (None, None, None)
    assert shown["turns"][0]["xml"] is None
