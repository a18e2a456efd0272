"""The command ``polytheory sweep``: its output."""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory.cli._parsers import CONFIRM_FROM_TASKS
from polytheory.cli._paths import file_to_write
from polytheory.cli._workers import workers
from polytheory.sweeps import SweepStatus, SweepStoppedError, SweepTable, sweep_status
from polytheory.sweeps.executors import process_pool
from polytheory.sweeps.filling import fill
from polytheory.sweeps.spec import read_spec
from polytheory.sweeps.store import Store

#: Largest number of failures shown.
MAX_FAILURES_SHOWN = 5
FAILED = 1
#: Consecutive process pools that may break without finishing a task.
MAX_BROKEN_POOLS = 3
#: Seconds to wait for a scheduler.
SCHEDULER_TIMEOUT = 10.0


def run_sweep(arguments: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Run the command; return the exit status."""
    if arguments.spec is None and not (arguments.status or arguments.export is not None):
        raise ValueError("SPEC.toml: missing; only --status and --export work without it")
    if arguments.spec is not None and arguments.status:
        raise ValueError("--status: reads the store only; leave SPEC.toml out")
    runs = ("workers", "dask", "retry_failed", "extend", "yes")
    given = [name for name in runs if getattr(arguments, name)]
    if arguments.spec is None and given:
        raise ValueError(f"--{given[0].replace('_', '-')}: applies to a run, which needs SPEC.toml")
    table = file_to_write("--export", arguments.export, (".csv",))
    if arguments.spec is not None:
        _run(arguments, say)
    with Store.reading(arguments.store) as store:
        status = store.status()
        say(f"{arguments.store}: {status}")
        if arguments.status and status.last_finished:
            begun, ended = status.first_started or "(nothing yet)", status.last_finished
            say(f"    started {begun}, last finished {ended} (UTC)")
        _say_failures(store, status, say)
        if table is not None:
            _export(store.table(), table)
            say(f"wrote {table}: {status.done} finished tasks")
    return FAILED if status.failed and not arguments.status else 0


def _run(arguments: argparse.Namespace, say: Callable[[str], None]) -> None:
    spec = read_spec(arguments.spec)
    processes = workers(arguments)
    count = spec.count()
    say(f"{arguments.spec}: {count:,} tasks")
    if count > CONFIRM_FROM_TASKS and not arguments.yes:
        came, allowed = f"{count:,} tasks", f"at most {CONFIRM_FROM_TASKS:,} unless --yes is given"
        raise _checks.refuse_value("SPEC.toml", came, allowed)
    what, fruitless, done = (spec.grid, spec.task, arguments.store), 0, 0
    options: Any = {"retry_failed": arguments.retry_failed, "extend": arguments.extend}
    while True:
        try:
            with _executor(processes, arguments.dask, count) as executor:
                fill(*what, executor=executor, rng=spec.seed, **options)
            return
        except SweepStoppedError as stopped:
            # Python's pool breaks when one of its workers dies. The tasks that it may have been
            # running count as failed, so every new pool has fewer tasks.
            before, done = done, sweep_status(arguments.store).done
            fruitless = 0 if done > before else fruitless + 1
            if processes is None or fruitless == MAX_BROKEN_POOLS:
                raise ValueError(str(stopped)) from None
            say(f"a worker died, a new pool is started: {stopped}")
            options = {"retry_failed": False, "extend": False}


@contextmanager
def _executor(
    processes: int | None, scheduler: str | None, tasks: int
) -> Iterator[Executor | None]:
    if scheduler is not None:
        with _dask_client(scheduler) as client:
            yield client.get_executor()
    elif processes is not None:
        with process_pool(processes, tasks) as pool:
            yield pool
    else:
        yield None


def _dask_client(address: str) -> Any:
    try:
        from distributed import Client
        from distributed.comm.core import connect
    except ImportError:
        hint = "pip install 'polytheory[dask]'"
        raise ValueError(f"--dask: needs the library distributed: {hint}") from None

    client: Any = Client  # untyped, both
    reach: Any = connect

    async def knock() -> None:
        # The process at the address need not be a scheduler, and may never answer.
        async with asyncio.timeout(SCHEDULER_TIMEOUT + 1.0):
            await (await reach(address, timeout=SCHEDULER_TIMEOUT)).close()

    try:
        asyncio.run(knock())  # a Client without a scheduler waits for a minute
        return client(address, timeout=SCHEDULER_TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as problem:
        came = f"{address!r} ({problem})"
        allowed = "the address of a running scheduler"
        raise _checks.refuse_value("--dask", came, allowed) from None


def _say_failures(store: Store, status: SweepStatus, say: Callable[[str], None]) -> None:
    for failure in store.failures(at_most=MAX_FAILURES_SHOWN):
        names = ", ".join(f"{name}={value!r}" for name, value in failure.parameters.items())
        say(f"    failed: {names}: {failure.error}")
    if status.failed > MAX_FAILURES_SHOWN:
        say(f"    … and {status.failed - MAX_FAILURES_SHOWN} more; tracebacks are in the store")
    if status.failed:
        say("    --retry-failed runs them again")


def _export(table: SweepTable, path: Path) -> None:
    """Write a table; an array becomes a JSON list, a missing value an empty cell."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        columns = (map(_cell, column.tolist()) for column in table.values())
        writer.writerows(zip(*columns, strict=True))


def _cell(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return json.dumps(value.tolist(), default=str)
    return value
