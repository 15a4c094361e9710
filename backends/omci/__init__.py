"""OMCI, the language between an OLT and an ONT: frames, managed entities, and the serial lines that lead to an ONT."""
