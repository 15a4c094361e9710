"""The verb config on the control socket: make a configuration file, look at one, put one in force."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from agent.model.data_model import Caller
from agent.model.errors import ModelError
from agent.runtime.control import error
from agent.runtime.verbs import BadArgument, refused, switch

if TYPE_CHECKING:
    from agent.vendor_files.service import ConfigurationFile

Arguments = Mapping[str, Any]
Reply = dict[str, Any]

ACTIONS: Final = ("backup", "preview", "restore")
NEXT: Final[Mapping[str, str]] = {
    "BadFile": "take a file that `cpe-agent config backup` or an upload has made, as it is",
    "NotOpened": "set [backup] passphrase as it was where the file was made, or give --without-secrets",
}


class ConfigurationVerb:
    """Called by the owner's thread. ``file`` is built at the first question."""

    def __init__(self, file: "Callable[[], ConfigurationFile]") -> None:
        self._file = file

    def answer(self, arguments: Arguments) -> Reply:
        """``action`` backup, with ``secrets`` → ``content``; preview or restore, with ``content`` and
        ``without_secrets`` → ``status``, ``changes`` (path, before, after), ``more_changes``, ``secrets``, ``about``.
        """
        from agent.vendor_files.service import told

        action, secrets, content = (arguments.get(name, "") for name in ("action", "secrets", "content"))
        try:
            without = switch(arguments, "without_secrets")
            if action not in ACTIONS or not isinstance(secrets, str) or not isinstance(content, str):
                raise BadArgument(f"action is one of {', '.join(ACTIONS)}, secrets and content are texts")
            file = self._file()
            if action == "backup":
                return {"content": file.content(secrets).decode()}
            act = file.preview if action == "preview" else file.restore
            return told(act(content.encode("utf-8", "replace"), Caller.LOCAL, without_secrets=without))
        except BadArgument as wrong:
            return error("invalid_arguments", str(wrong), "see the verb's --help")
        except OSError as failure:
            return error("unavailable", f"the key of backups cannot be kept: {failure.strerror}", "see the agent's log")
        except ModelError as refusal:
            return _refused(refusal)


def _refused(refusal: ModelError) -> Reply:
    """As ``verbs.refused``, with the step that helps where it is the file's own fault."""
    answer = refused(refusal)
    first = (getattr(refusal, "refusals", None) or (refusal,))[0]
    if step := NEXT.get(type(first).__name__):
        answer["error"]["next"] = step
    return answer
