"""What a laboratory needs: the small ACS. Shares no protocol code with the agent, so no mistake either."""
