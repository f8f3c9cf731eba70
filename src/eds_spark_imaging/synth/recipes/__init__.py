"""The series of each kind of object."""
