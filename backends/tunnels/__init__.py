"""Tunnels of this machine's own making: GRE, VXLAN, 6rd, DS-Lite and WireGuard."""
