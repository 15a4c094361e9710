"""How Linux is read and changed: mechanisms that know nothing of the agent."""
