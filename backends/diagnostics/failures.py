"""Why a diagnostic did not come to its end."""

from typing import Any


class DiagnosticFailed(Exception):
    """``state`` is the DiagnosticsState to tell ("Error_CannotResolveHostName", …), ``text`` a sentence for people."""

    def __init__(self, state: str, text: str, result: Any = None) -> None:
        """``result``: what is known all the same, in the form of the diagnostic's results. No secret in ``text``."""
        super().__init__(text)
        self.state = state
        self.text = text
        self.result = result
