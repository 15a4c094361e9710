"""Makes the agent's listening UNIX socket: private from the first moment, one agent for each path."""

import os
import socket
from contextlib import suppress
from pathlib import Path


class ControlSocketError(Exception):
    """The socket cannot be had; the text says why and what to do."""


def listen(path: Path, backlog: int) -> socket.socket:
    """Make a listening UNIX socket of mode 0600; a dead one is replaced. Raises ControlSocketError.

    It is bound beside the path and renamed over it: nobody ever finds a socket that is not yet 0600.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    except OSError as problem:
        raise ControlSocketError(
            f"no control socket can be made in {path.parent}: {problem.strerror}; "
            "run as root, or set [control] socket or [state] directory"
        ) from None
    # Through the descriptor the name is short: a socket's address has room for 107 bytes.
    short = f"/proc/self/fd/{directory}/"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _require_no_other(short + path.name, path)
        new = f".{path.name}.{os.getpid()}"
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=directory)
        listener.bind(short + new)
        os.chmod(new, 0o600, dir_fd=directory)
        listener.listen(backlog)
        os.rename(new, path.name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError as problem:
        listener.close()
        raise ControlSocketError(f"the control socket {path} cannot be made: {problem.strerror or problem}") from None
    except ControlSocketError:
        listener.close()
        raise
    finally:
        os.close(directory)
    return listener


def _require_no_other(address: str, path: Path) -> None:
    """A socket that nobody listens on is left over from a crash; one that takes connections is another agent's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(address)
        except (FileNotFoundError, ConnectionRefusedError):
            if path.exists() and not path.is_socket():
                raise ControlSocketError(
                    f"{path} exists and is no socket; move it away or set [control] socket"
                ) from None
            return
        except (BlockingIOError, TimeoutError):
            pass  # its queue is full: somebody is there
        raise ControlSocketError(
            f"another agent answers on {path}; stop it first, or give this one its own --state-dir"
        )
