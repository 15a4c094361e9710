"""What each TR-181 object means in terms of the mechanisms; one file per top-level object."""
