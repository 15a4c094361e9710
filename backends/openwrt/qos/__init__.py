"""Quality of service on OpenWrt: sqm-scripts (/etc/config/sqm), and qos-scripts (/etc/config/qos) where those are."""
