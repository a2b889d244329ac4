"""What packets really meet on the nodes, from node dumps."""
