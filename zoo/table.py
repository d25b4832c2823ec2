"""The cards' artifacts as tables of the README: accuracy on the PC, size, and what could not be made."""

from .card import Json, read_card
from .deploy import Framework, name_of
from .paths import MODELS
from .recipes import RECIPES


def _slug(artifact: Json) -> str:
    return "-".join(filter(None, (artifact["format"], artifact["precision"], artifact.get("variant"))))


def _cell(artifact: Json) -> str:
    size = sum(entry["bytes"] for entry in artifact["files"])
    derived = "*" if any("derived" in entry for entry in artifact["files"]) else ""
    return f"{artifact['accuracy']['top1']:.2%}, {size / 1000:,.0f} kB{derived}".replace("%", " %")


def artifact_table(framework: Framework = "torch") -> str:
    """Markdown: a row an artifact, a column a model; `*` marks what `npm run zoo` makes.

    @param framework that trained the models.
    """
    names = [name_of(recipe, framework) for recipe in RECIPES.values()]
    cards = [read_card(MODELS / name) for name in names if (MODELS / name / "model.json").is_file()]
    cells: dict[str, dict[str, str]] = {}
    for card in cards:
        for artifact in card["artifacts"]:
            # Each model has its own batch.
            slug = _slug(artifact).replace(f"-b{card.get('batch', 100)}", "-b<batch>")
            cells.setdefault(slug, {})[card["name"]] = _cell(artifact)
        for failure in card["provenance"].get("failed", ()):
            cells.setdefault(failure["artifact"], {})[card["name"]] = "failed"
    names = [card["name"] for card in cards]
    rows = [["artifact", *(card["title"] for card in cards)]]
    rows += [[f"`{slug}`", *(row.get(name, "") for name in names)] for slug, row in cells.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join(
        f"| {' | '.join(text.ljust(width) for text, width in zip(row, widths, strict=True))} |" for row in rows
    )
