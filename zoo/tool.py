"""Runs the tools that migrate models, and notes what they were."""

import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """How an artifact was made: what the card's provenance says of it."""

    tool: str
    version: str
    command: str
    note: str | None = None


class ToolError(Exception):
    """A tool could not migrate a model: a compatibility result, which the card tells."""

    def __init__(self, made: Made, said: str) -> None:
        super().__init__(f"{made.tool} {made.version}: {said}")
        self.made = made
        self.said = said


def run_tool(command: list[str]) -> None:
    """Runs `command`, quietly when it succeeds.

    @raises RuntimeError with all that the tool said, when it fails.
    """
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise RuntimeError(f"`{' '.join(command)}` ended with {result.returncode}:\n{result.stdout}")
