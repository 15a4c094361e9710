"""The ONT at a serial line, as far as the agent itself follows it: the OLT may name the ACS."""
