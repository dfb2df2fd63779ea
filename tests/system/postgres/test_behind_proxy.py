"""What the proxies keep from the nodes, and what they tell them, over real connections."""

from __future__ import annotations

import http.client
import json
import select
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from api.tokens import Identity, Role, Tokens
from tests.api.game import PROBLEM
from tests.support.server import SECRET, Request
from tests.system.contract.wire import Answer, Connection, read_answers
from tests.system.postgres.proxies import HAPROXY, NGINX, Node, Proxy, running
from tests.system.postgres.server import PostgresServer
from tests.warehouse.loader.shipping import eventually

TIMEOUT_SECONDS = 60
PASSWORD = "violet-harbour-quiet-lantern-82"  # noqa: S105 (guards nothing)
PER_CLIENT = 150
SLOW_CLIENTS = 64
# What a test need not wait for as long as a player may.
SOONER = {
    HAPROXY: {"timeout http-request 20s": "timeout http-request 8s"},
    NGINX: {
        "client_header_timeout 20s": "client_header_timeout 8s",
        "client_body_timeout 20s": "client_body_timeout 8s",
    },
}
HIDDEN = b"GET /track?character=hidden HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


@pytest.fixture(scope="module")
def node(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that counts requests and logins of each client."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "reports").mkdir()
    settings = {
        "STORE_URL": postgres.new_database(),
        "REPORTS_PATH": str(folder / "reports"),
        "RATE_LIMIT_PER_CLIENT": f"{PER_CLIENT} per hour",
        "LOGIN_ATTEMPTS": "10 per hour",
    }
    node = Node(folder / "node.log", settings)
    node.start()
    yield node
    node.kill()


@pytest.fixture(scope="module")
def proxies(node: Node, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Proxy]]:
    """Both proxies, in front of the same node."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(running(name, [node], tmp_path_factory.mktemp(name), changes))
            for name, changes in SOONER.items()
        }


@pytest.fixture(params=[HAPROXY, NGINX])
def proxy(request: pytest.FixtureRequest, proxies: dict[str, Proxy]) -> Proxy:
    """Each of them in turn."""
    return proxies[request.param]


@pytest.fixture
def haproxy(proxies: dict[str, Proxy]) -> Proxy:
    """The proxy of the compose file."""
    return proxies[HAPROXY]


ADDRESSES = iter(f"127.0.{high}.{low}" for high in range(1, 255) for low in range(1, 255))


class Client:
    """A client with an address of its own."""

    def __init__(self, proxy: Proxy, *, over_tls: bool = False) -> None:
        """Take the next address of the loopback network."""
        self._connection = self._https if over_tls else self._http
        self.address = next(ADDRESSES)
        self._proxy = proxy

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str = "",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request on a connection of its own."""
        connection = self._connection()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        sent |= {"Authorization": f"Bearer {token}"} if token else {}
        with closing(connection):
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, sent | (headers or {}))
            answer = connection.getresponse()
            found = {name.lower(): text for name, text in answer.getheaders()}
            return Answer(answer.status, found, answer.read())

    def _http(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(
            "127.0.0.1",
            self._proxy.port,
            timeout=TIMEOUT_SECONDS,
            source_address=(self.address, 0),
        )

    def _https(self) -> http.client.HTTPSConnection:
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(
            "127.0.0.1",
            self._proxy.tls_port,
            timeout=TIMEOUT_SECONDS,
            source_address=(self.address, 0),
            context=trusting,
        )

    def login(self, username: str, password: str = PASSWORD) -> Answer:
        """Log in, or register."""
        return self.call("POST", "/login", {"username": username, "password": password})

    def connect(self, data: bytes) -> Connection:
        """Send bytes on a new connection and leave it open."""
        return Connection(self._proxy.port, data, self.address)

    def send(self, data: bytes) -> bytes:
        """Send bytes; return everything that the proxy sends until it ends the connection."""
        connection = self.connect(data)
        with connection.socket:
            return connection.rest()


def token_of(answer: Answer) -> str:
    assert answer.status in (200, 201), answer
    return str(json.loads(answer.body)["token"])


def code_of(answer: Answer) -> str:
    assert answer.headers["content-type"] == PROBLEM, answer
    return str(json.loads(answer.body)["code"])


def test_each_address_has_a_rate_of_its_own_whatever_it_says(proxy: Proxy) -> None:
    greedy, modest = Client(proxy), Client(proxy)
    statuses = []
    for number in range(PER_CLIENT + 1):
        forged = f"198.51.100.{number}"
        headers = {"X-Forwarded-For": forged, "X_Forwarded_For": forged, "X_FORWARDED-for": forged}
        statuses.append(greedy.call("GET", "/balance", headers=headers).status)

    assert statuses == [401] * PER_CLIENT + [429]
    assert modest.call("GET", "/balance").status == 401
    # Nor can a client use up what another one has.
    for_another = {"X-Forwarded-For": modest.address, "X_Forwarded_For": modest.address}
    assert greedy.call("GET", "/balance", headers=for_another).status == 429
    assert modest.call("GET", "/balance").status == 401


def test_a_header_with_an_underscore_is_not_passed_on(proxy: Proxy) -> None:
    forged = {"X_Request_ID": "forged", "x-request_id": "forged", "X_REQUEST-ID": "forged"}

    answer = Client(proxy).call("GET", "/health", headers=forged)

    assert answer.headers["x-request-id"] != "forged"


def test_bad_logins_of_one_address_do_not_lock_out_another(proxy: Proxy) -> None:
    player, guesser = Client(proxy), Client(proxy)
    name = f"ann-{proxy.name}"
    assert player.login(name).status == 201

    statuses = [guesser.login(name, f"wrong-password-{number}").status for number in range(110)]

    assert statuses == [401] * 10 + [429] * 100
    assert player.login(name).status == 200
    assert Client(proxy).login(name).status == 200


def test_only_the_proxy_says_that_a_request_came_over_https(proxy: Proxy) -> None:
    forged = {"X-Forwarded-Proto": "https", "X_Forwarded_Proto": "https"}

    secure = Client(proxy, over_tls=True).call(
        "GET", "/health", headers={"X-Forwarded-Proto": "http"}
    )
    insecure = Client(proxy).call("GET", "/health", headers=forged)

    assert "max-age" in secure.headers["strict-transport-security"]
    assert "strict-transport-security" not in insecure.headers


@pytest.mark.parametrize(
    "path",
    [
        *("/metrics", "//metrics", "/%6detrics", "/%6Detrics", "/%2fmetrics", "/%2F/%6d%65trics"),
        *("/metrics/", "/metrics?x", "/metrics;x", "///metrics//", "http://x/metrics"),
        *("http://x//%6detrics?", "/./metrics", "/x/../metrics", "/%2e/metrics", "/metrics%00"),
        *("/metrics%zz", "/%%36detrics"),
    ],
)
def test_metrics_are_not_reached_from_outside(node: Node, proxy: Proxy, path: str) -> None:
    client = Client(proxy)
    for method in ("GET", "HEAD", "POST"):
        line = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        received = client.send(line.encode())
        assert int(received.split()[1]) in (400, 404), received
        assert b"gamehouse_" not in received
    assert node.call(Request("GET", "/metrics"))[0] == 200


HOST = b"Host: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
GET, POST = b"GET /health HTTP/1.1\r\n", b"POST /earn HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET + HOST + b"Host: y\r\n\r\n", 400),
        (GET + b"Host: x, y\r\n\r\n", 400),
        (GET + b"\r\n", 400),
        (GET.replace(b"1.1", b"3.7") + HOST + b"\r\n", 400),
        (GET.replace(b"1.1", b"2.0") + HOST + b"\r\n", 400),
        (POST + HOST + CHUNKED + CHUNKED + b"\r\n" + CHUNKS, 400),
        (POST + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNKS, 400),
        (POST + HOST + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKS, 400),
        (POST + HOST + b"Transfer-Encoding: gzip\r\n\r\n" + CHUNKS, 400),
        (POST + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS, 422),
        (POST + HOST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (POST + HOST + b"Content-Length: -2\r\n\r\n{}", 400),
        (POST.replace(b"1.1", b"1.0") + HOST + CHUNKED + b"\r\n" + CHUNKS, 400),
    ],
    ids=lambda value: repr(value)[:80],
)
def test_what_can_be_read_in_two_ways_is_refused_and_the_connection_ends(
    node: Node, haproxy: Proxy, request_: bytes, status: int
) -> None:
    before = requests_of(node)

    # A second answer would show that the connection went on.
    (answer,) = read_answers(Client(haproxy).send(request_ + HIDDEN), may_have_no_body=False)

    assert answer.status == status
    # The proxy said so, by a rule or by its parser; the node has heard nothing.
    assert b"malformed_request" in answer.body or b"<h1>" in answer.body
    assert requests_of(node) == before


def requests_of(node: Node) -> list[bytes]:
    """Read how many requests a node has had, but for those that ask for its health or this."""
    _, metrics = node.call(Request("GET", "/metrics"))
    return [
        line
        for line in metrics.splitlines()
        if line.startswith(b"gamehouse_http_requests_total")
        and b"/health" not in line
        and b"/metrics" not in line
    ]


def test_a_length_beside_chunks_is_left_out_and_the_connection_ends(haproxy: Proxy) -> None:
    """HAProxy takes the chunks, tells the node of no length, and reads nothing after them."""
    client = Client(haproxy)
    token = token_of(client.login("tess"))
    head = (
        f"POST /earn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = b'{"amount": 7, "reason": "quest"}'
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    (answer,) = read_answers(client.send(head.encode() + chunks + HIDDEN), may_have_no_body=False)

    assert (answer.status, json.loads(answer.body)["balance"]) == (201, 7)
    assert answer.headers["connection"] == "close"


def test_two_hosts_that_are_the_same_are_one(haproxy: Proxy) -> None:
    twice = b"GET /health HTTP/1.1\r\nHost: x\r\nHost: x\r\nConnection: close\r\n\r\n"

    (answer,) = read_answers(Client(haproxy).send(twice), may_have_no_body=False)

    assert answer.status == 200


def test_a_chunked_body_is_read(proxy: Proxy) -> None:
    credentials = {"username": f"chuck-{proxy.name}", "password": PASSWORD}
    text = json.dumps(credentials).encode()
    pieces = [text[:7], text[7:8], text[8:]]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    head = (
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    received = Client(proxy).send(head + chunks)

    assert received.startswith(b"HTTP/1.1 201 "), received


@pytest.mark.parametrize("framing", ["Content-Length: 40", "Transfer-Encoding: chunked"])
def test_a_body_that_is_cut_short_does_nothing(proxy: Proxy, framing: str) -> None:
    client = Client(proxy)
    token = token_of(client.login(f"cut-{proxy.name}"))
    whole = b'{"amount": 5, "reason": "x"}'
    if "chunked" in framing:
        whole = b"%x\r\n%s\r\n" % (len(whole), whole)
    head = (
        f"POST /earn HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\n{framing}\r\n\r\n"
    )

    connection = client.connect(head.encode() + whole)
    with connection.socket:
        connection.socket.shutdown(socket.SHUT_WR)
        received = connection.rest()

    assert received == b"" or received.startswith(b"HTTP/1.1 400 "), received
    balance = client.call("GET", "/balance", token=token)
    assert json.loads(balance.body)["balance"] == 0


def test_slow_bodies_and_headers_keep_nobody_waiting(proxy: Proxy) -> None:
    player = Client(proxy)
    token = token_of(player.login(f"quick-{proxy.name}"))
    slow_bodies, slow_headers = Client(proxy), Client(proxy)
    head = "POST /event HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    half = f"{head}Authorization: Bearer {token}\r\nContent-Length: 250000\r\n\r\n{{".encode()
    with ExitStack() as stack:
        slow = [
            client.connect(data)
            for number in range(SLOW_CLIENTS)
            # Some send little, some more than proxies hold by default.
            for client, data in (
                (slow_bodies, half + b" " * (number % 2 * 100_000)),
                (slow_headers, head.encode()),
            )
        ]
        sockets = [stack.enter_context(connection.socket) for connection in slow]

        answers = [player.call("GET", "/balance", token=token) for _ in range(5)]

        assert [answer.status for answer in answers] == [200] * 5
        # All of them were still at it, and held what they held.
        assert select.select(sockets, [], [], 0)[0] == []
        received = [connection.rest() for connection in slow]
    # nginx ends such a connection without a word.
    expected = b"HTTP/1.1 408 " if proxy.name == HAPROXY else b""
    assert {text[: len(b"HTTP/1.1 408 ")] for text in received} == {expected}


def test_a_body_may_be_as_large_as_the_api_allows_and_no_larger(node: Node, haproxy: Proxy) -> None:
    client = Client(haproxy)
    token = token_of(client.login("large"))
    size = 256 * 1024
    event = b'{"eventType": "jump"}'
    head = "POST /event HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"Authorization: Bearer {token}\r\nConnection: close\r\n"

    def send(content: bytes, *, chunked: bool) -> Answer:
        framing = f"Content-Length: {len(content)}\r\n\r\n".encode()
        if chunked:
            framing = b"Transfer-Encoding: chunked\r\n\r\n"
            half = len(content) // 2
            pieces = (content[:half], content[half:])
            chunks = (b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
            content = b"".join(chunks) + b"0\r\n\r\n"
        received = client.send(head.encode() + framing + content)
        (answer,) = read_answers(received, may_have_no_body=False)
        return answer

    for chunked in (False, True):
        assert send(event.ljust(size), chunked=chunked).status == 201
        before = requests_of(node)
        answer = send(event.ljust(size + 1), chunked=chunked)
        assert (answer.status, code_of(answer)) == (413, "body_too_large")
        assert requests_of(node) == before


def is_closed_at_the_door(client: Client) -> bool:
    try:
        return client.send(b"GET /balance HTTP/1.1\r\nHost: x\r\n\r\n") == b""
    except ConnectionError:
        return True


def test_who_has_too_many_connections_is_refused_and_others_are_not(haproxy: Proxy) -> None:
    many, other = Client(haproxy), Client(haproxy)
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(many.connect(b"").socket)
        # The proxy's threads take connections in another order than they were made in.
        eventually(lambda: many.call("GET", "/health").status == 429)
        answer = many.call("GET", "/health")
        assert (answer.status, code_of(answer)) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) > 0
        for _ in range(60):
            with suppress(ConnectionError):  # The last of them are refused.
                stack.enter_context(many.connect(b"").socket)
        eventually(lambda: is_closed_at_the_door(many))
        assert other.call("GET", "/health").status == 200


def test_who_sends_too_many_requests_is_refused_by_the_proxy(node: Node, tmp_path: Path) -> None:
    with running(HAPROXY, [node], tmp_path, {"gt 2000": "gt 20"}) as proxy:
        many, other = Client(proxy), Client(proxy)
        answers = [many.call("GET", "/health") for _ in range(21)]
        assert [answer.status for answer in answers] == [200] * 20 + [429]
        assert (code_of(answers[-1]), answers[-1].headers["retry-after"]) == (
            "too_many_requests",
            "10",
        )
        assert other.call("GET", "/health").status == 200


def test_who_waits_too_long_for_a_node_is_told_that_nothing_was_done(
    node: Node, tmp_path: Path
) -> None:
    changes = {"maxconn 64": "maxconn 1", "timeout queue 5s": "timeout queue 1"}
    with running(HAPROXY, [node], tmp_path, changes) as proxy:
        clients = {f"crowd-{number}": Client(proxy) for number in range(12)}
        with ThreadPoolExecutor(len(clients)) as pool:
            answers = dict(
                zip(clients, pool.map(Client.login, clients.values(), clients), strict=True)
            )
        refused = {name: answer for name, answer in answers.items() if answer.status == 503}
        assert {answer.status for answer in answers.values()} == {201, 503}
        for name, answer in refused.items():
            assert (code_of(answer), answer.headers["retry-after"]) == ("overloaded", "1")
            # The name is free.
            assert clients[name].login(name).status == 201


def test_each_role_may_do_through_the_proxy_what_it_may_do(haproxy: Proxy) -> None:
    client = Client(haproxy)
    tokens = {
        "nobody": "",
        "player": token_of(client.login("paul")),
        "operator": Tokens(SECRET).mint(Identity(Role.OPERATOR, "ops"), 3600),
    }
    earn = {"amount": 1, "reason": "quest"}
    requests: dict[tuple[str, str], object] = {
        ("GET", "/balance"): None,
        ("POST", "/earn"): earn,
        ("POST", "/event"): {"eventType": "jump"},
        ("POST", "/events"): {"events": [{"eventType": "jump"}]},
        ("GET", "/events"): None,
        ("GET", "/stats"): None,
        ("GET", "/reports/"): None,
        ("GET", "/track?character=fox"): None,
        ("GET", "/health"): None,
        ("GET", "/openapi.json"): None,
    }
    expected = {
        "nobody": [401, 401, 401, 401, 401, 401, 401, 200, 200, 200],
        "player": [200, 201, 201, 200, 200, 200, 403, 200, 200, 200],
        "operator": [403, 403, 403, 403, 200, 200, 404, 200, 200, 200],
    }

    found = {
        role: [
            client.call(*request, body, token=token).status for request, body in requests.items()
        ]
        for role, token in tokens.items()
    }

    assert found == expected
