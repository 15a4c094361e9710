"""PPP connections of the agent's own, one pppd each; what is wanted, what pppd is told, and what its output says."""
