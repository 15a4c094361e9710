"""What the ACS wants of software modules: its orders, what became of each, and who hears of it."""
