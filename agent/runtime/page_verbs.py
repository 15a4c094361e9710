"""What a page needs beside the command line's verbs: search, schema facts, the log, samples, the strip."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from agent.model.data_model import Caller, DataModel, Value
from agent.model.errors import ModelError
from agent.model.schema import template_of
from agent.runtime.control import error
from agent.runtime.verbs import BadArgument, refused, shown_values

MOST_FOUND: Final = 1000
LONGEST_TEXT: Final = 256
SILENT: Final = (None, "", (), False, "normal", "current")

Reply = dict[str, Any]
Arguments = Mapping[str, Any]


class PageVerbs:
    """``log`` gives lines above a number, ``samples`` those above one."""

    def __init__(
        self,
        model: DataModel,
        log: Callable[[int], list[Reply]],
        samples: Callable[[int], Reply],
        strip: Callable[[], Reply],
    ) -> None:
        self._model = model
        self._log = log
        self._samples = samples
        self._strip = strip
        self._table: Mapping[str, Callable[[Arguments], Reply]] = {
            "search": self.search,
            "schema": self.schema,
            "log": self.log,
            "live": self.live,
            "strip": lambda _arguments: strip(),
        }
        self.table = {verb: self._guarded(verb) for verb in self._table}

    def _guarded(self, verb: str) -> Callable[[Arguments], Reply]:
        def answer(arguments: Arguments) -> Reply:
            try:
                return self._table[verb](arguments)
            except ModelError as refusal:
                return refused(refusal)
            except BadArgument as wrong:
                return error("bad_request", str(wrong), "see the description of the API")

        return answer

    def search(self, arguments: Arguments) -> Reply:
        """``text``, ``limit`` → ``parameters`` whose path or value has the text in it, and whether there is more."""
        text, limit = arguments.get("text"), _number(arguments, "limit", 200)
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_TEXT:
            raise BadArgument(f"text has to be a text of 1 to {LONGEST_TEXT} characters")
        wanted = text.casefold()
        found: list[Value] = []
        for value in self._model.present([self._model.root], Caller.LOCAL):
            if wanted in value.path.casefold() or wanted in value.text.casefold():
                if len(found) >= min(limit, MOST_FOUND):
                    return {"parameters": shown_values(found), "more": True}
                found.append(value)
        return {"parameters": shown_values(found), "more": False}

    def schema(self, arguments: Arguments) -> Reply:
        """``path`` of a parameter or an object → its facts by the schema, without those that say nothing."""
        path = arguments.get("path")
        if not isinstance(path, str):
            raise BadArgument("path has to be a text")
        template, schema = template_of(path), self._model.schema
        if template.endswith(".") and not schema.object(template) and schema.object(f"{template}{{i}}."):
            template += "{i}."  # the table is described by its rows
        entry = schema.object(template) if template.endswith(".") else schema.parameter(template)
        if entry is None:
            return error("unknown_path", f"the schema has no {template}", "GET /names lists what is supported")
        facts = {key: value for key, value in asdict(entry).items() if value not in SILENT}
        return {"path": template, **facts}

    def log(self, arguments: Arguments) -> Reply:
        """``after`` → ``lines`` of the log (n, at, level, logger, text), and ``next``: what to ask after then."""
        after = _number(arguments, "after", 0)
        lines = self._log(after)
        return {"lines": lines, "next": lines[-1]["n"] if lines else after}

    def live(self, arguments: Arguments) -> Reply:
        """``after`` → ``samples``; see agent.runtime.live."""
        return self._samples(_number(arguments, "after", 0))


def _number(arguments: Arguments, name: str, default: int) -> int:
    value = arguments.get(name, default)
    if type(value) is not int or value < 0:  # to Python, True is 1 as well
        raise BadArgument(f"{name} has to be a whole number from 0")
    return value
