"""The verb onu: asks an ONT over its serial line, and takes OMCI frames apart. Needs no running agent, and no ACS."""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.cli.client import OK, PROBLEM, USAGE, Failure
from agent.cli.options import Verbs, count, described, seconds
from agent.cli.output import paint, printable

if TYPE_CHECKING:
    from backends.omci.frames import Frame
    from backends.omci.trailers import Cmac

_SHOWN: Final = ("tci", "type", "device", "class", "class_name", "instance", "attributes", "trailer", "trailer_octets")
_WHOLE: Final = ("frame", "octets")
"""Where the whole frame stands in encode's JSON; a few messages have octets of their own under the second name."""


def register(verbs: Verbs) -> None:
    """Add the verb, with one below it for each thing it does."""
    parser = described(
        verbs,
        "onu",
        "Ask an ONT over its serial line, by OMCI frames or by its console; take frames apart, and put them together.",
        "cpe-agent onu info --device /dev/ttyUSB0\n"
        "cpe-agent onu get AniG 0x8001 --device /dev/ttyUSB0 --driver lantiq\n"
        "cpe-agent onu decode 8001490a000200008000…0028c0cbc482\ncpe-agent onu encode get OnuG 0 VendorId SerialNumber",
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _register_line(actions)
    _register_decode(actions)
    _register_encode(actions)


def _register_line(actions: Verbs) -> None:
    """What speaks to an ONT. Nothing of it changes one, but for what the settings unlock by name."""
    from agent.cli import onu_info, onu_send, onu_watch
    from agent.cli.onu_line import add_line

    summary = "Show what the ONT is, its light, its ports, and the ACS that its OLT names."
    info = described(
        actions, "info", summary, "cpe-agent onu info --device /dev/ttyUSB0\n"
        "cpe-agent onu info --device /dev/ttyUSB0 --driver realtek --user admin --password-file secret.txt --json",
        help=summary,
    )  # fmt: skip
    summary = "Read a managed entity."
    get = described(
        actions, "get", summary, "cpe-agent onu get AniG 0x8001 OpticalSignalLevel --device /dev/ttyUSB0\n"
        "cpe-agent onu get 312 0x8001 --current --device /dev/ttyUSB0", help=summary,
    )  # fmt: skip
    get.add_argument("entity", metavar="CLASS", help="a managed entity's number or name")
    get.add_argument("instance", metavar="INSTANCE")
    get.add_argument("attributes", metavar="ATTRIBUTE", nargs="*", help="names, numbers or masks; default: all")
    get.add_argument("--current", action="store_true", help="of a history, the interval that is still running")
    summary = "Read all managed entities: by MIB upload, of which an ONT keeps one only, also for its OLT."
    dump = described(actions, "dump", summary, "cpe-agent onu dump --device /dev/ttyUSB0 --json", help=summary)
    summary = "Show alarms, changed attributes and the light as they come."
    watch = described(
        actions, "watch", summary, "cpe-agent onu watch --device /dev/ttyUSB0 --pcap ont.pcap\n"
        "cpe-agent onu watch --listen --device /dev/ttyUSB0 --json", help=summary,
    )  # fmt: skip
    watch.add_argument("--listen", action="store_true", help="ask nothing: show every frame of a mirrored line")
    watch.add_argument(
        "--every", metavar="SECONDS", type=seconds, help="how often to ask for the light; default 5, of a console 60"
    )
    watch.add_argument("--count", metavar="N", type=count, default=0, help="end after so many lines")
    watch.add_argument("--once", action="store_true", help="end when the line is lost, instead of waiting for it")
    summary = "Send a command, and show the answer: one that reads, or one that unlock in [omci] of the settings names."
    send = described(
        actions, "send", summary,
        "cpe-agent onu send set 340 0x0e01 AdministrativeState=unlocked --device /dev/ttyUSB0\n"
        "cpe-agent onu send mib-reset OnuData 0 --config laboratory.toml --json", help=summary,
    )  # fmt: skip
    _add_words(send, "set, create, delete, mib-reset, reboot, get …")
    for parser, run in (
        (info, onu_info.info), (get, onu_info.get), (dump, onu_info.dump), (watch, onu_watch.watch),
        (send, onu_send.send),
    ):  # fmt: skip
        add_line(parser)
        parser.set_defaults(run=run)
    for parser in (get, dump, watch, send):
        parser.add_argument("--secrets", action="store_true", help="also show passwords and keys")


def _register_decode(actions: Verbs) -> None:
    parser = _action(
        actions,
        "decode",
        _decode,
        "Say what OMCI frames mean, baseline and extended, with or without trailer.",
        "cpe-agent onu decode 8001490a00020000800000…0028c0cbc482 --json\n"
        "ssh stick cat /tmp/omcilog | cpe-agent onu decode - --pcap stick.pcap",
    )
    parser.add_argument(
        "hex", metavar="HEX", nargs="+", help="a frame each, or its octets one by one; - reads the frames of a log"
    )


def _register_encode(actions: Verbs) -> None:
    parser = _action(
        actions,
        "encode",
        _encode,
        "Make an OMCI frame. It is printed, never sent.",
        "cpe-agent onu encode get OnuG 0 VendorId SerialNumber\n"
        "cpe-agent onu encode set 340 3585 AdministrativeState=unlocked AcsNetworkAddress=0x8000\n"
        "cpe-agent onu encode mib-upload-next OnuData 0 sequence=3 --extended\n"
        "cpe-agent onu encode alarm AniG 0x8001 alarms=0,6 sequence=1\n"
        "cpe-agent onu decode 8001… --json | cpe-agent onu encode -",
    )
    _add_words(parser, "get, set, get-next-response, alarm …; - reads decode's JSON")
    parser.add_argument("--tci", default=None, help="the transaction's number [1, of a notification 0]")
    parser.add_argument("--trailer", choices=("crc32", "zero", "none", "cmac"), help="[crc32; with --key cmac]")


def _add_words(parser: argparse.ArgumentParser, messages: str) -> None:
    """Add the words that a frame is made from."""
    parser.add_argument("type", metavar="MESSAGE", help=messages)
    parser.add_argument("entity", metavar="CLASS", nargs="?", help="a managed entity's number or name")
    parser.add_argument("instance", metavar="INSTANCE", nargs="?", default="0")
    parser.add_argument(
        "values",
        metavar="NAME[=VALUE]",
        nargs="*",
        help="attributes by name, number or mask, and the message's own: sequence=3, result=0, alarms=0,6",
    )
    parser.add_argument("--extended", action="store_true", help="an extended frame")


def _action(actions: Verbs, name: str, run: Any, description: str, example: str) -> argparse.ArgumentParser:
    parser = described(actions, name, description, example, help=description)
    parser.add_argument("--json", action="store_true", help="a JSON list with a document for each frame")
    parser.add_argument("--pcap", metavar="FILE", type=Path, help="also write the frames to a capture for Wireshark")
    parser.add_argument("--key", metavar="HEX", help="OMCI_IK of an XG-PON, for the trailer; needs cpe-agent[omci]")
    parser.set_defaults(run=run)
    return parser


def _decode(options: argparse.Namespace) -> int:
    from backends.omci.documents import decoded

    cmac = _cmac(options.key)
    documents: list[dict[str, Any]] = []
    found: list[bytes] = []
    for given in _given(options.hex):
        if isinstance(given, bytes):
            documents.append(decoded(given, cmac))
            found.append(given)
        else:
            documents.append({"error": "it is not hexadecimal", "octets": given})
    _capture(options.pcap, found)
    if options.json:
        print(json.dumps(documents, ensure_ascii=False))
    else:
        for document in documents:
            show(document)
    return OK if any("error" not in document for document in documents) else PROBLEM


def _given(arguments: Sequence[str]) -> Iterator[bytes | str]:
    """The frames of the command line; what is no hexadecimal text comes back as it stands."""
    from backends.omci import hex_text

    if list(arguments) == ["-"]:
        yield from hex_text.frames(sys.stdin)
        return
    if _is_one_frame(arguments):
        arguments = ["".join(arguments)]
    for argument in arguments:
        try:
            yield hex_text.octets(argument)
        except ValueError:
            yield argument


def _is_one_frame(arguments: Sequence[str]) -> bool:
    """Whether they are a frame's octets one by one, or in groups of which none could be a frame."""
    from backends.omci.frames import NotAFrame, parse

    if all(re.fullmatch("[0-9A-Fa-f]{2}", argument) for argument in arguments):
        return True
    if not all(re.fullmatch("(?:[0-9A-Fa-f]{2}){1,8}", argument) for argument in arguments):
        return False
    try:
        parse(bytes.fromhex("".join(arguments)))
    except NotAFrame:
        return False
    return True


def _encode(options: argparse.Namespace) -> int:
    from backends.omci.composing import composed
    from backends.omci.documents import decoded
    from backends.omci.frames import NotAFrame

    cmac = _cmac(options.key)
    documents = _read_documents() if options.type == "-" else [document_of(options)]
    frames: list[bytes] = []
    for number, document in enumerate(documents, 1):
        which = f"document {number} of {len(documents)}: " if options.type == "-" else ""
        if "error" in document:
            print(f"{which}left out, since it was not understood: {printable(document['error'])}", file=sys.stderr)
            continue
        try:
            frames.append(composed(_with_trailer(document, options), cmac).to_bytes())
        except NotAFrame as error:
            step = "cpe-agent onu encode --help has examples"
            raise Failure("not_a_frame", f"{which}{error}", step, USAGE) from None
    _capture(options.pcap, frames)
    if options.json:
        told = [{name: frame.hex() for name in _WHOLE} | decoded(frame, cmac) for frame in frames]
        print(json.dumps(told, ensure_ascii=False))
    else:
        for frame in frames:
            print(frame.hex())
    return OK if frames else PROBLEM


def document_of(options: argparse.Namespace) -> dict[str, Any]:
    """The document that the command line describes."""
    from backends.omci.messages import OCTETS

    if options.entity is None:
        raise Failure("usage", "a class is missing", "name it by number or name: 256, OnuG", USAGE)
    document: dict[str, Any] = {
        "type": options.type,
        "class": options.entity,
        "instance": _number("the instance", options.instance),
        "device": "extended" if options.extended else "baseline",
    }
    if options.tci is not None:
        document["tci"] = _number("--tci", options.tci)
    attributes: dict[str, str | None] = {}
    for given in options.values:
        name, is_set, value = given.partition("=")
        if options.type in ("set", "create") and not is_set:
            step = f"say what it is to be: {name}=VALUE"
            raise Failure("usage", f"{options.type}: {name} has no value", step, USAGE)
        if not name[:1].islower():
            attributes[name] = value if is_set else None
        elif name == "alarms":
            document[name] = [_number("an alarm", one) for one in value.split(",") if one]
        else:
            document[name] = value if name in OCTETS or not value.isdecimal() else int(value)
    return document | {"attributes": attributes}


def _read_documents() -> list[dict[str, Any]]:
    step = "give what cpe-agent onu decode --json prints"
    try:
        documents = json.load(sys.stdin)
    except (ValueError, RecursionError) as error:
        raise Failure("not_json", f"standard input is not JSON: {error}", step, USAGE) from None
    if not isinstance(documents, list) or not all(isinstance(each, dict) for each in documents):
        raise Failure("not_json", "standard input is no list of documents", step, USAGE)
    return [_without_whole(document) for document in documents]


def _without_whole(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document of encode's as decode would give it."""
    whole = document.get("frame")
    return {name: value for name, value in document.items() if name not in _WHOLE or (whole != value)}


def _with_trailer(document: Mapping[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """A trailer that the command line names counts; a key alone asks for a MIC where the document says nothing."""
    if options.trailer:
        return {name: value for name, value in document.items() if name != "trailer_octets"} | {
            "trailer": options.trailer
        }
    return {"trailer": "cmac" if options.key else "crc32", **document}


def _number(what: str, text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise Failure(
            "usage", f"{what} is a number; {text!r} is none", "0x in front of hexadecimal ones", USAGE
        ) from None


def _cmac(key: str | None) -> "Cmac | None":
    return None if key is None else keyed(key)


def keyed(key: str) -> "Cmac":
    """AES-CMAC with what --key gives. Raises Failure."""
    from backends.omci.cmac import NoCryptography, cmac
    from backends.omci.hex_text import octets

    try:
        return cmac(octets(key))
    except NoCryptography as error:
        raise Failure("no_cryptography", str(error), "pip install 'cpe-agent[omci]', or python3-cryptography") from None
    except ValueError:
        raise Failure(
            "usage", "--key: it must be 32 hexadecimal digits", "give the 16 octets of OMCI_IK", USAGE
        ) from None


def for_us(path: str, flags: int) -> int:
    """An opener: frames may have passwords in them, so that nobody else may read what is made."""
    return os.open(path, flags, 0o600)


def unwritable(capture: Path, error: OSError) -> Failure:
    """What to say of a capture that cannot be made."""
    return Failure("unwritable", f"{capture}: {error.strerror}", "name another file with --pcap")


def _capture(file: Path | None, octets: Sequence[bytes]) -> None:
    """Write what are frames, a millisecond apart: when they were on the line, nobody has said."""
    if file is None:
        return
    from backends.omci import capture
    from backends.omci.frames import NotAFrame, parse

    begun = time.time()
    frames: list[Frame] = []
    for each in octets:
        try:
            frames.append(parse(each))
        except NotAFrame:
            continue  # decode has said so
    packets = (capture.packet(frame, begun + number / 1000) for number, frame in enumerate(frames))
    try:
        with open(file, "wb", opener=for_us) as made:
            made.write(capture.HEAD + b"".join(packets))
    except OSError as error:
        raise unwritable(file, error) from None


def show(document: Mapping[str, Any]) -> None:
    """A frame for people: a line about it, and one for each thing it says."""
    if "type" not in document:
        print(f"{paint('not decoded', 'red')}: {printable(document['error'])}  ({printable(document['octets'])})")
        return
    name = document["class_name"] or "unknown class"
    head = f"{document['type']}  {name} ({document['class']}) {document['instance']}"
    print(f"{paint(head, 'bold')}  tci 0x{document['tci']:04x}, {document['device']}, trailer {document['trailer']}")
    _show_entity(document, "  ")
    for key, value in document.items():
        if key == "entities":
            for each in value:
                print(f"  {each['class_name'] or 'unknown class'} ({each['class']}) {each['instance']}")
                _show_entity(each, "    ")
        elif key not in (*_SHOWN, "alarms"):
            told = ", ".join(map(str, value)) if isinstance(value, list) else value
            told = f"{value} ({_result(value)})" if key == "result" else told
            print(f"  {key.replace('_', ' ')}: {printable(told)}")


def _result(number: int) -> str:
    from backends.omci.frames import Result

    return Result(number).name.lower().replace("_", " ") if number in list(Result) else "no known result"


def _show_entity(document: Mapping[str, Any], indent: str) -> None:
    from backends.omci.entities import entity

    known = entity(document["class"])
    for name, value in document.get("attributes", {}).items():
        attribute = known.named(name) if known else None
        told = "" if value is None else f" = {attribute.told(value) if attribute else value}"
        print(f"{indent}{name}{printable(told)}")
    for number, text in document.get("alarms", {}).items():
        print(f"{indent}alarm {number}{f': {text}' if text else ''}")
