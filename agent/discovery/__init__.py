"""How the agent finds its ACS: what the sources say, how it is written on the wire, and who wins. Pure."""
