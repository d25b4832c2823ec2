"""`python -m zoo <command> [model ...]`, from the root of the repository. See README.md."""

import argparse

from .lenet import RECIPES


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m zoo", description=__doc__)
    parser.add_argument("command", choices=["train", "export", "verify"])
    parser.add_argument("models", nargs="*", metavar="model", help=f"of {', '.join(RECIPES)}; none: all of them")
    args = parser.parse_args()
    unknown = set(args.models) - set(RECIPES)
    if unknown:
        parser.error(f"no such model: {', '.join(sorted(unknown))} (there are {', '.join(RECIPES)})")
    recipes = [RECIPES[name] for name in args.models or RECIPES]

    # Imported late: each needs its own heavy packages.
    if args.command == "train":
        from .train import train as run
    elif args.command == "export":
        from .export import export as run
    else:
        from .verify import verify as run
    for recipe in recipes:
        run(recipe)


if __name__ == "__main__":
    main()
