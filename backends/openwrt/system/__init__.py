"""What /etc/config/system, dropbear and rpcd say: host name, time, lamps, SSH, log-ins."""
