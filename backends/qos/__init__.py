"""Quality of service: which packets are marked and limited (nftables), and in which queue they wait (tc)."""
