"""Checks presets as a build wants it: their form, files that they name, and each path and value by the data model."""

import os
import stat
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

from agent.discovery.identity import SAMPLE
from agent.discovery.preset import (
    LARGEST,
    LEVELS,
    MOST,
    NotUsable,
    Preset,
    Problem,
    few,
    named_rows,
    parse,
    settings_for,
)
from agent.model import values
from agent.model.errors import InvalidValue
from agent.model.instances import RESERVED
from agent.model.schema import Schema, template_of
from agent.pem_files import why_no_certificates, why_no_pem
from agent.presets import FILES, PATHS, beginning, concerns, distrusted
from agent.toml_places import lines_of


class Report(NamedTuple):
    """What is wrong with one preset, what a person should know of it, and the preset as far as its form is right."""

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()
    preset: Preset | None = None
    lines: Mapping[tuple[str, ...], int] = {}

    def line_of(self, table: str, key: str) -> int:
        """Where a key stands; 0 where that is not known."""
        return self.lines.get((table, key), 0)


def check(file: str, schema: Schema, root: str = "/") -> Report:
    """Look at one preset; absolute files that it names are looked for below ``root``. Raises OSError."""
    content, status = beginning(file, LARGEST + 1)
    found = [*_name(file)]
    try:
        preset = parse(content, file)
    except NotUsable as wrong:
        found += wrong.problems
        if wrong.rest is None:
            return Report(few(found))
        preset = wrong.rest
    text = content.decode("utf-8", "replace")
    report = Report((), (), preset, lines_of(text, file.endswith(".json")))
    looked_at = (_files(report, root), _values(report, schema), _attributes(report, schema), _rows(report, schema))
    found += islice(chain.from_iterable(looked_at), MOST)
    warnings = concerns(file, settings_for(preset, SAMPLE))
    if status.st_mode & stat.S_IWOTH:
        found.append(Problem(0, "everybody can write it: the agent leaves it out", f"chmod go-w {file}"))
    elif why := distrusted(file, status):
        warnings.append(f"{file}: the agent would leave it out as it is here: {why}")
    if not (found or preset.settings or preset.values or preset.attributes):
        warnings.append(f"{file}: it says nothing, neither an ACS nor a value")
    if preset.example:
        warnings.append(f"{file}: an example; it is never applied before the line `example = true` is taken out")
    return Report(few(found), tuple(warnings), preset, report.lines)


def _name(file: str) -> Iterator[Problem]:
    name = os.path.basename(file)
    if not name.endswith(FILES) or name.startswith("."):
        step = f"name it {name.strip('.').partition('.')[0] or 'preset'}.toml"
        yield Problem(0, f"the agent reads no file of this name, but *{' and *'.join(FILES)}", step)


def _files(report: Report, root: str) -> Iterator[Problem]:
    preset = report.preset
    for key in PATHS:
        if preset is None or key not in preset.settings:
            continue
        table, _, name = key.partition(".")
        place = os.path.join(os.path.dirname(os.path.abspath(preset.file)), preset.settings[key])
        if os.path.isabs(preset.settings[key]) and root != "/":
            place = os.path.join(root, preset.settings[key].lstrip("/"))
        if why := (why_no_certificates if key == "acs.ca_file" else why_no_pem)(place):
            step = "name a file that is in the image; without / at its start it is beside the preset"
            yield Problem(report.line_of(table, name), f"[{table}] {name}: {place}: {why}", step)


def _values(report: Report, schema: Schema) -> Iterator[Problem]:
    for path, text in (report.preset.values if report.preset else {}).items():
        line = report.line_of("values", path)
        entry = schema.parameter(template_of(path))
        if entry is None:
            yield _unknown(line, path, schema)
        elif not entry.writable:
            yield Problem(line, f"{path} is read-only in the data model", "take it out")
        elif entry.reference is None or entry.reference.kind != "row":
            try:
                values.parse(entry, text)
            except InvalidValue as wrong:
                shown = "" if entry.is_secret else f" {text!r}"[:200]
                what = f"{path}:{shown or ' the value'} is no {entry.type} that it may be"
                reason = values.unfit(entry) if entry.is_secret else wrong.reason
                yield Problem(
                    line, what, f"{reason}; `cpe-agent schema show {template_of(path)}` shows what is allowed"
                )


def _attributes(report: Report, schema: Schema) -> Iterator[Problem]:
    for path, level in (report.preset.attributes if report.preset else {}).items():
        line, template = report.line_of("attributes", path), template_of(path)
        if path.endswith("."):
            if schema.object(template) is None and schema.object(template + "{i}.") is None:
                yield _unknown(line, path, schema)
            continue
        entry = schema.parameter(template)
        if entry is None:
            yield _unknown(line, path, schema)
        elif entry.active_notify == "forceEnabled" and LEVELS[level] != "active":
            yield Problem(line, f"{path}: the data model forces active notification", "take it out")
        elif entry.active_notify == "canDeny" and LEVELS[level] == "active":
            yield Problem(line, f"{path} changes too often for active notification", 'write "passive"')


def _rows(report: Report, schema: Schema) -> Iterator[Problem]:
    """Rows by names that nobody can give: a row of the device's own is called cpe-…, any other has to be added."""
    preset = report.preset or Preset("")
    for table, paths in (("values", preset.values), ("attributes", preset.attributes)):
        for path in paths:
            for row in named_rows(path):
                above, _, alias = row.rpartition("[")
                entry = schema.object(template_of(row))
                if entry is not None and not entry.addable_and_deletable and not alias.startswith(RESERVED):
                    what = f"{path}: the data model lets no rows be added to {above}, so none is called {alias[:-2]}"
                    step = "take it out: which rows there are is the device's own affair"
                    yield Problem(report.line_of(table, path), what, step)


def _unknown(line: int, path: str, schema: Schema) -> Problem:
    import difflib

    template = template_of(path)
    above = template.removesuffix(".").removesuffix(".{i}").rpartition(".")[0] + "."
    near = [*(above + name for name in schema.parameter_names(above)), *schema.children_of(above)]
    close = difflib.get_close_matches(template, near, n=3)
    step = f"near it: {', '.join(close)}" if close else f"`cpe-agent schema show {schema.root}` lists what there is"
    return Problem(line, f"{path}: the data model has no such path", step)
