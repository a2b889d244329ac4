"""Which files there are: whatever the user names, as texts that can be opened any number of times."""
