"""Who owns the page: the one-time code of the first visit and the kept password, for the page by way of the verbs."""

import hmac
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.runtime.control import error

log = logging.getLogger(__name__)

DOCUMENT: Final = "page"
CODE_SECONDS: Final = 900.0
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What a code is made of: nothing that is read as something else."""
CODE_LETTERS: Final = 10
"""Fifty bits: with one try a second nobody finds it in its time, so wrong ones need not use it up, which would be for
whoever is in the home to do.
"""

Reply = dict[str, Any]
Arguments = Mapping[str, Any]


class PageAccess:
    """The verbs by which the page and ``cpe-agent setup`` speak about log-ins; the owner's thread answers them.

    ``read`` and ``write`` keep one document, ``None`` is none; OSError: it could not be, and the one before holds.
    ``letter`` chooses one of LETTERS at random; ``where`` says at which URLs the page is, and why it is nowhere;
    ``refused`` notes who was refused; ``changed`` is told the number of the password from which on log-ins hold;
    ``clock`` gives monotonic seconds.

    Looking at a password takes a while (scrypt), in which it may become another one: each has a number, which goes with
    it to the page and comes back from there.
    """

    def __init__(
        self,
        read: Callable[[], Any],
        write: Callable[[Mapping[str, Any] | None], None],
        letter: Callable[[str], str],
        where: Callable[[], tuple[list[str], str]],
        refused: Callable[[str, str], object],
        changed: Callable[[int], None],
        device: Callable[[], Mapping[str, str]],
        clock: Callable[[], float],
    ) -> None:
        self._write = write
        self._letter = letter
        self._where = where
        self._refused = refused
        self._changed = changed
        self._device = device
        self._clock = clock
        kept = read()
        self._password = str(kept["password"]) if kept else ""
        self._generation = 0
        self._code = ""
        self._used_code = ""
        self._code_until = 0.0
        self.table: Mapping[str, Callable[[Arguments], Reply]] = {
            "page_state": self._state,
            "page_secret": self._secret,
            "page_code": self._make_code,
            "page_try_code": self._try_code,
            "page_keep": self._keep,
            "page_forget": self._forget,
            "page_refused": self._note_refused,
        }

    def forget(self) -> None:
        """Factory reset: the next visit is the first one again. Raises OSError where that cannot be written down."""
        self._set("")

    def _state(self, _arguments: Arguments) -> Reply:
        """→ ``has_password``, ``has_code``, ``device``."""
        has_code = bool(self._code) and self._clock() < self._code_until
        return {"has_password": bool(self._password), "has_code": has_code, "device": dict(self._device())}

    def _secret(self, _arguments: Arguments) -> Reply:
        """→ ``password`` as it is kept (scrypt), "" is none; ``generation``: its number."""
        return {"password": self._password, "generation": self._generation}

    def _make_code(self, _arguments: Arguments) -> Reply:
        """→ ``code``, shown once and good for ``seconds``; ``urls`` of the page."""
        urls, problem = self._where()
        if problem:
            return error("no_page", problem, "see [web] in the settings file, then reload or restart the agent")
        if self._password:
            return error("has_password", "the page has a password already", "cpe-agent setup --forget-password")
        self._code = "".join(self._letter(LETTERS) for _ in range(CODE_LETTERS))
        self._code_until = self._clock() + CODE_SECONDS
        log.info("a one-time code for the page was made; it is good for %.0f minutes", CODE_SECONDS / 60)
        half = CODE_LETTERS // 2
        shown = f"{self._code[:half]}-{self._code[half:]}"
        return {"code": shown, "seconds": CODE_SECONDS, "urls": urls}

    def _try_code(self, arguments: Arguments) -> Reply:
        """``code``, ``source`` → used up when it is right, and the ``generation`` that it was for; else an error."""
        code = "".join(str(arguments.get("code", "")).upper().split()).replace("-", "")
        next_step = "make one on the device: cpe-agent setup --code"
        if not self._code or self._clock() >= self._code_until:
            self._code = ""
            return error("wrong_code", "there is no one-time code now, or it is too old", next_step)
        if hmac.compare_digest(code.encode("utf-8", "replace"), self._code.encode()):
            self._code, self._used_code = "", self._code
            return {"right": True, "generation": self._generation}
        self._refused(str(arguments.get("source", "")), "first visit of the page refused: wrong one-time code")
        return error("wrong_code", "the one-time code is wrong", next_step)

    def _keep(self, arguments: Arguments) -> Reply:
        """``password`` as it is to be kept, ``generation`` of the one that it replaces → ``generation`` of its own."""
        password = arguments.get("password")
        if not isinstance(password, str) or not password.startswith("scrypt:") or len(password) > 200:
            return error("invalid_arguments", "password is none as it is kept", "set it on the page")
        if arguments.get("generation") != self._generation:
            return error("changed_meanwhile", "another password was set meanwhile, or it was forgotten", "log in again")
        try:
            self._set(password)
        except OSError as failure:
            self._code = "" if self._password else self._used_code  # who has it may come again
            return _not_saved("the new password could not be saved", failure)
        log.info("the page has a new password")
        return {"kept": True, "generation": self._generation}

    def _forget(self, _arguments: Arguments) -> Reply:
        """The password is forgotten and every log-in ends → ``forgotten``: whether there was one."""
        had = bool(self._password)
        try:
            self._set("")
        except OSError as failure:
            return _not_saved("the password could not be forgotten", failure)
        log.info("the page's password was forgotten; the next visit needs a one-time code")
        return {"forgotten": had}

    def _note_refused(self, arguments: Arguments) -> Reply:
        """``source``, ``text``: for the log and the history of faults."""
        source, text = str(arguments.get("source", ""))[:64], str(arguments.get("text", ""))[:200]
        self._refused(source, text)
        return {}

    def _set(self, password: str) -> None:
        """What cannot be written down changes nothing: after a restart the password of before would hold again."""
        self._write({"version": 1, "password": password} if password else None)
        self._password, self._code, self._used_code = password, "", ""
        self._generation += 1
        self._changed(self._generation)


def _not_saved(what: str, failure: OSError) -> Reply:
    next_step = "make room where the agent keeps its state (`cpe-agent doctor` names the place), then try again"
    return error("not_saved", f"{what}, and nothing has changed: {failure.strerror}", next_step)
