"""The settings file as the command line changes it: as the agent would take it, or not at all."""

from pathlib import Path

import pytest

from agent.cli.client import Failure
from agent.cli.settings_file import changed, document, read, write


def test_an_absent_file_says_nothing_and_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "etc" / "agent.toml"
    assert (read(file), document(file)) == ("", {})
    write(file, changed(file, {"acs.url": "https://acs/"}))
    assert document(file) == {"acs": {"url": "https://acs/"}}
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "values", "told"),
    [
        ("[acs\n", {"acs.url": ""}, "mend the file first"),
        ("", {"acs.url": "ftp://acs/"}, "nothing was written"),
        ("[acs]\nurrl = 1\n", {"acs.url": ""}, "nothing was written"),
        ("acs = {}\n", {"acs.url": ""}, "write these keys by hand: [acs] url"),
    ],
)
def test_what_the_agent_would_not_take_is_not_written(
    tmp_path: Path, text: str, values: dict[str, str], told: str
) -> None:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    with pytest.raises(Failure) as failure:
        write(file, changed(file, values))
    assert told in failure.value.next_step
    assert file.read_text() == text


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Failure, match="cannot be written"):
        write(tmp_path / "file" / "agent.toml", "")
