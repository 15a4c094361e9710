"""Software modules: what can be installed beside the system, by whom, and what of it runs."""
