"""A kept session as a page shows it: its messages in their order, each with the HTTP exchange that carried it."""

import re
from collections.abc import Mapping
from typing import Any, Final

Line = Mapping[str, Any]
_FAULT: Final = re.compile(
    r"<(?:\w+:)?FaultCode[^>]*>\s*(\d{1,5})\s*<.*?<(?:\w+:)?FaultString[^>]*>([^<]*)<", re.DOTALL
)
COMPLETE: Final = "complete"


def session_of(answer: Line) -> dict[str, Any]:
    """``session`` and ``lines`` of the verb sessions → ``number``, ``began``, ``seconds``, ``outcome``, ``turns`` …"""
    shown: dict[str, Any] = {"number": answer["session"], "url": "", "events": [], "began": None, "ended": None}
    shown |= {"posts": 0, "bytes": 0}
    turns: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    exchange: dict[str, Any] = {}
    for line in answer["lines"]:
        match line.get("kind"):
            case "session":
                shown |= {"began": line.get("at"), "url": line.get("url", ""), "events": line.get("events", [])}
            case "message":
                is_sent = line.get("direction") == "sent"
                turns.append(_turn(line) | ({} if is_sent else exchange))
                waiting = turns[-1:] if is_sent else []
            case "exchange":  # a log-in and a redirect take several: the last is the answer
                exchange = {key: line.get(key) for key in ("status", "seconds", "is_new_connection")}
                octets = (line.get("sent_bytes") or 0) + (line.get("received_bytes") or 0)
                shown |= {"posts": shown["posts"] + 1, "bytes": shown["bytes"] + octets}
                for turn in waiting:
                    before = turn.get("seconds") or 0
                    turn.update(exchange, seconds=round(before + (line.get("seconds") or 0), 4))
                    ended = {"ended": line.get("at"), "bytes": octets}
                    turn.setdefault("exchanges", []).append(exchange | ended)
            case "end":
                shown |= {"ended": line.get("at"), "outcome": line.get("outcome", "")}
    return {**shown, "outcome": shown.get("outcome"), "seconds": _seconds(shown), "turns": turns}


def _turn(line: Line) -> dict[str, Any]:
    summary, xml = str(line.get("summary", "")), line.get("xml")
    turn = {
        "direction": "out" if line.get("direction") == "sent" else "in",
        "at": line.get("at"),
        "bytes": line.get("bytes", 0),
        "rpc": summary.split(" ", 1)[0],
        "summary": summary,
        "xml": xml,
        "is_cut": bool(line.get("is_cut")),
    }
    if xml and (found := _FAULT.search(xml)):
        turn["fault"] = {"code": found[1], "words": found[2].strip()}
    return turn


def _seconds(shown: Mapping[str, Any]) -> float | None:
    from datetime import datetime

    if not shown["began"] or not shown["ended"]:
        return None
    ended, began = (datetime.fromisoformat(str(shown[key])) for key in ("ended", "began"))
    return round((ended - began).total_seconds(), 3)
