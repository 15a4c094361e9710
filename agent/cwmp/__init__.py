"""TR-069/CWMP without I/O: whose turn it is and which words are said."""
