"""The local page and its JSON API; the daemon's control socket is all it knows."""
