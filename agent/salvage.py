"""What can be had of settings that cannot be used, for taking back what was made under them."""

from dataclasses import replace
from pathlib import Path

from agent.settings import Loaded, Settings, SettingsError, State, checked
from agent.settings_form import default_file


def salvaged(file: Path | None, state_directory: Path | None) -> Loaded:
    """The settings without the lines that are wrong. All links and the system are the agent's where nothing else is
    left to say so: what its state does not have was not made by it, and is not touched.
    """
    source = file or default_file()
    try:
        text = source.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    warnings: list[str] = []
    lines = text.splitlines()
    while True:
        try:
            found = checked("\n".join(lines), source)
            break
        except SettingsError as wrong:
            warnings += wrong.problems
            if not any(_blanked(lines, problem.removeprefix(f"{source}:")) for problem in wrong.problems):
                found = Settings()
                break
    found = replace(
        found,
        network=replace(found.network, manage=found.network.manage or ("*",)),
        system=replace(found.system, manage=True),
        state=State(state_directory.absolute()) if state_directory else found.state,
    )
    elsewhere = {"state.directory": "--state-dir"} if state_directory else {}
    return Loaded(found, tuple(dict.fromkeys(warnings)), str(source), "", elsewhere)


def _blanked(lines: list[str], problem: str) -> bool:
    """Empty the line that a problem names ("7: what is wrong"), or the last before it that says anything."""
    number = problem.partition(":")[0]
    for at in reversed(range(min(int(number), len(lines)) if number.isdecimal() else 0)):
        if lines[at].strip():
            lines[at] = ""
            return True
    return False
