"""Firmware: an image that was installed is on trial until it has finished a session with the ACS."""
