"""What was read, and what the components of the cluster were told."""
