"""Makes the records that are stale, and only those: `python -m experiments` (`make claims`).

A record is stale if there is none yet, or if its settings, its seeds or the code behind it are not those of
today. Names, as in `python -m experiments ch04/ppo`, leave the others alone.
"""

import argparse
import sys

from experiments.recording import (
    make_record,
    most_processes,
    path_of,
    run_seeds,
    seeds_of,
    settings_of,
    stamped,
    verify,
    write_record,
)
from experiments.sources import read_record, record_names, sources_of, why_stale


def options_from(arguments: list[str] | None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    names = record_names()
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--processes", type=int, default=2, help="seeds at a time (2)")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--list", action="store_true", help="say what is stale and why; run nothing")
    way.add_argument("--all", action="store_true", help="run what is not stale too")
    way.add_argument("--try", dest="seeds", type=int, nargs="+", metavar="SEED", help=TRY)
    way.add_argument("--verify", action="store_true", help=VERIFY)
    way.add_argument("--stamp", metavar="WHY", help=STAMP)
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in names]
    if unknown:
        parser.error(f"no experiment makes {', '.join(unknown)}; there are {', '.join(names)}")
    if not options.names and (options.stamp or options.verify or options.seeds):
        parser.error("name the records that you mean")
    options.names = options.names or names
    return options


TRY = "run these seeds, for development, and print what they find; write nothing"
VERIFY = "run the first seed again, and say whether today's code finds the record's numbers"
STAMP = """say that the code behind the record changed, but not its meaning; WHY is kept in
the record. Only after showing it: by --verify, or by moves and renames alone"""


def reasons(name: str) -> list[str]:
    """Why the record is stale today."""
    return why_stale(read_record(name), settings_of(name), sources_of(name), seeds_of(name))


def describe(name: str) -> None:
    """One record: fresh or stale, why, and what making it took."""
    record, why = read_record(name), reasons(name)
    print(f"{name}: {'stale' if why else 'fresh'}")
    for reason in why:
        print(f"  {reason}")
    if record:
        seconds = record.get("cpu_seconds")
        took = f"{seconds:.0f} CPU seconds" if seconds else "CPU seconds not recorded"
        print(f"  made {record['date']} at {record['commit']} by `{record['command']}`, {took}")
        stamp = record.get("stamp", {})
        if stamp:
            print(f"  stamped {stamp['date']} at {stamp['commit']}: {stamp['why']}")


def main(arguments: list[str] | None = None) -> int:
    """Do what was asked for; 1 if a record could not be verified."""
    options, failed = options_from(arguments), False
    for name in options.names:
        if options.list:
            describe(name)
        elif options.seeds:
            for found in run_seeds(name, options.seeds, options.processes):
                print(found)
        elif options.verify:
            lines = verify(name, read_record(name))
            failed |= bool(lines)
            print(f"{name}: {'not ' if lines else ''}found again", *lines, sep="\n  ", flush=True)
        elif options.stamp:
            write_record(stamped(name, read_record(name), options.stamp), path_of(name))
            print(f"{name}: stamped")
        elif options.all or reasons(name):
            print(f"{name}: {'; '.join(reasons(name)) or 'not stale'}", flush=True)
            processes = min(options.processes, most_processes(name))
            write_record(make_record(name, processes), path_of(name))
            print(f"{name}: written", flush=True)
        else:
            print(f"{name}: nothing to do")
    return int(failed)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ValueError as error:
        sys.exit(f"experiments: {error}")
