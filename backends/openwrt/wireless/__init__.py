"""Wi-Fi in /etc/config/wireless, made by netifd, hostapd and wpa_supplicant."""

from typing import Final

WIRELESS: Final = "wireless"
"""The package."""
