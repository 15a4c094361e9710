"""DHCP clients of the agent's own, one dhcpcd for each link and family; and the leases of the machine's own clients."""
