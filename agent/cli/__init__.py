"""The command line, one file per group of verbs; speaks to the control socket and its JSON only."""
