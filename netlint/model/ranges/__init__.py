"""The address plan: who declares which range, and how far the addresses in it are given out."""
