"""What a node says of itself: links, routes, and the configuration of its container runtime."""
