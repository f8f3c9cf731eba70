"""What goes wrong with headers and records in hospitals."""
