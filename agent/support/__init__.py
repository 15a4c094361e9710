"""Looking for faults: the test of the connection to the ACS, and the archive for whoever helps."""
