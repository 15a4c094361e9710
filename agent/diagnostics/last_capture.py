"""The verb ``capture``: the file that the last PacketCaptureDiagnostics has left, for who keeps it elsewhere."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from agent.runtime.control import error

PIECE: Final = 48 * 1024


class LastCapture:
    """Serves the stream ``capture``: lines of ``data`` (base64), then ``bytes``. It lies in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def stream(self, _arguments: Mapping[str, Any]) -> Iterator[dict[str, Any] | None]:
        """No arguments. What a later capture puts in its place meanwhile is not mixed into it."""
        from backends.diagnostics.packet_capture import file_in

        try:
            file = file_in(self._directory).open("rb")
        except FileNotFoundError:
            yield error("no_capture", "there is no capture", "run PacketCaptureDiagnostics, without a FileTarget")
            return
        with file:
            size = 0
            while piece := file.read(PIECE):
                size += len(piece)
                yield {"data": base64.b64encode(piece).decode()}
        yield {"bytes": size}
