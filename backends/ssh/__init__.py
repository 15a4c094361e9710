"""OpenSSH: the machine's own server with a drop-in of ours, further servers of our own, keys, and who is logged in."""
