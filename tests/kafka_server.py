"""A broker that speaks Kafka's protocol, in a process that a test may stop and let go on.

It is the mock cluster of librdkafka, which comes with confluent-kafka: no message is stored, but
what clients say and hear is the protocol.
"""

from __future__ import annotations

import signal
import subprocess
import sys

_PROGRAM = """
import sys
from confluent_kafka import Producer

cluster = Producer({"bootstrap.servers": "none", "test.mock.num.brokers": 1, "log_level": 0})
[broker] = cluster.list_topics(timeout=10).brokers.values()
print(f"{broker.host}:{broker.port}", flush=True)
sys.stdin.read()
"""


class KafkaServer:
    """A broker on a free port."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.url = f"kafka://{self._process.stdout.readline().strip()}"

    def pause(self) -> None:
        """Let it answer nobody, as a machine that hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.communicate()
