"""Where a field stands in its file."""
