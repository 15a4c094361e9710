"""opkg and apk as far as the agent asks them, over files below a root; as thoughtless as the real ones are.

Run as a program: ``package_manager.py opkg|apk ROOT WORDS…``. Like opkg it goes on where it cannot write a file.
"""

import gzip
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

OPKG = "usr/lib/opkg/status"
APK = "lib/apk/db/installed"
WORLD = "etc/apk/world"


def main(kind: str, root: Path, words: list[str]) -> int:
    """Do what the words say; the exit status."""
    words = [word for word in words if word not in ("--autoremove", "--allow-untrusted")]
    match words:
        case ["print-architecture"]:
            print("arch all 1\narch noarch 1\narch x86_64 10")
        case ["install" | "add", file]:
            return install(kind, root, Path(file))
        case ["remove" | "del", name]:
            remove(kind, root, name)
        case ["adbdump", "--format", "json", file]:
            told, _ = content(Path(file))
            print(json.dumps({"info": {
                "name": told["Package"], "version": told["Version"], "arch": told["Architecture"],
                "installed-size": 4096, "depends": told.get("Depends", "").split(),
            }}))  # fmt: skip
        case _:
            return 2
    return 0


def content(file: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    with tarfile.open(file) as outer:
        control, data = (outer.extractfile(f"./{name}.tar.gz") for name in ("control", "data"))
        assert control is not None
        assert data is not None
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(control.read()))) as inner:
            text = inner.extractfile("./control")
            assert text is not None
            told = dict(line.split(": ", 1) for line in text.read().decode().splitlines())
        files = {}
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data.read()))) as inner:
            for member in inner.getmembers():
                if member.isfile():
                    part = inner.extractfile(member)
                    assert part is not None
                    files[member.name.removeprefix("./")] = part.read()
        return told, files


def install(kind: str, root: Path, file: Path) -> int:
    told, files = content(file)
    known = read(kind, root)
    lacking = [name for name in told.get("Depends", "").split() if name not in known]
    if lacking or told["Architecture"] not in ("all", "noarch", "x86_64"):
        print(
            f"cannot find dependency {lacking}" if lacking else "incompatible with the architectures", file=sys.stderr
        )
        return 255
    before = known.pop(told["Package"], None)
    for name in set(before["files"]) - set(files) if before else ():
        (root / name).unlink(missing_ok=True)
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            (root / name).write_bytes(data)
        except OSError as error:
            if kind == "apk":
                print(error, file=sys.stderr)
                return 1
            continue
        (root / name).chmod(0o755)
    known[told["Package"]] = {**told, "files": list(files)}
    write(kind, root, known, asked=told["Package"])
    return 0


def remove(kind: str, root: Path, name: str) -> None:
    known = read(kind, root)
    for file in known.pop(name)["files"]:
        (root / file).unlink(missing_ok=True)
        if "rc.d" not in file and file.startswith("etc/init.d/"):
            (root / "etc/rc.d" / f"S90{Path(file).name}").unlink(missing_ok=True)
    (root / f"usr/lib/opkg/info/{name}.list").unlink(missing_ok=True)
    (root / f"usr/lib/opkg/info/{name}.control").unlink(missing_ok=True)
    write(kind, root, known, gone=name)


def read(kind: str, root: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    text = (root / (OPKG if kind == "opkg" else APK)).read_text()
    for block in filter(str.strip, text.split("\n\n")):
        if kind == "opkg":
            told: dict[str, Any] = dict(line.split(": ", 1) for line in block.splitlines())
            names = (root / f"usr/lib/opkg/info/{told['Package']}.list").read_text().split()
            found[told["Package"]] = {**told, "files": [name.lstrip("/") for name in names]}
        else:
            lines = [line.partition(":")[::2] for line in block.splitlines()]
            told = dict(lines)
            files, folder = [], ""
            for key, value in lines:
                folder = value if key == "F" else folder
                files += [f"{folder}/{value}"] if key == "R" else []
            found[told["P"]] = {
                "Package": told["P"],
                "Version": told["V"],
                "Depends": told.get("D", ""),
                "files": files,
            }
    return found


def write(kind: str, root: Path, known: dict[str, dict[str, Any]], asked: str = "", gone: str = "") -> None:
    blocks = []
    for name, told in known.items():
        if kind == "opkg":
            info = root / "usr/lib/opkg/info"
            info.mkdir(parents=True, exist_ok=True)
            (info / f"{name}.list").write_text("".join(f"/{file}\n" for file in told["files"]))
            (info / f"{name}.control").write_text("")
            told = {"Status": "install user installed", **told}
            blocks.append("".join(f"{key}: {value}\n" for key, value in told.items() if key != "files"))
        else:
            lines = [f"P:{name}", f"V:{told['Version']}", f"D:{told.get('Depends', '')}"]
            for file in told["files"]:
                lines += [f"F:{Path(file).parent}", f"R:{Path(file).name}"]
            blocks.append("\n".join(lines) + "\n")
    (root / (OPKG if kind == "opkg" else APK)).write_text("\n".join(blocks) + "\n")
    if kind == "apk":
        world = set((root / WORLD).read_text().split()) - {gone} | ({asked} if asked else set())
        (root / WORLD).write_text("\n".join(sorted(world)) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
