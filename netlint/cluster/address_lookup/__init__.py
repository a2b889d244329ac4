"""An address or a range looked up: its kinds, owners, ranges and mentions; and the plan as a tree of ranges."""
