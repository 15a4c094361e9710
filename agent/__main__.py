"""The command `cpe-agent`; `python -m agent` is the same."""

import sys


def main() -> int:
    """Run the command line and return its exit code."""
    from agent.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
