"""Who a node is: its identity, its addresses, and the agents that run on it."""
