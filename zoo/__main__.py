"""The model zoo, run from the root of the repository. See zoo/README.md.

train: trains, into zoo/.cache and zoo/logs. export: writes fixtures/models/<model>. verify: checks what is there
against its card and against PyTorch. tiny: prints the model that warms a runtime up, in base64.
"""

import argparse

from .lenet import RECIPES


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["train", "export", "verify", "tiny"])
    parser.add_argument("models", nargs="*", metavar="model", help=f"of {', '.join(RECIPES)}; none: all of them")
    args = parser.parse_args()
    if args.command == "tiny":
        from .tiny import tiny_model_base64

        print(tiny_model_base64())
        return
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
