"""A process that downloads one file in a laboratory and prints what became of it: `python -m tests.transfers.fetch`."""

import argparse
import json
import resource
import sys
from pathlib import Path

from agent.runtime.endpoint import AcsEndpoint
from agent.transfers import mover
from agent.transfers.failures import TransferFailed
from agent.transfers.orders import FileOrder
from agent.transfers.url_policy import UrlPolicy
from agent.transfers.way import Way


def main() -> None:
    """See above; ``--limit`` is the largest file that the process may write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("to", type=Path)
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--limit", type=int, default=0)
    given = parser.parse_args()
    if given.limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (given.limit, given.limit))
    order = FileOrder(given.url, "", "", "", given.size, "", False, "", id="1")
    way = Way(AcsEndpoint(""), pause=0.01)
    told = [0]
    try:
        received = mover.download(
            order,
            given.to,
            policy=UrlPolicy(("http", "https", "ftp"), laboratory=True),
            progress=lambda size, _total: told.append(size),
            cancelled=lambda: False,
            http=way,
        )
        outcome = {"code": 0, "sha256": received.sha256, "first": told[1]}
    except TransferFailed as failed:
        outcome = {"code": failed.code, "text": failed.text, "cause": failed.cause.value}
    left = sorted(one.name for one in given.to.parent.iterdir())
    print(json.dumps(outcome | {"left": left}))


if __name__ == "__main__":
    sys.exit(main())
