"""Errors that a user can cause, each with its exit code; everything else is a bug and keeps its traceback.

Exit codes (documented in README): 2 wrong usage, 3 configuration, 4 input or output, 5 lake, 6 environment, 7
accounting.
"""


class ImagingError(Exception):
    """Base of all errors shown to a user as one line, without traceback."""

    exit_code = 1


class UsageError(ImagingError):
    """The command line cannot be understood, or asks for what does not go together."""

    exit_code = 2


class QueryError(ImagingError):
    """A query cannot be understood, or not be answered."""

    exit_code = 2


class ConfigError(ImagingError):
    """The configuration cannot be used: syntax, unknown key, wrong type, unknown attribute."""

    exit_code = 3


class InputError(ImagingError):
    """A source, inventory or base centrale cannot be read, or lacks what its contract asks for."""

    exit_code = 4


class LakeError(ImagingError):
    """The lake cannot be opened, is locked by another run, or does not have the table asked for."""

    exit_code = 5


class SetupError(ImagingError):
    """Java, the Delta JARs or a package is missing or of the wrong version."""

    exit_code = 6


class AccountingError(ImagingError):
    """A run's totals do not balance, or too much of a source went away."""

    exit_code = 7
