"""From bytes to the elements that are declared."""
