"""The one exception that ends a command."""


class StackError(Exception):
    """Says in one line what is wrong and what to do about it."""
