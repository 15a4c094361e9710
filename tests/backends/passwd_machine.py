"""Accounts that real programs change: in a /etc and a /home of the test's, which they see in a mount namespace."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from backends.accounts import Accounts
from backends.commands import run
from backends.errors import MechanismError

SEEN = """
for folder in /var/mail /var/log; do mount -t tmpfs none $folder || exit; done
mount --bind "$0/etc" /etc && mount --bind "$0/home" /home && exec "$@"
"""
PASSWD = (
    "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/:/usr/sbin/nologin\nanna:x:1000:1000::/home/anna:/bin/bash\n"
)
GROUPS = "root:x:0:\ndaemon:x:1:\nadm:x:4:\nsudo:x:27:anna\nempty:x:99:\nanna:x:1000:\nfriends:x:1001:anna\n"


class PasswdMachine:
    """anna was there before, and may do what sudo may."""

    def __init__(self, root: Path) -> None:
        if os.geteuid() != 0 or shutil.which("useradd") is None:
            pytest.skip("only root may have a mount namespace, and useradd has to be installed")
        self.root = root
        self.fails_at = ""
        self.started: list[str] = []
        (root / "home").mkdir()
        for file in ("login.defs", "default/useradd", "nsswitch.conf", "ld.so.cache", "pam.d", "security", "skel"):
            source, target = Path("/etc", file), root / "etc" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.exists():
                shutil.copy2(source, target)
        for file, text in (
            ("passwd", PASSWD),
            ("group", GROUPS),
            ("shadow", "root:*:20000:0:99999:7:::\nanna:$6$salt$old:20000:0:99999:7:::\n"),
            ("gshadow", "".join(f"{line.split(':')[0]}:!::{line.split(':')[3]}\n" for line in GROUPS.splitlines())),
            ("shells", "# all\n/bin/sh\n/usr/bin/sh\n/bin/bash\n"),
        ):
            (root / "etc" / file).write_text(text)
            (root / "etc" / file).chmod(0o640 if "shadow" in file else 0o644)
        self.accounts = Accounts(root, self.start)

    def start(self, arguments: Sequence[str], given: str = "", seconds: float = 2.0) -> str:
        """Run the real program on this machine's files; the one that a test names fails after it has done its work."""
        self.started.append(" ".join(arguments))
        assert not any("secret" in argument for argument in arguments), "everybody can read a list of processes"
        answer = run(("unshare", "--mount", "sh", "-c", SEEN, str(self.root), *arguments), given, seconds)
        if self.fails_at and self.started[-1].startswith(self.fails_at):
            raise MechanismError(f"{arguments[0]} failed")
        return answer

    def files(self) -> dict[str, str]:
        """What stands in the files, and who has a home."""
        told = {name: (self.root / "etc" / name).read_text() for name in ("passwd", "group", "shadow", "gshadow")}
        return {**{name: "\n".join(sorted(text.splitlines())) for name, text in told.items()},
                "home": str(sorted(path.name for path in (self.root / "home").iterdir()))}  # fmt: skip
