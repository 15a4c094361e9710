"""What each diagnostic does: sockets of our own, no other program's output; they know nothing of the agent."""
