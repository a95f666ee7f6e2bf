import signal
import socket
import subprocess
import sys

import pytest

from kafka_mirror_exporter.errors import ConfigError
from kafka_mirror_exporter.web.server import bound_port, listening_socket, parse_listen_address

SERVE_UNTIL_SIGTERM = """
import asyncio, signal
from starlette.applications import Starlette
from kafka_mirror_exporter.web.server import bound_port, listening_socket, serve_until

async def main():
    stop, listener = asyncio.Event(), listening_socket("127.0.0.1:0")
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(bound_port(listener), flush=True)
    await serve_until(stop, app=Starlette(), listener=listener)
    print("stopped in order", flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (":10015", ("", 10015)),
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::1]:10015", ("::1", 10015)),
        ("localhost:80", ("localhost", 80)),
    ],
)
def test_listen_addresses_have_three_forms(address: str, expected: tuple[str, int]) -> None:
    assert parse_listen_address(address) == expected


@pytest.mark.parametrize("address", ["10015", "::1:10015", ":", "host:", ":65536", "[::1]", "a:b", ""])
def test_other_listen_addresses_are_refused_with_an_example(address: str) -> None:
    with pytest.raises(ConfigError, match=r"is not an address like :10015"):
        parse_listen_address(address)


def test_a_busy_port_is_one_plain_sentence() -> None:
    with listening_socket("127.0.0.1:0") as taken:
        address = f"127.0.0.1:{bound_port(taken)}"

        with pytest.raises(ConfigError) as refused:
            listening_socket(address)

    assert str(refused.value) == f"web.listen_address: cannot listen on {address}: the port is already in use"


def test_an_address_without_a_host_listens_on_all_of_them() -> None:
    with listening_socket(":0") as listener, socket.create_connection(
        ("127.0.0.1", bound_port(listener)), timeout=5
    ) as connection:  # fmt: skip
        assert connection.getpeername()[1] == bound_port(listener)


def test_sigterm_ends_serving_in_order_also_while_a_client_is_connected() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVE_UNTIL_SIGTERM], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                received = client.recv(100)
                process.send_signal(signal.SIGTERM)
                rest = process.stdout.read()
            status = process.wait(5)
        finally:
            process.kill()

    assert received.startswith(b"HTTP/1.1 404")
    assert (rest, status) == ("stopped in order\n", 0)
