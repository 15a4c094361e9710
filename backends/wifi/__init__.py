"""Wi-Fi as it is wanted: records, the daemons' configurations made of them, and how these come to hold."""
