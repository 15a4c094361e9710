"""NAT and packet filter on OpenWrt: /etc/config/firewall, of which firewall4 (fw4) makes the ruleset."""
