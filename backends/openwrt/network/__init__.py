"""The network as /etc/config/network has it: what is said there, and changes of it said in UCI for netifd to make."""
