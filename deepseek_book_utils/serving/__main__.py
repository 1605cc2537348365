"""Serves the two models of a folder, by
`python -m deepseek_book_utils.serving --models FOLDER`.

With `--make` it makes them first, in a few minutes. Ctrl-C and SIGTERM finish what is
in flight.
"""

import argparse
import logging
import signal
import sys
import threading
from dataclasses import asdict, fields
from pathlib import Path
from typing import NoReturn

import torch

from .app import create_app
from .batching import ServingSettings
from .miniature import load_answers, make_models, read_problem
from .server import listen, serve

MAKE = "python -m deepseek_book_utils.serving --models FOLDER --make"


def options_from(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m deepseek_book_utils.serving", description=__doc__
    )
    parser.add_argument(
        "--models", type=Path, metavar="FOLDER", help="where the model files are"
    )
    parser.add_argument(
        "--make", action="store_true", help="make the model files first"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="who may reach it: this machine alone, by default",
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="0 for any free one (8000)"
    )
    for name, value in asdict(ServingSettings()).items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(
            flag, type=type(value), default=value, help=f"see ServingSettings ({value})"
        )
    return parser.parse_args(arguments)


def fail(message: object) -> NoReturn:
    """End with a message that says what to do."""
    sys.exit(f"serving: {message}")


def main(arguments: list[str] | None = None) -> None:
    """Load, listen, serve until told to stop."""
    options = options_from(arguments)
    if options.models is None:
        fail(f"Name the folder of the models with --models. `{MAKE}` makes them.")
    chosen = {f.name: getattr(options, f.name) for f in fields(ServingSettings)}
    try:
        settings = ServingSettings(**chosen)
        if options.make:
            print(f"making two models in {options.models}: minutes", flush=True)
            make_models(options.models)
        listener = listen(options.host, options.port)
    except (OSError, ValueError, OverflowError) as error:
        fail(error)
    try:
        answers = load_answers(options.models)
    except (OSError, ValueError) as error:
        fail(f"{error} `{MAKE}` makes the models.")
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    torch.set_num_threads(1)  # the models are small, and the clients need a core too
    stop = threading.Event()
    for signalled in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signalled, lambda *_: stop.set())
    host, port = listener.getsockname()[:2]
    print(f"serving on http://{host}:{port} (Ctrl-C stops)", flush=True)
    serve(create_app(answers, settings, read_problem), settings, listener, stop)


if __name__ == "__main__":
    main()
