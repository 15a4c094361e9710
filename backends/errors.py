"""What a mechanism answers when it cannot do what was asked."""

from typing import ClassVar


class MechanismError(Exception):
    """The system refused or could not be understood.

    ``reason`` is a sentence for people; ``code`` the errno's name (``EEXIST`` …) where the kernel gave one, else "".
    """

    is_foreseen: ClassVar[bool] = True
    """It is no accident of ours: one line of the log tells it."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class TimedOut(MechanismError, TimeoutError):
    """No answer before the deadline. A change may or may not have been made.

    It is a TimeoutError too: by that the data model, which knows no mechanism, tells a silent one from a broken one.
    """


class Missing(MechanismError):
    """What was named is not there (an interface, an address, a file)."""
