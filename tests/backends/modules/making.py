"""Packages as their makers build them: signed archives, and ipk files."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backends.errors import MechanismError

SLEEPER = b"#!/bin/sh\nexec sleep 600\n"


def signature(message: bytes | Path) -> bytes:
    """What the tests' own key would write."""
    content = message.read_bytes() if isinstance(message, Path) else message
    return b"signed " + hashlib.sha256(content).hexdigest().encode()


def verify(message: bytes | Path, signed: bytes) -> None:
    """Believes the tests' own key only."""
    if signed != signature(message):
        raise MechanismError("not by this key")


def tar(members: Sequence[tuple[str, bytes]], *, form: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar file; names that end with a slash are directories."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if name.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            else:
                info.mode = 0o755
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


def manifest(files: Mapping[str, bytes], /, **told: Any) -> dict[str, Any]:
    """A manifest of these files; the first of them is the program of its one unit."""
    return {
        "name": "greeter",
        "vendor": "example.com",
        "version": "1.0",
        "description": "greets",
        "units": [{"name": "main", "arguments": [next(iter(files))]}] if files else [],
        "files": {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "program": True}
            for name, content in files.items()
        },
        **told,
    }


def archive(
    path: Path,
    having: Mapping[str, bytes] | None = None,
    content: Mapping[str, bytes] | None = None,
    sign: Any = signature,
    **told: Any,
) -> Path:
    """A signed archive; ``content`` is what it has where the manifest says otherwise."""
    files = {"bin/greet": SLEEPER, "data.txt": b"hello" * 1000} if having is None else having
    text = json.dumps(manifest(files, **told)).encode()
    members = [("manifest.json", text), ("manifest.json.sig", sign(text)), ("files/", b"")]
    members += [(f"files/{name}", data) for name, data in {**files, **(content or {})}.items()]
    path.write_bytes(gzip.compress(tar(members), 1))
    return path


INIT_SCRIPT = b"""#!/bin/sh
here=${0%/etc/init.d/*}
name=${0##*/}
case $1 in
start) sleep 600 & mkdir -p "$here/run"; echo $! > "$here/run/$name.pid" ;;
stop) kill "$(cat "$here/run/$name.pid")"; rm "$here/run/$name.pid" ;;
enable) mkdir -p "$here/etc/rc.d"; ln -sf ../init.d/"$name" "$here/etc/rc.d/S90$name" ;;
disable) rm -f "$here/etc/rc.d/S90$name" ;;
esac
"""


def ipk(path: Path, *, is_cut: bool = False, **fields: str) -> Path:
    """A package with a service and a file; cut: what it brings ends in the middle."""
    told = {"Package": "greeter", "Version": "1.0", "Architecture": "all", "Installed-Size": "4096",
            "Description": "greets", **{name.replace("_", "-"): value for name, value in fields.items()}}  # fmt: skip
    control = "".join(f"{name}: {value}\n" for name, value in told.items()).encode()
    name, version = told["Package"], told["Version"]
    data = gzip.compress(
        tar(
            [
                ("./", b""), ("./etc/", b""), ("./etc/init.d/", b""), (f"./etc/init.d/{name}", INIT_SCRIPT),
                ("./usr/", b""), ("./usr/share/", b""), (f"./usr/share/{name}.txt", version.encode()),
                (f"./usr/share/{name}-{version}.bin", bytes(range(256)) * 256),
            ],
            form=tarfile.GNU_FORMAT,
        )
    )  # fmt: skip
    inner = gzip.compress(tar([("./control", control)], form=tarfile.GNU_FORMAT))
    parts = [("./debian-binary", b"2.0\n"), ("./data.tar.gz", data[: len(data) // 2] if is_cut else data),
             ("./control.tar.gz", inner)]  # fmt: skip
    path.write_bytes(gzip.compress(tar(parts, form=tarfile.GNU_FORMAT)))
    path.with_name(f"{path.name}.sig").write_bytes(signature(path))
    return path
