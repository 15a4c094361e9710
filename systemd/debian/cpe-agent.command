#!/bin/sh
# The command of the package: the modules are in a directory of their own, beside the libraries of the system.

export PYTHONPATH=/usr/lib/cpe-agent
# Not what happens to lie in the directory where it is called, nor what a user has installed for himself.
export PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1
exec /usr/bin/python3 -m agent "$@"
