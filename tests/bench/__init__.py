"""Figures beside their targets: `make bench` runs them all and writes build/bench.json."""
