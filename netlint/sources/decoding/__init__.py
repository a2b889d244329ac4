"""From JSON items to a snapshot; every reader of objects hands its items in at ``items.take``."""
