"""Names that follow this machine's address: clients of dynamic DNS services, each a ddclient of the agent's own."""
