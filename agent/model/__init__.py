"""What a TR-181 tree is: paths, types, tables and transactions. Knows no protocol, no system and no clock."""
