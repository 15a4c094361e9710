"""The verbs of lab that ask a running lab ACS through its HTTP API: devices, rpc, get, set, connect, sessions …"""

import argparse
import json
import os
import re
import ssl
import textwrap
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from agent.cli.client import OK, PROBLEM, USAGE, Failure
from agent.cli.lab import DEFAULT_LISTEN, add_subverb
from agent.cli.lab_connection import opener
from agent.cli.options import Verbs, seconds
from agent.cli.output import paint, printable, show_json, show_table

Json = dict[str, Any]

_WAIT = 30.0
_FIRST_INFORM = "set a CPE's ACS URL to this lab ACS; with cpe-agent on it, cpe-agent inform makes it speak at once"
_START = "start one with cpe-agent lab acs, or name it with --acs URL"


def register(verbs: Verbs) -> None:
    """Add the sub-verbs."""
    devices = add_subverb(
        verbs, "devices", _devices, "List the devices that a running lab ACS knows, or show one.",
        "cpe-agent lab devices\ncpe-agent lab devices 001122-Gateway-7 --json",
    )  # fmt: skip
    devices.add_argument("device", metavar="DEVICE", nargs="?", help="show this one, with what it told")
    rpc = add_subverb(
        verbs, "rpc", _rpc, "Queue an RPC for a device.",
        "cpe-agent lab rpc - GetParameterNames path=Device. next_level=false --now --wait\n"
        "cpe-agent lab rpc - Download '{\"url\": \"/files/new.bin\", \"file_size\": 4096}'\n"
        "cpe-agent lab rpc - X_Own_Method 'xml=<Argument>1</Argument>'",
    )  # fmt: skip
    add_device(rpc)
    rpc.add_argument("method", metavar="METHOD", help="GetRPCMethods …; cpe-agent lab methods lists them")
    rpc.add_argument(
        "arguments", metavar="ARGUMENT", nargs="*", help="NAME=VALUE, the value JSON or else text; or one JSON object"
    )
    rpc.add_argument("--now", action="store_true", help="send the device a connection request")
    rpc.add_argument("--expect", action="store_true", help="the device need not have sent an Inform yet")
    _add_wait(rpc, None, f"wait for the result, without SECONDS for {_WAIT:g}; default: do not")
    get = add_subverb(
        verbs, "get", _get, "GetParameterValues now: connection request, RPC, result.",
        "cpe-agent lab get - Device.DeviceInfo. Device.ManagementServer.URL",
    )  # fmt: skip
    add_device(get)
    get.add_argument("names", metavar="PATH", nargs="+", help="a parameter, or an object ending in a dot")
    set_ = add_subverb(
        verbs, "set", _set, "SetParameterValues now: connection request, RPC, result.",
        "cpe-agent lab set - Device.ManagementServer.PeriodicInformInterval=60 --type unsignedInt",
    )  # fmt: skip
    add_device(set_)
    set_.add_argument("assignments", metavar="PATH=VALUE", nargs="+")
    set_.add_argument("--type", help="of all these values; without it the device is asked, else by their look")
    set_.add_argument("--parameter-key", metavar="KEY", default="")
    for now in (get, set_):
        _add_wait(now, _WAIT, f"how long to wait for the result; default {_WAIT:g}")
    methods = add_subverb(
        verbs, "methods", _methods, "List the RPCs that lab rpc can send, with their arguments.",
        "cpe-agent lab methods\ncpe-agent lab methods Download",
    )  # fmt: skip
    methods.add_argument("method", metavar="METHOD", nargs="?", help="only this one")
    result = add_subverb(verbs, "result", _result, "Show what became of an RPC.", "cpe-agent lab result 7")
    result.add_argument("id", metavar="ID", help="as rpc printed it")
    connect = add_subverb(verbs, "connect", _connect, "Send a connection request.", "cpe-agent lab connect -")
    add_device(connect)
    sessions = add_subverb(
        verbs, "sessions", _sessions, "Show a device's last sessions, message by message.",
        "cpe-agent lab sessions - --xml",
    )  # fmt: skip
    add_device(sessions)
    sessions.add_argument("--xml", action="store_true", help="also the envelopes, secrets masked")
    for parser in (devices, rpc, get, set_, result, connect, sessions):
        add_server(parser)


def add_device(parser: argparse.ArgumentParser) -> None:
    """Which device it is about."""
    parser.add_argument(
        "device", metavar="DEVICE", help="its id, a part of it that fits one only, or - for the only one"
    )


def _add_wait(parser: argparse.ArgumentParser, default: float | None, text: str) -> None:
    parser.add_argument("--wait", metavar="SECONDS", type=seconds, nargs="?", const=_WAIT, default=default, help=text)


def _methods(options: argparse.Namespace) -> int:
    from agent.lab.rpcs import ARGUMENTS

    found = {name: text for name, text in ARGUMENTS.items() if options.method in (None, name)}
    if not found:
        raise Failure("unknown_method", f"there is no {options.method}", "cpe-agent lab methods lists them", USAGE)
    if options.json:
        show_json({"methods": [{"method": name, "arguments": text} for name, text in found.items()]})
        return OK
    for name, text in found.items():
        print(paint(name, "bold"))
        print(textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False))
    return OK


def add_server(parser: argparse.ArgumentParser) -> None:
    """Which lab ACS is asked, and how it is trusted."""
    default = os.environ.get("CPE_AGENT_LAB", f"http://{DEFAULT_LISTEN}/")
    parser.add_argument("--acs", metavar="URL", default=default, help=f"the lab ACS; CPE_AGENT_LAB or {default}")
    parser.add_argument("--ca", metavar="FILE", help="https: the certificate to trust")
    parser.add_argument("--cert", metavar="FILE", help="https: a client certificate to show, with its key")


def ask_lab(
    options: argparse.Namespace, method: str, path: str, body: Json | None = None, timeout: float = 30.0
) -> Json:
    """One request to the API. Failure for its errors, and when nothing answers."""
    try:
        request = urllib.request.Request(  # noqa: S310 - the person's own URL
            options.acs.rstrip("/") + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        ask = opener(is_tls=request.type == "https", ca=options.ca, certificate=options.cert)
        with ask.open(request, timeout=timeout) as answer:
            return _document(options, answer.read())
    except urllib.error.HTTPError as refused:
        error = _document(options, refused.read()).get("error", {})
        raise Failure(error.get("code", "error"), error.get("message", str(refused)), error.get("next", "")) from None
    except (OSError, ValueError) as failed:
        reason = getattr(failed, "reason", failed)
        if isinstance(reason, ssl.SSLCertVerificationError):
            message = f"the certificate of {options.acs} is not trusted: {reason.verify_message}"
            step = "name it with --ca FILE (what lab acs has as --cert), and in --acs the host that it is for"
            raise Failure("not_trusted", message, step) from None
        raise Failure("no_lab_acs", f"no lab ACS answers on {options.acs}: {reason}", _START) from None


def _document(options: argparse.Namespace, data: bytes) -> Json:
    try:
        found = json.loads(data)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "schema" not in found:
        raise Failure("no_lab_acs", f"what answers on {options.acs} is no lab ACS", _START)
    return found


def device_id(options: argparse.Namespace) -> str:
    """The device that was meant."""
    known = [device["id"] for device in ask_lab(options, "GET", "/api/devices")["devices"]]
    wanted = options.device
    if wanted in known or getattr(options, "expect", False):
        return str(wanted)
    found = known if wanted == "-" else [each for each in known if wanted in each]
    if len(found) == 1:
        return str(found[0])
    if not found:
        message = "no device has sent an Inform yet" if not known else f"no device fits {wanted}"
        step = "cpe-agent lab devices lists them" if known else _FIRST_INFORM
        raise Failure("unknown_device", message, step)
    raise Failure("ambiguous_device", f"{wanted} fits {', '.join(found)}", "name one of them", USAGE)


def _path(device: str, what: str = "") -> str:
    return f"/api/devices/{quote(device, safe='')}{what}"


def _devices(options: argparse.Namespace) -> int:
    if options.device:
        return _one_device(options)
    answer = ask_lab(options, "GET", "/api/devices")
    if options.json:
        show_json(answer)
        return OK
    rows = [
        (each["id"], _when(each["last_inform"]), ", ".join(each["events"]), len(each["queued"]), _state(each))
        for each in answer["devices"]
    ]
    if rows:
        show_table(rows, ("device", "last Inform", "events", "queued", "session"))
    else:
        print(f"no device has sent an Inform yet; next: {_FIRST_INFORM}")
    return OK


def _one_device(options: argparse.Namespace) -> int:
    answer = ask_lab(options, "GET", _path(device_id(options)))
    if options.json:
        show_json(answer)
        return OK
    names = ("id", "manufacturer", "serial_number", "connection_request_url", "informs", "retry_count")
    rows = [(name.replace("_", " "), answer[name]) for name in names]
    rows += [("last Inform", _when(answer["last_inform"])), ("events", ", ".join(answer["events"]))]
    show_table([*rows, ("session", _state(answer))])
    _show_parameters(answer["parameters"])
    return OK


def _when(at: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) if at else "never"


def _state(device: Json) -> str:
    session = device["session"]
    return f"{session['number']} {session['state']}" if session else "none"


def _rpc(options: argparse.Namespace) -> int:
    return _send(options, options.method, _arguments(options.arguments), now=options.now, wait=options.wait)


def _get(options: argparse.Namespace) -> int:
    return _send(options, "GetParameterValues", {"names": options.names}, now=True, wait=options.wait)


def _set(options: argparse.Namespace) -> int:
    parameters = []
    for assignment in options.assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise Failure("usage", f"{assignment} is no PATH=VALUE", "such as Device.X.Enable=true", USAGE)
        value: Any = text
        if options.type is None and text in ("true", "false"):
            value = text == "true"
        elif options.type is None and re.fullmatch(r"0|-?[1-9][0-9]*", text):
            value = int(text)
        parameters.append({"path": path, "value": value, **({"type": options.type} if options.type else {})})
    if options.type is None:
        _learn_types(options, [each["path"] for each in parameters])
    arguments = {"parameters": parameters, "parameter_key": options.parameter_key}
    return _send(options, "SetParameterValues", arguments, now=True, wait=options.wait)


def _learn_types(options: argparse.Namespace, paths: list[str]) -> None:
    """Have the device tell the types that are not known yet, in the session in which it is told the values: the lab ACS
    writes an RPC when it sends it.
    """
    device = device_id(options)
    told = {each["path"] for each in ask_lab(options, "GET", _path(device))["parameters"] if each["type"]}
    unknown = [path for path in dict.fromkeys(paths) if path not in told]
    if unknown:
        ask_lab(
            options, "POST", _path(device, "/rpc"), {"method": "GetParameterValues", "arguments": {"names": unknown}}
        )


def _arguments(texts: list[str]) -> Json:
    """The arguments of an RPC from the command line."""
    if len(texts) == 1 and texts[0].lstrip().startswith("{"):
        try:
            return dict(json.loads(texts[0]))
        except ValueError as wrong:
            raise Failure("usage", f"the arguments are no JSON object: {wrong}", "quote them", USAGE) from None
    found: Json = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise Failure("usage", f"{text} is no NAME=VALUE", "such as path=Device.", USAGE)
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _send(options: argparse.Namespace, method: str, arguments: Json, *, now: bool, wait: float | None) -> int:
    device = device_id(options)
    asked = {"method": method, "arguments": arguments, "connection_request": now}
    asked["expect"] = getattr(options, "expect", False)
    answer = ask_lab(options, "POST", _path(device, "/rpc"), asked)
    if wait is None:
        if options.json:
            show_json(answer)
        else:
            _show_request(method, answer)
            print(f"{method} is queued as {answer['id']}: cpe-agent lab result {answer['id']}")
        return OK
    if not options.json:  # before the wait: whoever reads it need not wait
        _show_request(method, answer)
    return _show_rpc(options, _awaited(options, answer["id"], wait))


def _show_request(method: str, answer: Json) -> None:
    """Why there is no session for an RPC yet, where the CPE has refused the connection request."""
    request = answer.get("connection_request")
    if request and not request["accepted"]:
        print(paint(f"connection request: {request['reason']}", "yellow"))
        print(f"  {method} goes out with the device's next session; next: {request['next']}")


def _awaited(options: argparse.Namespace, number: str, wait: float) -> Json:
    """The RPC once it is finished, or as it is after ``wait`` seconds."""
    deadline = time.monotonic() + wait
    while True:
        left = max(deadline - time.monotonic(), 0.0)
        step = min(left, 20.0)
        rpc = ask_lab(options, "GET", f"/api/rpc/{quote(number, safe='')}?wait={step:.3f}", timeout=step + 30.0)
        if rpc["state"] in ("done", "fault") or left <= step:
            return rpc


def _result(options: argparse.Namespace) -> int:
    return _show_rpc(options, _awaited(options, options.id, 0.0))


def _show_rpc(options: argparse.Namespace, rpc: Json) -> int:
    status = PROBLEM if rpc["state"] == "fault" else OK
    if rpc["state"] in ("queued", "sent") and getattr(options, "wait", None) is not None:
        status = PROBLEM
    if options.json:
        show_json(rpc)
        return status
    took = f" in {rpc['seconds'] * 1000:.1f} ms" if rpc["seconds"] is not None else ""
    result = rpc["result"] or {}
    if rpc["state"] == "fault":
        print(paint(printable(f"{rpc['method']}: fault {result['code']} {result['string']}"), "red"))
        show_table([(f"  {each['path']}", each["code"], each["string"]) for each in result["parameters"]])
        return status
    print(paint(f"{rpc['method']}: {rpc['state']}{took}", "dim"))
    if getattr(options, "wait", None) is None:
        _show_request(rpc["method"], rpc)
    if "parameters" in result:
        _show_parameters(result["parameters"])
    elif "names" in result:
        show_table([("w" if each["writable"] else "-", each["path"]) for each in result["names"]])
    elif "attributes" in result:
        show_table([(each["path"], each["notification"], *each["access_list"]) for each in result["attributes"]])
    elif result:
        show_table([(name, _flat(value)) for name, value in result.items()])
    return status


def _flat(value: Any) -> str:
    return ", ".join(map(_flat, value)) if isinstance(value, list) else str(value)


def _show_parameters(parameters: list[Json]) -> None:
    show_table([(each["path"], each["type"], each["value"]) for each in parameters])


def _connect(options: argparse.Namespace) -> int:
    answer = ask_lab(options, "POST", _path(device_id(options), "/connection-request"), {})
    if options.json:
        show_json(answer)
    else:
        challenged = ", challenged" if answer["was_challenged"] else ""
        print(f"{answer['url']} answered {answer['status']} in {answer['seconds'] * 1000:.1f} ms{challenged}")
    return OK


def _sessions(options: argparse.Namespace) -> int:
    from agent.lab.conversation import indented_xml, line_text
    from agent.lab.records import Line

    device = device_id(options)
    answer = ask_lab(options, "GET", _path(device, "/sessions?xml=1" if options.xml else "/sessions"))
    if options.json:
        show_json(answer)
        return OK
    for session in answer["sessions"]:
        traffic = f"{session['bytes_in']} bytes in, {session['bytes_out']} out, {session['posts']} POSTs"
        print(f"\n{printable(device)}  session {session['number']} {session['state']}  {traffic}")
        for each in session["lines"]:
            line = Line(
                each["at"],
                each["direction"],
                each["message"],
                size=each["bytes"],
                summary=each["summary"],
                details=tuple(each["details"]),
                seconds=each["seconds"],
                is_bad=each["bad"],
            )
            print(line_text(line, colour=paint("x", "red") != "x"))
            if each.get("xml"):
                print("\n".join(printable(text) for text in indented_xml(each["xml"]).splitlines()))
    return OK
