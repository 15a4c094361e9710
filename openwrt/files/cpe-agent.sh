#!/bin/sh
# The command: the agent is in a library of its own, which no other program sees.

export PYTHONPATH="/usr/lib/cpe-agent${PYTHONPATH:+:$PYTHONPATH}"
# Not what happens to lie in the directory where it is called.
export PYTHONSAFEPATH=1
# The library is packed: there is nothing to write beside it.
export PYTHONDONTWRITEBYTECODE=1
# Half a megabyte less: an error tells its line, and not where in it.
export PYTHONNODEBUGRANGES=1
# Where time zones are, so that nobody loads all that Python was built with to find out: a third of a megabyte.
export PYTHONTZPATH="${PYTHONTZPATH-/usr/share/zoneinfo}"
exec python3 -m agent "$@"
