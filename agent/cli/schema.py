"""The verb schema: compiles data models, and shows what they say of a path. Needs no running agent."""

import argparse
import dataclasses
import difflib
import gzip
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.cli.client import OK, REFUSED, Failure
from agent.cli.options import Verbs, described
from agent.cli.output import show_json, show_table

if TYPE_CHECKING:
    from agent.model.schema import Schema

_MOMENTS: Final = {
    "object": "of a new row or after a restart",
    "factory": "from the factory",
    "implementation": "unless the device has another",
    "parameter": "when left out",
}


def register(verbs: Verbs) -> None:
    """Add the verb, with one below it for each thing it does."""
    example = "cpe-agent schema show Device.IP.Interface.{i}.\ncpe-agent schema compile MODEL-full.xml -o model.json.gz"
    parser = described(verbs, "schema", "Compile data models, and show what they say.", example)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    compiling = _action(
        actions,
        "compile",
        "Compile a data model of the Broadband Forum (…-full.xml) to what the agent reads.",
        "cpe-agent schema compile tr-181-2-19-1-cwmp-full.xml -o tr-181-2-19-1-cwmp.json.gz",
    )
    compiling.add_argument("xml", metavar="XML", type=Path, help="the model, in its flattened form")
    compiling.add_argument(
        "-o", "--output", metavar="FILE", type=Path, required=True, help=".json.gz, or .json to read it"
    )
    compiling.add_argument(
        "--types", metavar="XML", type=Path, help="tr-106-types.xml, where the model does not repeat it"
    )
    compiling.set_defaults(run=_compile)
    showing = _action(
        actions,
        "show",
        "Show type, access, range and the rest of a parameter, or what an object holds.",
        "cpe-agent schema show Device.IP.Interface.{i}.MaxMTUSize\n"
        "cpe-agent schema show Device.X_ACME_Thing. --schema acme.json",
    )
    showing.add_argument("path", metavar="PATH", help="a path, with instance numbers or {i}; an object's ends in a dot")
    showing.add_argument(
        "--schema", metavar="FILE", type=Path, help="a compiled model, or an extension (.json) to try out"
    )
    showing.set_defaults(run=_show)


def _action(actions: Verbs, name: str, description: str, example: str) -> argparse.ArgumentParser:
    parser = described(actions, name, description, example, help=description)
    parser.add_argument("--json", action="store_true", help='one JSON document with "schema": 1')
    return parser


def _compile(options: argparse.Namespace) -> int:
    from agent.model import schema_text
    from agent.schema_compiler import compile_document, pack
    from agent.schema_xml import CompileError

    started = time.monotonic()
    xml, types = _read(options.xml), _read(options.types) if options.types else None
    try:
        document = compile_document(xml, types)
    except CompileError as error:
        step = "give the flattened model of the Broadband Forum, whose name ends in -full.xml (cwmp-data-models)"
        raise Failure("not_compiled", f"{options.xml}: {error}", step) from None
    written = pack(document) if options.output.suffix == ".gz" else schema_text.write(document)
    _write(options.output, written)
    objects: list[dict[str, Any]] = list(document["objects"].values())
    counts = {
        group: sum(len(facts.get(group, {})) for facts in objects) for group in ("parameters", "commands", "events")
    }
    counts = {"objects": len(objects), **counts, "profiles": len(document.get("profiles", {}))}
    seconds = round(time.monotonic() - started, 3)
    if options.json:
        show_json(
            {
                "model": document["model"],
                "file": str(options.output),
                "bytes": len(written),
                "seconds": seconds,
                **counts,
            }
        )
    else:
        facts = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        print(f"{document['model']}: {facts}")
        print(f"{options.output}: {len(written)} bytes from {len(xml)}, in {seconds:.1f} s")
    return OK


def _show(options: argparse.Namespace) -> int:
    from agent.model.schema import SchemaError, template_of

    template = template_of(options.path)
    try:
        schema = _schema(options.schema)
        entry = schema.object(template) if template.endswith(".") else schema.parameter(template)
        document = _object_facts(schema, template) if entry and template.endswith(".") else {}
    except SchemaError as error:
        raise Failure("bad_schema", str(error), "config/datamodel/README.md describes the shape") from None
    if entry is None:
        raise _unknown(schema, template)
    document = _facts(entry) | document
    if options.json:
        show_json({"object" if template.endswith(".") else "parameter": document})
    else:
        show_table([(key.replace("_", " "), _told(key, value)) for key, value in document.items()])
    return OK


def _schema(file: Path | None) -> "Schema":
    """The shipped schema, or that of a file; an extension is put on top of the shipped one, as the agent would."""
    from agent.model.schema import Schema, SchemaError
    from agent.shipped_schema import shipped_schema

    if file is None:
        return shipped_schema()
    if file.suffix == ".gz":
        return Schema.compiled(_unpacked(file), str(file))
    try:
        document = json.loads(_read(file))
    except ValueError as error:
        raise SchemaError(f"{file}: it is not JSON: {error}") from error
    return shipped_schema().merged_with(Schema.from_document(document, str(file)))


def _object_facts(schema: "Schema", template: str) -> dict[str, Any]:
    """What an object holds, beside its own entry."""
    held = {
        "parameters": list(schema.parameter_names(template)),
        "objects": list(schema.children_of(template)),
        "commands": list(schema.command_names(template)),
        "events": list(schema.event_names(template)),
    }
    return {key: names for key, names in held.items() if names}


def _facts(entry: Any) -> dict[str, Any]:
    """An entry's facts, without those that say nothing."""
    facts: dict[str, Any] = dataclasses.asdict(entry)
    return {key: value for key, value in facts.items() if value not in (None, "", (), False, "normal", "current")}


def _told(key: str, value: Any) -> str:
    """A fact on one line for people."""
    if key == "default":
        return f"{value['text']!r}, {_MOMENTS[value['kind']]}"
    if key == "reference":
        return f"{' or '.join(value['targets']) or 'any'} ({value['kind']}, {'strong' if value['strong'] else 'weak'})"
    if key == "patterns":
        return " or ".join(map(repr, value))
    if key == "enumeration":
        return ", ".join(map(_word, value))
    if key == "unique_keys":
        return "; ".join(" + ".join(one["parameters"]) + (" (of enabled rows)" * one["functional"]) for one in value)
    return _words(value)


def _word(value: dict[str, Any]) -> str:
    remarks = ["optional"] * value["optional"] + ["read-only"] * (not value["writable"])
    remarks += [value["status"]] * (value["status"] != "current")
    return f"{value['text']} ({', '.join(remarks)})" if remarks else str(value["text"])


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        told = ((key, item) for key, item in value.items() if item not in (None, "", (), "legacy"))
        return ", ".join(f"{key} {_words(item)}".replace("_", " ") for key, item in told) or "yes"
    if isinstance(value, (list, tuple)):
        return ("; " if any(isinstance(item, dict) for item in value) else "  ").join(map(_words, value))
    return str(value)


def _unknown(schema: "Schema", template: str) -> Failure:
    above = template.removesuffix(".").removesuffix(".{i}").rpartition(".")[0] + "."
    near = [*(above + name for name in schema.parameter_names(above)), *schema.children_of(above)]
    close = difflib.get_close_matches(template, near, n=3)
    hint = f"near it: {', '.join(close)}" if close else f"cpe-agent schema show {schema.root} lists what there is"
    return Failure("unknown_path", f"{template}: the schema has no such path", hint, REFUSED)


def _unpacked(file: Path) -> bytes:
    try:
        return gzip.decompress(_read(file))
    except (gzip.BadGzipFile, EOFError) as error:
        step = "give a model that cpe-agent schema compile wrote, or an extension as .json"
        raise Failure("unreadable", f"{file}: {error}", step) from None


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Failure("unreadable", f"{file}: {error.strerror}", "name a file that this user can read") from None


def _write(file: Path, content: bytes) -> None:
    """All or nothing: whoever reads the file meanwhile sees the old one."""
    beside = file.with_name(file.name + ".new")
    try:
        beside.write_bytes(content)
        os.replace(beside, file)
    except OSError as error:
        raise Failure("unwritable", f"{file}: {error.strerror}", "name another file with -o") from None
