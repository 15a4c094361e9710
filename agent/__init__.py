"""The agent: data model, protocols and runtime. Importing it does nothing (ARCHITECTURE.md, layers)."""
