"""What the live tests share: running netlint, a relay in front of the API server, populations, planted faults."""
