"""Reading node dumps."""
