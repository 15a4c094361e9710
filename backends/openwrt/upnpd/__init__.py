"""UPnP on OpenWrt: /etc/config/upnpd, and the miniupnpd that is configured by it."""
