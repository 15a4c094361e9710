"""802.1X on wired links: a wpa_supplicant of our own for each port that has to authenticate itself."""
