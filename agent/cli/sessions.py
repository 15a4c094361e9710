"""The verbs about talking to the ACS: inform, sessions, queue."""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from agent.cli.client import OK, ask, stream
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json, show_table
from agent.cli.xml_text import indented


def register(verbs: Verbs) -> None:
    """Add the verbs of this group."""
    inform = add_verb(
        verbs, "inform", _inform, "Start a session with the ACS now.", "cpe-agent inform\ncpe-agent inform --dry-run"
    )
    inform.add_argument("--dry-run", action="store_true", help="only show the Inform that a session would begin with")
    sessions = add_verb(
        verbs,
        "sessions",
        _sessions,
        "List the last sessions, or show one as a conversation; secrets are masked.",
        "cpe-agent sessions\ncpe-agent sessions last --xml\ncpe-agent sessions -f",
    )
    sessions.add_argument("id", metavar="ID", nargs="?", help="a session's number, or last")
    sessions.add_argument("-f", "--follow", action="store_true", help="go on showing what is said, until Ctrl-C")
    sessions.add_argument("--xml", action="store_true", help="also show the XML of each message")
    add_verb(
        verbs,
        "queue",
        _queue,
        "Show events that the ACS has not acknowledged, and what is scheduled.",
        "cpe-agent queue",
    )


def _inform(options: argparse.Namespace) -> int:
    answer = ask(options, "inform", dry_run=options.dry_run)
    if options.json:
        show_json(answer)
    elif options.dry_run:
        _show_xml(answer["xml"], "")
    else:
        print("a session is started; `cpe-agent sessions -f` shows it")
    return OK


def _queue(options: argparse.Namespace) -> int:
    answer = ask(options, "queue")
    if options.json:
        show_json(answer)
        return OK
    events = [(event["code"], event.get("command_key", "")) for event in answer.get("events", ())]
    if events:
        show_table(events, headers=("event", "command key"))
    else:
        print("no event waits for the ACS")
    for path in answer.get("changed", ()):
        print(f"changed: {printable(path)}")
    for each in answer.get("scheduled", ()):
        print(
            f"scheduled: in {printable(each.get('seconds', '?'))} s  {printable(each.get('command_key', ''))}".rstrip()
        )
    return OK


def _sessions(options: argparse.Namespace) -> int:
    for answer in stream(options, "sessions", id=options.id, follow=options.follow, xml=options.xml):
        if options.json:
            show_json(answer)
        elif "sessions" in answer:
            _show_list(answer["sessions"], answer.get("problem", ""))
        elif "lines" in answer:
            _show_lines(answer["lines"])
        else:
            _show_lines([answer["line"]])
    return OK


def _show_list(sessions: Sequence[dict[str, Any]], problem: str) -> None:
    rows = [
        (
            each.get("session", ""),
            _time(each.get("at")),
            ", ".join(each.get("events", ())),
            each.get("posts", ""),
            each.get("bytes", ""),
            each.get("outcome", "under way"),
        )
        for each in sessions
    ]
    if rows:
        show_table(rows, headers=("ID", "started (UTC)", "events", "posts", "bytes", "outcome"))
    if problem:
        print(printable(problem))
    elif not rows:
        print("no session is kept; `cpe-agent inform` starts one")


def _show_lines(lines: Sequence[dict[str, Any]]) -> None:
    for line in lines:
        for text in conversation(line):
            print(text, flush=True)
        if line.get("xml"):
            _show_xml(line["xml"], "        ")


def conversation(line: dict[str, Any]) -> Iterator[str]:
    """Render one line of a trace: who says what, how large it is, and how HTTP carried it."""
    match line.get("kind"):
        case "session":
            events = ", ".join(line.get("events", ()))
            head = f"session {line.get('session')}  {_time(line.get('at'))}  {line.get('url', '')}  {events}"
            yield paint(printable(head.rstrip()), "bold")
        case "message":
            is_ours = line.get("direction") == "sent"
            arrow = paint("CPE →", "blue") if is_ours else paint("ACS ←", "green")
            size = paint(f"{line['bytes']} B", "dim") if line.get("bytes") else ""
            yield f"  {arrow} {printable(line.get('summary', ''))}  {size}".rstrip()
        case "exchange":
            sizes = f"{line.get('sent_bytes', 0)} B sent, {line.get('received_bytes', 0)} B received"
            status = line.get("status") or "no answer"
            times = f"{1000 * line.get('seconds', 0):.0f} ms"
            new = ", new connection" if line.get("is_new_connection") else ""
            yield paint(printable(f"        HTTP {status}, {sizes}, {times}{new}"), "dim")
        case "end":
            yield f"  end: {printable(line.get('outcome', ''))}"
        case kind:
            yield f"  {printable(kind)}: {printable(line)}"


def _time(text: Any) -> str:
    """2026-11-21T21:00:01.123Z → 2026-11-21 21:00:01."""
    return str(text or "").partition(".")[0].removesuffix("Z").replace("T", " ")


def _show_xml(xml: str, indent: str) -> None:
    for line in indented(xml).splitlines():
        print(indent + printable(line))
