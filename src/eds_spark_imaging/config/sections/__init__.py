"""The sections of the configuration: each is a frozen dataclass whose fields are the keys that the file may have."""
