"""NAT and packet filter of this machine: records, pure rules of them, and the table that they make."""
