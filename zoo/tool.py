"""Runs the command-line tools that migrate models."""

import subprocess


def run_tool(command: list[str]) -> None:
    """Runs `command`, quietly when it succeeds.

    @raises RuntimeError with all that the tool said, when it fails.
    """
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"`{' '.join(command)}` ended with {result.returncode}:\n{result.stdout}")
