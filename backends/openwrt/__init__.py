"""OpenWrt as the second set of mechanisms: what is configured is UCI's, and its own daemons make it so."""
