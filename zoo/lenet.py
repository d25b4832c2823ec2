"""Moved: recipes are in `recipes`, the networks in `nets`."""

from .recipes import RECIPES, Recipe  # noqa: F401
