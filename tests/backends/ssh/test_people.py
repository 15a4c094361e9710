"""The keys in people's home directories."""

from pathlib import Path

from backends.ssh.people import personal_keys
from tests.backends.ssh.test_rendering import KEY


def test_keys_are_told_by_user(tmp_path: Path) -> None:
    for user in ("bob", "sys"):
        (tmp_path / ("home" if user == "bob" else "") / user / ".ssh").mkdir(parents=True)
    text = f'# {KEY}\n\n{KEY} one\nfrom="10.*" {KEY} two\nnonsense\n{KEY} one\n'
    (tmp_path / "home/bob/.ssh/authorized_keys").write_text(text)
    (tmp_path / "sys/.ssh/authorized_keys").write_text(f"{KEY}\n")
    found = list(personal_keys(tmp_path, {"bob": "/home/bob", "eve": "/home/eve"}))
    assert [(one.user, one.text) for one in found] == [("bob", f"{KEY} one"), ("bob", f'from="10.*" {KEY} two')]
    assert len({one.identity for one in found}) == 2
    assert list(personal_keys(tmp_path / "nowhere", {"bob": "/home/bob"})) == []
