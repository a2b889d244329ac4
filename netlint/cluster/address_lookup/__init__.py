"""What an address is, and who names it."""
