"""What the live side counts for Prometheus; on hot paths once for a batch, by its amount.

With several workers each writes into files of its own, and `/metrics` of any of them adds them up;
the gauges of a worker that is gone are left out.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

SOCKETS: Final = Gauge(
    "concordat_sockets",
    "WebSockets and event streams that are open.",
    ["transport"],  # websocket or sse
    multiprocess_mode="livesum",
)
GROUPS: Final = Gauge(
    "concordat_groups",
    "Groups of subscribers that share their executions.",
    multiprocess_mode="livesum",
)
DELIVERIES: Final = Counter(
    "concordat_deliveries", "Messages of subscriptions that were handed to connections."
)
EXECUTIONS: Final = Counter(
    "concordat_executions",
    "GraphQL executions for subscribers.",
    ["kind"],  # shared by a group, or personal
)
QUEUED: Final = Gauge(
    "concordat_queued",
    "Messages that wait for readers who are slow.",
    multiprocess_mode="livesum",
)
DROPS: Final = Counter(
    "concordat_drops",
    "Connections that were closed on our initiative.",
    ["reason"],  # the name of the code that they were closed with, such as too_late
)
LAG: Final = Histogram(
    "concordat_lag_seconds",
    "Seconds from the commit of an event to its delivery.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
