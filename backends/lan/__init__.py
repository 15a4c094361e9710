"""A gateway's services for its LAN: addresses by DHCP, router advertisements, names; records, made by daemons."""
