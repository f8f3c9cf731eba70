"""People, places and what happens to them, as it truly was."""
