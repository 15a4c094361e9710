"""Files that come and go: what the ACS asked for, when it is due, what became of it. Only the movers do I/O."""
