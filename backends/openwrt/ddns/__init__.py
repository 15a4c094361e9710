"""Dynamic DNS on OpenWrt: /etc/config/ddns, and the ddns-scripts that are configured by it."""
