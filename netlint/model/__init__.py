"""Meaning: what the objects of a snapshot say about the network."""
