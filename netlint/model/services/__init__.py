"""What a Service promises, and what was programmed for it."""
