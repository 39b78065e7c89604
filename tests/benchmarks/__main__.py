"""What things cost, each against baselines in the same run: `make bench`.

`make bench ARGS="fanout --sockets 1000"` runs a part of it.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from domain import embedded
from tests.benchmarks import executor, fanout, groups, growth, languages, latency, queries, rates
from tests.benchmarks.load import LoadError
from tests.benchmarks.plot import plot
from tests.benchmarks.site import OUR_CORE, ROOT, pin, site

BUSY = 0.85
"""From this share of a core on, a client may be what limits."""
QUIET = 0.5
PLOT = ROOT / "docs" / "executor.svg"
console = Console(width=120)


def main() -> None:
    """Run the parts that are asked for, and print a table of each."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=main.__doc__)
    parser.add_argument(
        "part", nargs="?", choices=PARTS, help="one part; default is every one of them"
    )
    parser.add_argument(
        "--sockets", nargs="+", type=int, default=fanout.SOCKETS, help="of the fan-out"
    )
    parser.add_argument(
        "--plot", action="store_true", help=f"draw {PLOT.relative_to(ROOT)} of the executor"
    )
    arguments = parser.parse_args()
    # What this process makes lives as long as it does, and a collection would delay arrivals.
    gc.disable()
    console.print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}. Servers have core 0; clients, whoever publishes and "
        "PostgreSQL (embedded, durable) share core 1.\n"
    )
    if (busy := os.getloadavg()[0]) > QUIET:
        console.print(
            f"Others use this machine as well (load {busy:.1f}): rates and latencies suffer from "
            "that, and CPU for each delivery somewhat.\n"
        )
    for name in [arguments.part] if arguments.part else PARTS:
        PARTS[name](arguments)


def _fanout(arguments: argparse.Namespace) -> None:
    sockets: Sequence[int] = arguments.sockets
    table = _table(
        "One topic, everybody with the same subscription of 8 fields: saturated, then at a steady "
        "rate",
        *("server", "sockets", "a second", "CPU µs", "server", "client"),
        *("steady", "CPU µs", "p50 ms", "p99 ms", "KiB"),
    )
    rows = []
    with site(max(sockets)) as made, console.status("") as status:
        for row in fanout.measure(made, sockets, status.update):
            rows.append(row)
            table.add_row(*_cells(row))
    console.print(table)
    for row in rows:
        if row.failure:
            console.print(f"{row.name}, {row.sockets:,} sockets: {row.failure}")
    sizes = [row.message_bytes for row in rows if row.message_bytes] or [0]
    console.print(
        f"Saturated, about {fanout.UNDER_WAY:,} deliveries are on their way at any time. CPU is "
        "the server's, for one delivery; KiB are its memory, for one socket. "
        f"Messages have {min(sizes):.0f} to {max(sizes):.0f} bytes. "
        "Latency is from the start of publishing, for Concordat with the commit of the comment. "
        f"* the client used more than {BUSY:.0%} of its core. "
        f"~ the server used less than {BUSY:.0%} of its own: something else was the limit."
    )
    for name in fanout.SERVERS:
        saturated = fanout.slope(rows, name, lambda row: row.saturated)
        steady = fanout.slope(rows, name, lambda row: row.steady)
        if saturated is not None and steady is not None:
            console.print(
                f"One more subscriber costs an event {saturated * 1e6:.1f} µs where the server is "
                f"saturated, and {steady * 1e6:.1f} µs at the steady rate ({name})."
            )
    _ratios(rows)


def _cells(row: fanout.Row) -> list[str]:
    cells = [row.name, f"{row.sockets:,}"]
    saturated, steady = row.saturated, row.steady
    if saturated:
        server, client = (
            cpu / saturated.seconds for cpu in (saturated.server_cpu, saturated.client_cpu)
        )
        cells += [
            f"{_mark(server, client)}{saturated.rate:,.0f}",
            f"{saturated.cost * 1e6:,.1f}",
            f"{server:.0%}",
            f"{client:.0%}",
        ]
    if steady:
        cells += [
            f"{steady.rate:,.0f}",
            f"{steady.cost * 1e6:,.1f}",
            f"{steady.latency(0.5) * 1000:,.1f}",
            f"{steady.latency(0.99) * 1000:,.1f}",
            f"{row.socket_bytes / 1024:.1f}",
        ]
    return cells


def _ratios(rows: Sequence[fanout.Row]) -> None:
    ours, *others = fanout.SERVERS
    table = _table(
        f"{ours} in times of the others",
        "sockets",
        *(f"deliveries/s: {name}" for name in others),
        *(f"per CPU second: {name}" for name in others),
    )
    found = {(row.name, row.sockets): row for row in rows if row.saturated and row.steady}
    for sockets in sorted({row.sockets for row in rows}):
        if not all((name, sockets) in found for name in fanout.SERVERS):
            continue
        rates, costs = [], []
        for name in fanout.SERVERS:
            row = found[name, sockets]
            assert row.saturated
            assert row.steady
            rates.append(row.saturated.rate)
            costs.append(row.saturated.cost)
        table.add_row(
            f"{sockets:,}",
            *(f"{rates[0] / rate:.2f}" for rate in rates[1:]),
            *(f"{cost / costs[0]:.2f}" for cost in costs[1:]),
        )
    console.print(table)


def _votes(_: argparse.Namespace) -> None:
    table = _table(
        f"{latency.VOTES} votes a second in one ballot, from the request to the screen",
        *("followed by", "sockets", "votes/s", "p50 ms", "p99 ms", "oldest ms", "messages/s"),
        *("in one second", "server", "client"),
    )
    try:
        with site(latency.ELECTORS) as made, console.status("votes"):
            rows = latency.measure(made)
    except LoadError as error:
        console.print(f"{table.title}: {error}\n")
        return
    for row in rows:
        table.add_row(
            row.name,
            f"{row.sockets:,}",
            f"{row.votes_a_second:.0f}",
            f"{fanout.quantile(row.latencies, 0.5) * 1000:,.1f}",
            f"{fanout.quantile(row.latencies, 0.99) * 1000:,.1f}",
            f"{fanout.quantile(row.ages, 1) * 1000:,.1f}",
            f"{row.messages_a_second:.1f}",
            f"{row.busiest_second}",
            f"{row.server_cpu:.0%}",
            f"{row.client_cpu:.0%}",
        )
    console.print(table)
    console.print(
        "A vote takes part with permission, history, tally and event; latency is from asking for "
        "it, with its commit, to the first message that contains it; the age of what a socket "
        "shows, from storing it.\n"
    )


def _queries(_: argparse.Namespace) -> None:
    table = _table(
        f"{queries.CONNECTIONS} connections over HTTP, one server process; medians of "
        f"{queries.ROUNDS} rounds of {queries.SECONDS:g} s",
        *("what", "server", "requests/s", "CPU ms", "database ms", "server", "client"),
        *("p50 ms", "p99 ms", "p99/p50", "KB"),
    )
    try:
        with console.status("") as status:
            rows = queries.run(status.update)
    except LoadError as error:
        console.print(f"{table.title}: {error}\n")
        return
    for row in rows:
        phase, count = row.phase, len(row.phase.latencies)
        server, client = (cpu / phase.seconds for cpu in (phase.server_cpu, phase.client_cpu))
        p50, p99 = phase.latency(0.5), phase.latency(0.99)
        table.add_row(
            row.case,
            row.name,
            f"{_mark(server, client)}{phase.rate:,.0f}",
            f"{phase.server_cpu / count * 1000:,.2f}",
            f"{phase.database_cpu / count * 1000:,.2f}",
            f"{server:.0%}",
            f"{client:.0%}",
            f"{p50 * 1000:,.1f}",
            f"{p99 * 1000:,.1f}",
            f"{p99 / p50:.1f}",
            f"{phase.received_bytes / count / 1000:,.1f}",
        )
    console.print(table)
    for case, words in queries.CASES.items():
        console.print(f"{case}: {words}.")
    console.print(
        "All give the same answers from the same tables, and every tally is the count of its votes "
        "afterwards. Concordat knows who asks by a signed token and lets them see what they may; a "
        "vote of its has history and event. The others ask nobody. CPU ms are the server's for one "
        f"request, database ms PostgreSQL's. * the client used more than {BUSY:.0%} of its core. "
        f"~ the server used less than {BUSY:.0%} of its own: PostgreSQL was the limit, or waiting. "
        "For the same CPU, that of server and database counts.\n"
    )
    found = {(row.case, row.name): row.phase for row in rows}
    ours, *others = languages.SERVERS
    ratios = _table(
        f"{ours} in times of the others, and what is to be reached",
        "what",
        *(each for name in others for each in (f"requests/s: {name}", "goal")),
        *("p99/p50", "goal"),
        *(f"for the same CPU: {name}" for name in others),
    )
    for case, goals in queries.GOALS.items():
        phase = found[case, ours]
        cells = [case]
        for name, goal in zip(others, goals, strict=True):
            cells += [f"{phase.rate / found[case, name].rate:.2f}", f"{goal:g}"]
        slow = phase.latency(0.99) / phase.latency(0.5)
        cells += [f"{slow:.1f}", f"< {queries.SLOWEST}"]
        cells += [f"{found[case, name].cost / phase.cost:.2f}" for name in others]
        ratios.add_row(*cells)
    console.print(ratios)


def _executor(arguments: argparse.Namespace) -> None:
    pin(os.getpid(), OUR_CORE)
    table = _table(
        "One execution on ready objects, parsed and validated before",
        *("result", "fields", "graphql-core µs", "ours µs", "ratio"),
    )
    with console.status("") as status:
        rows = list(executor.measure(status.update))
    for row in rows:
        table.add_row(
            row.shape,
            f"{row.fields:,}",
            f"{row.graphql_core * 1e6:,.0f}",
            f"{row.ours * 1e6:,.0f}",
            f"{row.ratio:.1f}",
        )
    console.print(table)
    console.print(
        f"Medians of {executor.ROUNDS} rounds without garbage collection in them; the results were "
        "compared. B1 is the read of `queries`.\n"
    )
    if arguments.plot:
        PLOT.write_text(_drawn(rows))
        console.print(f"{PLOT.relative_to(ROOT)} is drawn.")


def _drawn(rows: Sequence[executor.Row]) -> str:
    def line(shape: str, seconds: Callable[[executor.Row], float]) -> list[tuple[float, float]]:
        return [(row.fields, seconds(row)) for row in rows if row.shape == shape]

    def duration(seconds: float) -> str:
        return f"{seconds * 1e3:g} ms" if seconds < 1 else f"{seconds:g} s"

    return plot(
        "Executing a document on ready objects",
        {
            "graphql-core, nested": line("nested", lambda row: row.graphql_core),
            "graphql-core, flat": line("flat", lambda row: row.graphql_core),
            "breadth-first, nested": line("nested", lambda row: row.ours),
            "breadth-first, flat": line("flat", lambda row: row.ours),
        },
        ("fields of the result", lambda count: f"{count:,.0f}"),
        ("time", duration),
    )


def _rates(_: argparse.Namespace) -> None:
    table = _table(
        "Per second, in one process",
        *("what", "rate", "baseline", "rate of baseline", "ratio"),
    )
    folder = Path(tempfile.mkdtemp(prefix="concordat-bench-"))
    server = embedded.start(folder)
    try:
        found = uvloop.run(rates.measure(server))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    for each in found:
        table.add_row(
            each.name,
            f"{each.rate:,.0f}",
            each.baseline_name,
            f"{each.baseline:,.0f}",
            f"{each.rate / each.baseline:.2f}",
        )
    console.print(table)


def _growth(_: argparse.Namespace) -> None:
    table = _table(
        "As votes and events become more; medians, all sizes in turn",
        *("what", "among", "ms", "times the least", "goal"),
    )
    folder = Path(tempfile.mkdtemp(prefix="concordat-bench-"))
    server = embedded.start(folder)
    try:
        with console.status("filling ballots"):
            rows = uvloop.run(growth.measure(server))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    least: dict[str, float] = {}
    for row in rows:
        first = least.setdefault(row.name, row.seconds)
        table.add_row(
            row.name,
            f"{row.size:,}",
            f"{row.seconds * 1000:.2f}",
            f"{row.seconds / first:.2f}",
            f"< {growth.GOAL:g}",
        )
    console.print(table)


def _groups(_: argparse.Namespace) -> None:
    table = _table(
        "Emergent groups of real conversations, from the votes to the bridging statements",
        *("what", "people", "statements", "groups", "seconds", "goal"),
    )
    for row in groups.measure():
        table.add_row(
            row.name,
            f"{row.people:,}",
            f"{row.statements:,}",
            f"{row.groups}",
            f"{row.seconds:.3f}",
            f"< {groups.GOAL:g}",
        )
    console.print(table)


def _mark(server: float, client: float) -> str:
    """Say what limited a rate, from the shares of their cores that were used."""
    return "*" if client > BUSY else "~" if server < BUSY else ""


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for heading in headings:
        words = heading in {"server", "what", "result", "baseline", "followed by"}
        table.add_column(heading, justify="left" if words else "right", no_wrap=heading == "server")
    return table


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "queries": _queries,
    "executor": _executor,
    "rates": _rates,
    "votes": _votes,
    "fanout": _fanout,
    "groups": _groups,
    "growth": _growth,
}

if __name__ == "__main__":
    main()
