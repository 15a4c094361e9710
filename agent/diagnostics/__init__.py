"""Diagnostics of TR-143 and TR-181: who runs them, one at a time; what each does is in backends/diagnostics."""
