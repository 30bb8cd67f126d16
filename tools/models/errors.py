"""The one exception that the model tools turn into a sentence for the person at the terminal."""


class ImportFailed(Exception):
    """What was attempted and why it failed: one sentence. The tool prints it and exits with 1."""
