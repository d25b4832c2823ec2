"""Where things lie. Everything is relative to the repository, and so are the commands in the cards."""

from pathlib import Path

ZOO = Path(__file__).resolve().parent
REPO = ZOO.parent
MODELS = REPO / "fixtures" / "models"
LOGS = ZOO / "logs"
CACHE = ZOO / ".cache"
"""Trained weights between `train` and `export`; not in git."""
