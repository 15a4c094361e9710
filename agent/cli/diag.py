"""The verb diag: a diagnostic of TR-143 and TR-181 from this machine, with what it finds as it finds it."""

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from agent.cli.client import OK, PROBLEM, USAGE, Failure, ask, stream
from agent.cli.options import Verbs, add_verb
from agent.cli.output import paint, printable, show_json

Line = Mapping[str, Any]
CANCELLED: Final = 130
"""As shells report what SIGINT has ended."""
ABBREVIATIONS: Final = frozenset({"ip", "tcp", "rom", "bom", "eom"})
FULLY: Final = "_under_full_loading"
SHORTEST: Final = 0.001
"""Seconds that have a rate: what comes in one read takes as long as the read."""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "diag",
        _diag,
        "Run a diagnostic from this machine; without a name, list what there is, and what may be said of each.\n"
        "A name or a setting is known by any part that only one has. Ctrl-C cancels. 1 when it does not complete.",
        "cpe-agent diag\ncpe-agent diag ping host=192.0.2.1 repetitions=10 interval=100\n"
        "cpe-agent diag trace host=example.net version=IPv6 interface=eth0\n"
        "cpe-agent diag nslookup name=example.net server=192.0.2.53\n"
        "cpe-agent diag neighboringwifi\n"
        "cpe-agent diag packetcapture interface=eth0 duration=30 filter='udp port 53'",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the diagnostic: IPPing, ping, trace, …")
    parser.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="its settings, by the names of TR-181")


def _diag(options: argparse.Namespace) -> int:
    if options.name is None:
        return _list(options)
    settings = dict(_pair(one) for one in options.settings)
    said: list[Line] = []
    ended: Line | None = None
    name = ""
    try:
        for line in stream(options, "diagnose", name=options.name, settings=settings, follow=True):
            if "begun" in line:
                name = str(line["begun"])
            elif "progress" in line:
                said.append(line["progress"])
                if not options.json:
                    _show(name, line["progress"])
            elif "ended" in line:
                ended = line["ended"]
    except KeyboardInterrupt:
        return _cancelled(options, name, said)
    if ended is None:
        raise Failure("no_answer", "the agent ended while it ran", "look at its log, then try again")
    if options.json:
        show_json({**ended, "progress": said})
    else:
        _conclude(ended)
    return OK if ended["state"] == "Complete" else PROBLEM


def _cancelled(options: argparse.Namespace, name: str, said: list[Line]) -> int:
    """The agent ends it, as nobody listens any more."""
    if options.json:
        show_json(
            {
                "name": name or options.name,
                "state": "Canceled",
                "text": "cancelled here",
                "result": None,
                "progress": said,
            }
        )
    else:
        print(f"\n{printable(name or options.name)} was cancelled", file=sys.stderr)
    return CANCELLED


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found or not key:
        raise Failure("usage", f"{text!r} is no KEY=VALUE", "cpe-agent diag ping host=192.0.2.1", USAGE)
    return key, value


def _list(options: argparse.Namespace) -> int:
    answer = ask(options, "diagnostics")
    if options.json:
        show_json(answer)
        return OK
    for one in answer["diagnostics"]:
        state = f"  {one['state']}" if one["state"] != "None" else ""
        print(paint(printable(one["name"]), "bold") + printable(state))
        for entry in one["inputs"]:
            words = f"  {' | '.join(entry['words'])}" if entry.get("words") else ""
            unit = f" {entry['unit']}" if entry.get("unit") else ""
            print(printable(f"   {entry['name']}={_text(entry['default'])}{unit}{words}"))
    return OK


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _show(name: str, line: Line) -> None:
    print(SHOWN.get(name, _anything)(line), flush=True)


def _conclude(ended: Line) -> None:
    is_well = ended["state"] == "Complete"
    text = f": {printable(ended['text'])}" if ended["text"] else ""
    print(paint(printable(ended["state"]), "green" if is_well else "red") + text, flush=True)
    result = ended["result"] or {}
    if is_well and (rate := _overall(result)):
        print(f"   rate: {rate}")
    for key, value in result.items():
        if not (isinstance(value, list | dict) or value in (None, "")) and f"{key}_detailed" not in result:
            print(f"   {_words(key.removesuffix('_detailed'))}: {printable(_figure(ended['name'], key, value))}")
    for number, one in enumerate(result.get("connections", ()), 1):
        print(f"   connection {number}: {_moved(one, 'bom_time', 'eom_time')}")
    for number, one in enumerate(result.get("intervals", ()), 1):
        print(f"   interval {number}: {_moved(one, 'start_time', 'end_time')}")
    for one in result.get("captures", ()):
        print(f"   {printable(_file(one['file_location']))}: {one['count']} packets")


def _file(location: str) -> str:
    path = location.removeprefix("file://")
    return f"sent to {location}" if path == location else f"{path}, which stays until the next capture"


def _words(key: str) -> str:
    return " ".join(word.upper() if word in ABBREVIATIONS else word for word in key.split("_"))


def _figure(name: str, key: str, value: Any) -> str:
    if key.endswith(("_detailed", "period_of_full_loading")) or (
        name in BY_MICROSECONDS and key.endswith("_response_time")
    ):
        return milliseconds(value)
    is_span = key.endswith("response_time") and not isinstance(value, str)
    return f"{value} ms" if is_span else str(value)


def _overall(result: Line) -> str:
    """A throughput test's rate: while all connections moved data, else between its first and last octet (TR-143)."""
    loaded = next((value for key, value in result.items() if _is_counted(key) and key.endswith(FULLY)), 0)
    period = result.get("period_of_full_loading", 0)
    if loaded and period >= SHORTEST * 1e6:
        return f"{loaded * 8 / period:.2f} Mbit/s under full loading"
    seconds = _seconds(result, "bom_time", "eom_time")
    return f"{_octets(result) * 8 / seconds / 1e6:.2f} Mbit/s" if seconds >= SHORTEST else ""


def _moved(one: Line, begun: str, ended: str) -> str:
    """The octets of a connection or an interval, and their rate between the two moments (TR-143)."""
    octets, seconds = _octets(one), _seconds(one, begun, ended)
    rate = f"  {octets * 8 / seconds / 1e6:.2f} Mbit/s in {seconds:.3f} s" if seconds >= SHORTEST else ""
    return f"{octets:,} octets{rate}"


def _octets(one: Line) -> int:
    return next((value for key, value in one.items() if _is_counted(key) and not key.endswith(FULLY)), 0)


def _is_counted(key: str) -> bool:
    return key.startswith("test_bytes")


def _seconds(one: Line, begun: str, ended: str) -> float:
    """Between two moments; 0 where one is not known."""
    first, last = (one.get(key) and datetime.fromisoformat(one[key]) for key in (begun, ended))
    return (last - first).total_seconds() if first and last else 0.0


def milliseconds(microseconds: float | None) -> str:
    """A time for people; "*" for none."""
    return f"{microseconds / 1e3:.3f} ms" if microseconds else "*"


def _ping(line: Line) -> str:
    if "address" in line:
        return printable(f"{line['address']} from {line['source']}")
    where = f"{line['host']}  " if "host" in line else ""
    if "average" in line:
        return paint(printable(f"{line['host']}: {line['successes']} answers, {milliseconds(line['average'])}"), "bold")
    if "number" not in line:
        return printable(f"{where}{line.get('why', '')}")
    took = line.get("microseconds")
    told = milliseconds(took) if took is not None else paint(printable(line.get("why", "")), "yellow")
    return f"{printable(where)}{line['number']:>4} of {line['of']}  {told}"


def _trace(line: Line) -> str:
    if "hop" not in line:
        return printable(f"{line['address']} from {line['source']}")
    times = "  ".join(milliseconds(one) for one in line["microseconds"])
    return printable(f"{line['hop']:>3}  {line['address'] or '*':<40} {times}")


def _lookup(line: Line) -> str:
    found = ", ".join(line["addresses"]) or line["why"]
    return printable(
        f"{line['number']:>4} of {line['of']}  {line['status']}  {found}  {milliseconds(line['microseconds'])}"
    )


def _echo(line: Line) -> str:
    if "port" in line:
        return printable(f"{line['address']} port {line['port']} from {line['source']}; Ctrl-C stops it")
    return _ping(line)


def _rate(line: Line) -> str:
    return f"{line['seconds']:8.2f} s  {line['bytes']:>14,} octets  {line['mbit']:>10.2f} Mbit/s"


def _capture(line: Line) -> str:
    if "file" in line:
        most = f" or {line['most']} packets" if line["most"] else ""
        where = f"{line['link']} for {line['duration']} s{most}, into {line['file']}"
        return printable(f"{where}; Ctrl-C stops it, and what has come stays in the file")
    if "sending" in line:
        return f"sends the file, {line['sending']:,} octets"
    return f"{line['seconds']:8.1f} s  {line['packets']:>8} packets  {line['bytes']:>10,} octets"


def _neighbour(line: Line) -> str:
    if "radios" in line:
        return printable(f"{', '.join(line['radios'])} listening; it takes some seconds a radio")
    channel = f"{line['band']} channel {line['channel']}, {line['width']} MHz"
    name = line["ssid"] or "(hidden)"
    return printable(f"{line['bssid']}  {line['signal']:>4} dBm  {channel:<26}  {line['security']:<18}  {name}")


def _part(line: Line) -> str:
    mark = paint("✔", "green") if line["is_well"] else paint("✘", "red")
    return f"{mark} {printable(line['part'])}: {printable(line['what'])}"


def _anything(line: Line) -> str:
    return printable("  ".join(f"{key.replace('_', ' ')} {_text(value)}" for key, value in line.items()))


SHOWN: Final[Mapping[str, Callable[[Line], str]]] = {
    "IPPing": _ping,
    "ServerSelectionDiagnostics": _ping,
    "TraceRoute": _trace,
    "NSLookupDiagnostics": _lookup,
    "SelfTestDiagnostics": _part,
    "UDPEchoDiagnostics": _echo,
    "DownloadDiagnostics": _rate,
    "UploadDiagnostics": _rate,
    "PacketCaptureDiagnostics": _capture,
    "NeighboringWiFiDiagnostic": _neighbour,
}
"""How each says what it has found so far; any other as it comes."""
BY_MICROSECONDS: Final = frozenset({"UDPEchoDiagnostics", "ServerSelectionDiagnostics"})
"""Those whose times are in microseconds in TR-181."""
