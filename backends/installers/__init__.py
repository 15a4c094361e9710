"""What puts a firmware image into a machine, one file for each way."""
