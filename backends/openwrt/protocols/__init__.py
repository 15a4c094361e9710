"""What netifd's protocol handlers do, by /etc/config/network: DHCP clients, PPPoE, name servers, tunnels."""
