"""The model zoo, run from the root of the repository. See zoo/README.md.

train: trains in PyTorch or, with --framework keras, in Keras; into zoo/.cache and zoo/logs. export: writes
fixtures/models/<model> or, of the small models that Keras trained, <model>-keras. verify: checks what is there against
its card and against the framework. table: prints the README's table of artifacts. tiny: prints the model that warms a
runtime up, in base64.
"""

import argparse
from functools import partial

from .recipes import RECIPES, vgg16


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["train", "export", "verify", "table", "tiny"])
    parser.add_argument("models", nargs="*", metavar="model", help=f"of {', '.join(RECIPES)}; none: all of them")
    parser.add_argument("--framework", choices=["torch", "keras"], default="torch", help="that trains, or trained")
    parser.add_argument("--width", type=float, default=0.5, help="of VGG-16, as a share of the published one")
    parser.add_argument("--steps", type=int, help="train: only so many steps, and write nothing")
    args = parser.parse_args()
    if args.command == "tiny":
        from .tiny import tiny_model_base64

        print(tiny_model_base64())
        return
    if args.command == "table":
        from .table import artifact_table

        print(artifact_table(args.framework))
        return
    unknown = set(args.models) - set(RECIPES)
    if unknown:
        parser.error(f"no such model: {', '.join(sorted(unknown))} (there are {', '.join(RECIPES)})")
    known = RECIPES | {"vgg16": vgg16(args.width)}
    recipes = [known[name] for name in args.models or known]
    if args.framework == "keras" and args.command != "train":
        left = [recipe.name for recipe in recipes if not recipe.keras_artifacts]
        if args.models and left:
            parser.error(f"what Keras trains of {', '.join(left)} is a measurement only")
        recipes = [recipe for recipe in recipes if recipe.keras_artifacts]

    # Imported late: each needs its own heavy packages.
    if args.command == "train":
        from .train import train

        run = partial(train, framework=args.framework, steps=args.steps)
    elif args.command == "export":
        from .export import export

        run = partial(export, framework=args.framework)
    else:
        from .verify import verify

        run = partial(verify, framework=args.framework)
    for recipe in recipes:
        run(recipe)


if __name__ == "__main__":
    main()
