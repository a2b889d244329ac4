"""A synthetic cluster of any size, as one stream of API objects."""
