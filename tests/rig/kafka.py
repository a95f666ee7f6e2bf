"""A Kafka cluster of one to three brokers (KRaft), each a real process."""

import base64
import socket
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from rig.jars import classpath
from rig.process import JavaProcess, free_ports, wait_until

LOG4J = """log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c: %m%n
"""

# Everything small and quick; topics create themselves, so that a reader that creates one is found out.
_SETTINGS = {
    "auto.create.topics.enable": "true",
    "num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.backoff.ms": "1000",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "log.retention.check.interval.ms": "5000",
    "log.segment.delete.delay.ms": "1000",
    # Retention begins to be looked after at once; Kafka 3.2 does not know this, and waits 30 s.
    "log.initial.task.delay.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "2000",
}


def logging_arguments(version: str, work_dir: Path) -> list[str]:
    """What makes a version log warnings to its output."""
    if version.startswith("3."):
        file = work_dir / "log4j.properties"
        file.write_text(LOG4J)
        return [f"-Dlog4j.configuration=file:{file}"]
    return ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]


def write_properties(path: Path, settings: Mapping[str, str]) -> None:
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


class KafkaCluster:
    """Broker 1 is the controller, too; 2 and 3 are brokers only and may be paused or killed.

    For every port in `proxied_ports` there is a listener of its own that advertises this port of loopback:
    clients that enter through a proxy on it come back through it.
    """

    def __init__(
        self,
        version: str,
        *,
        work_dir: Path,
        brokers: int = 1,
        overrides: Mapping[str, str] | None = None,
        proxied_ports: Sequence[int] = (),
        users: Mapping[str, str] | None = None,
    ) -> None:
        self.version = version
        self._work_dir = work_dir
        self._users = users
        ports = free_ports(2 * brokers + len(proxied_ports))
        self._ports, self._controller_port = ports[:brokers], ports[brokers]
        self._behind_proxy = dict(zip(proxied_ports, ports[2 * brokers :], strict=True))
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        self.nodes = {
            node: self._node(node, brokers, cluster_id, dict(overrides or {}))
            for node in range(1, brokers + 1)
        }

    @property
    def bootstrap_servers(self) -> str:
        return ",".join(f"127.0.0.1:{port}" for port in self._ports)

    def login(self, user: str) -> dict[str, str]:
        """What a client sets to be one of the users."""
        return {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": user,
            "sasl.password": (self._users or {})[user],
        }

    def port_behind(self, proxied_port: int) -> int:
        """The port of the listener that advertises a proxy's port."""
        return self._behind_proxy[proxied_port]

    def _node(self, node: int, brokers: int, cluster_id: str, overrides: Mapping[str, str]) -> JavaProcess:
        home = self._work_dir / f"node-{node}"
        (home / "data").mkdir(parents=True)
        (home / "data" / "meta.properties").write_text(
            f"version=1\ncluster.id={cluster_id}\nnode.id={node}\n"
        )
        write_properties(
            home / "server.properties", _SETTINGS | self._listeners(node, home) | self._security() | overrides
        )
        arguments = [
            *logging_arguments(self.version, home), "-cp", classpath(self.version),
            "kafka.Kafka", str(home / "server.properties"),
        ]  # fmt: skip
        heap = "256m" if brokers > 1 else "512m"
        return JavaProcess(f"Kafka {self.version} node {node}", arguments, log=home / "log", heap=heap)

    def _listeners(self, node: int, home: Path) -> dict[str, str]:
        own = f"CLIENTS://127.0.0.1:{self._ports[node - 1]}"
        listeners, advertised, protocols = (
            [own],
            [own],
            {"CLIENTS": "SASL_PLAINTEXT" if self._users else "PLAINTEXT"},
        )
        if node == 1:
            listeners.append(f"CONTROLLER://127.0.0.1:{self._controller_port}")
            for number, (proxied, behind) in enumerate(self._behind_proxy.items()):
                listeners.append(f"PROXIED{number}://127.0.0.1:{behind}")
                advertised.append(f"PROXIED{number}://127.0.0.1:{proxied}")
                protocols[f"PROXIED{number}"] = "PLAINTEXT"
        protocols["CONTROLLER"] = "PLAINTEXT"
        return {
            "process.roles": "broker,controller" if node == 1 else "broker",
            "node.id": str(node),
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller_port}",
            "listeners": ",".join(listeners),
            "advertised.listeners": ",".join(advertised),
            "listener.security.protocol.map": ",".join(f"{name}:{kind}" for name, kind in protocols.items()),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "CLIENTS",
            "log.dirs": str(home / "data"),
        }

    def _security(self) -> dict[str, str]:
        """SASL/PLAIN with these users and Kafka's own authorizer; `admin` may do everything."""
        if not self._users:
            return {}
        users = " ".join(f'user_{name}="{password}"' for name, password in self._users.items())
        admin = f'username="admin" password="{self._users["admin"]}"'
        login = f"org.apache.kafka.common.security.plain.PlainLoginModule required {admin} {users};"
        return {
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "listener.name.clients.plain.sasl.jaas.config": login,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:admin;User:ANONYMOUS",
        }

    def start(self) -> None:
        for process in self.nodes.values():
            process.start()

    def wait_ready(self, *, seconds: float = 90) -> None:
        for process, port in zip(self.nodes.values(), self._ports, strict=True):
            wait_until(
                lambda process=process, port=port: self._answers(process, port),
                seconds=seconds,
                what=process.name,
            )
        # A port is open before its broker may be used: admin calls made in between fail.
        wait_until(self._is_whole, seconds=seconds, what=f"all brokers of Kafka {self.version}")

    @staticmethod
    def _answers(process: JavaProcess, port: int) -> bool:
        process.check_running()
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
        except OSError:
            return False
        return True

    def _is_whole(self) -> bool:
        login = self.login("admin") if self._users else {}
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0} | login)
        try:
            return len(admin.list_topics(timeout=3).brokers) == len(self.nodes)
        except KafkaException:
            return False

    def pause(self, node: int = 1) -> None:
        self.nodes[node].pause()

    def resume(self, node: int = 1) -> None:
        self.nodes[node].resume()

    def kill(self, node: int = 1) -> None:
        self.nodes[node].kill()

    def restart(self, node: int = 1) -> None:
        self.nodes[node].start()
        self.wait_ready()

    def stop(self) -> None:
        for process in self.nodes.values():
            process.kill()
