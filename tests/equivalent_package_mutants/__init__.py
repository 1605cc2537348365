"""Mutants of the package that are right too, each with its reason: what `make mutants` may leave alive.

A file for each folder of the package. In it they are named by module, then by the function or class that
the fault stands in, and by the fault.
"""

import importlib
import pkgutil

AREAS = [
    importlib.import_module(f"{__name__}.{file.name}")
    for file in pkgutil.iter_modules(__path__)
    if file.name != "reasons"
]
EQUIVALENT: dict[str, dict[str, str]] = {
    module: mutants for area in AREAS for module, mutants in area.EQUIVALENT.items()
}
