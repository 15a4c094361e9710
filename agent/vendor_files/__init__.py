"""Files of the vendor's own kind: the configuration as a document, logs to be uploaded."""
