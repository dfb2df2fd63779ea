"""/reports/: access, headers, conditional requests and large files."""

from __future__ import annotations

import base64
import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import jwt
import pytest
import requests
from falcon import testing

from api.files import open_file
from api.tokens import key_id
from tests.api.game import (
    PASSWORD,
    Game,
    Play,
    Process,
    Start,
    assert_problem,
    bad_tokens,
    claims,
    operator_headers,
)
from tests.support.server import SECRET
from tests.system.contract.wire import Answer, send

pytestmark = pytest.mark.sqlite_only("about files")

BEARER = 'Bearer realm="gamehouse"'
BROWSER = 'Basic realm="gamehouse reports", charset="UTF-8"'
SECRETS = "not for anybody"
PAGE = "<!doctype html><title>gamehouse</title>"
WRITTEN_AT = datetime(2026, 1, 30, 3, 0, 0, 500_000, tzinfo=UTC)
WRITTEN = "Fri, 30 Jan 2026 03:00:00 GMT"
HTML = "text/html; charset=utf-8"
# Visible files of the folder: their content and content type.
FILES = {
    "index.html": (PAGE, HTML),
    "manifest.json": ('{"files": []}', "application/json"),
    "purchases_curated.json": ("[]", "application/json"),
    "dbt_docs.html": ("<!doctype html>", HTML),
    "checkpoints.html": ("<!doctype html>", HTML),
    "schemas/manifest.schema.json": ("{}", "application/json"),
    "spark/index.html": ("<!doctype html>", HTML),
    "spark/A B.json": ("[]", "application/json"),
    "spark/of/players/ž.html": ("ž", HTML),
    "notes.txt": ("a", "application/octet-stream"),
    "no_extension": ("a", "application/octet-stream"),
    "marts.parquet": ("PAR1", "application/vnd.apache.parquet"),
    "empty.json": ("", "application/json"),
    "a..b.json": ("{}", "application/json"),
}
CONCEALED = [
    *(".hidden", ".index.html.123.tmp", ".check-abc/index.html", "spark/.hidden"),
    *("tmp_reconciliation.json", "back\\slash.json"),
]
# Paths to files outside the folder, with and without percent-encoding. The first list has paths
# that are not canonical.
MISSPELLED = [
    *("../secret.json", "..%2fsecret.json", "%2e%2e/secret.json", "%2e%2e%2fsecret.json"),
    *("spark/../../secret.json", "spark/../index.html", "./index.html", "/etc/passwd"),
    *("%2fetc%2fpasswd", "//etc/passwd", "..", "../", ".", "spark//index.html"),
]
ESCAPES = [
    *("%252e%252e%252fsecret.json", "..\\secret.json", "..%5csecret.json", "~root", "%ff%fe"),
    *("spark%5cindex.html", "%c0%ae%c0%ae/secret.json", "C:%5cWindows%5cwin.ini", "%00"),
    *("index.html%00", "index.html%00.json", "index.html/", "index.html/index.html", "pipe"),
    *("link.json", "linked/secret.json", "inner_link.html", "a" * 5000, "a/" * 3000),
    *(
        "MANIFEST.JSON",
        "manifest.json::$DATA",
        "%0d%0aSet-Cookie:%20x",
        "%e2%80%a4%e2%80%a4/a.json",
    ),
]


@pytest.fixture
def reports(game: Game) -> Path:
    """The folder after builds and checks, with hidden files."""
    folder = game.settings.reports_path
    fill(folder)
    return folder


def fill(folder: Path) -> None:
    for name in [*FILES, *CONCEALED]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[name][0] if name in FILES else SECRETS, encoding="utf-8")
        os.utime(path, (WRITTEN_AT.timestamp(), WRITTEN_AT.timestamp()))
    (folder.parent / "secret.json").write_text(SECRETS)
    (folder / "link.json").symlink_to(folder.parent / "secret.json")
    (folder / "linked").symlink_to(folder.parent)
    (folder / "inner_link.html").symlink_to(folder / "index.html")
    os.mkfifo(folder / "pipe")


def basic(password: str | bytes, name: str = "anyone") -> dict[str, str]:
    """Return the header that a browser sends."""
    secret = password.encode() if isinstance(password, str) else password
    return {"Authorization": f"Basic {base64.b64encode(name.encode() + b':' + secret).decode()}"}


def read(game: Game, name: str = "", **headers: str) -> testing.Result:
    """Send an operator's GET. `_` in header names means `-`."""
    sent = {header.replace("_", "-"): value for header, value in headers.items()}
    return game.client.simulate_get(f"/reports/{name}", headers=game.operator().headers | sent)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reports/", 200),
        ("/reports/manifest.json", 200),
        ("/reports/spark/", 200),
        ("/reports/spark", 308),
        ("/reports/nope.json", 404),
        ("/reports/.hidden", 404),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.usefixtures("reports")
def test_only_operators_can_read(game: Game, method: str, path: str, status: int) -> None:
    def ask(headers: dict[str, str]) -> testing.Result:
        return game.client.simulate_request(method, path, headers=headers)

    player, operator = game.player(), game.operator()

    assert ask({}).status_code == 401
    assert ask(player.headers).status_code == 403
    assert ask(basic(player.token)).status_code == 403
    assert ask(operator.headers).status_code == status
    assert ask(basic(operator.token)).status_code == status


@pytest.mark.usefixtures("reports")
def test_refusals_prompt_browsers_for_credentials(game: Game) -> None:
    missing = game.get("/reports/")
    invalid = game.client.simulate_get("/reports/", headers=basic("no-token"))
    player = game.get("/reports/", game.player())

    assert_problem(missing, 401, "missing_token")
    assert missing.headers["WWW-Authenticate"] == f"{BROWSER}, {BEARER}"
    assert_problem(invalid, 401, "invalid_token")
    assert invalid.headers["WWW-Authenticate"] == f'{BROWSER}, {BEARER}, error="invalid_token"'
    assert_problem(player, 403, "operators_only")
    for answer in (missing, invalid, player):
        assert answer.headers["Cache-Control"] == "no-store"
        assert PAGE not in answer.text


@pytest.mark.usefixtures("reports")
def test_bad_tokens_are_401_as_passwords(game: Game) -> None:
    expired = claims("ops", role="operator", exp=datetime.now(UTC) - timedelta(seconds=1))
    forged = claims("ops", role="operator")
    tokens = {
        **bad_tokens(str(game.player().user_id), game.store.store_id()),
        "expired operator": jwt.encode(expired, SECRET, headers={"kid": key_id(SECRET)}),
        "forged operator": jwt.encode(forged, SECRET + "!", headers={"kid": key_id(SECRET)}),
    }
    for fault, token in tokens.items():
        answer = game.client.simulate_get("/reports/", headers=basic(token))
        assert answer.status_code == 401, fault
        assert_problem(answer, 401, "invalid_token")
        assert token not in answer.text


@pytest.mark.usefixtures("reports")
def test_operator_token_that_was_good_expires(game: Game) -> None:
    operator = game.operator()
    assert game.get("/reports/", operator).status_code == 200
    assert game.client.simulate_get("/reports/", headers=basic(operator.token)).status_code == 200

    game.now = datetime.now(UTC) + timedelta(hours=2)

    for headers in (operator.headers, basic(operator.token)):
        answer = game.client.simulate_get("/reports/", headers=headers)
        assert "expired" in assert_problem(answer, 401, "invalid_token")["detail"]


@pytest.mark.usefixtures("reports")
def test_any_name_is_good_with_the_token_and_the_scheme_may_be_of_any_case(game: Game) -> None:
    for name in (b"", b"anyone", "ž".encode(), b"a b", b"x" * 1000, b"\xff\n"):
        credentials = base64.b64encode(name + b":" + game.operator().token.encode()).decode()
        for scheme in ("Basic", "basic", "BASIC "):
            headers = {"Authorization": f"{scheme} {credentials}"}
            assert game.client.simulate_get("/reports/", headers=headers).text == PAGE, name


@pytest.mark.usefixtures("reports")
def test_other_credentials_are_401(game: Game) -> None:
    token = game.operator().token
    encoded = base64.b64encode(f"x:{token}".encode()).decode()
    for header in [
        *("", "Basic", "Basic ", "Basic !", "Basic a", "Basic ž", "Digest x", token),
        *(f"Basic {encoded}!", f"Basic {encoded} a", f"Basic {encoded[:-1]}", f"Basic {token}"),
        f"Bearer {encoded}",
        f"Basic {base64.b64encode(token.encode()).decode()}",
        *(basic(password)["Authorization"] for password in ("", "ž", b"\xff", f" {token}")),
        *(basic(password)["Authorization"] for password in (f"{token}\n", f"{token}:{token}")),
        basic("", name=token)["Authorization"],
    ]:
        answer = game.client.simulate_get("/reports/", headers={"Authorization": header})
        assert answer.status_code == 401, header
        assert_problem(answer, 401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith(f"{BROWSER}, {BEARER}")


@pytest.mark.usefixtures("reports")
def test_password_of_a_player_opens_nothing(game: Game) -> None:
    credentials = {"username": "alice", "password": PASSWORD}
    assert game.post("/login", credentials).status_code == 201
    header = basic(PASSWORD, "alice")

    reports = game.client.simulate_get("/reports/", headers=header)
    login = game.post("/login", b"", Authorization=header["Authorization"])

    assert_problem(reports, 401, "invalid_token")
    assert_problem(login, 400, "missing_body")


def test_tokens_are_no_passwords_elsewhere(game: Game) -> None:
    for path in ("/stats", "/events", "/balance", "/track"):
        for token in (game.operator().token, game.player(path[1:]).token):
            answer = game.client.simulate_get(
                path, query_string="character=x", headers=basic(token)
            )
            assert_problem(answer, 401, "invalid_token")
            assert answer.headers["WWW-Authenticate"] == f'{BEARER}, error="invalid_token"'


@pytest.mark.usefixtures("reports")
def test_files_are_sent_as_what_they_are(game: Game) -> None:
    for name, (text, media_type) in FILES.items():
        content = text.encode()
        wanted = {
            "Content-Type": media_type,
            "Content-Length": str(len(content)),
            "X-Content-Type-Options": "nosniff",
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "Last-Modified": WRITTEN,
            "Cache-Control": "private, no-cache",
            "Vary": "Authorization",
        }
        for method, body in (("GET", content), ("HEAD", b"")):
            answer = game.client.simulate_request(
                method, f"/reports/{name}", headers=game.operator().headers
            )
            assert (answer.status_code, answer.content) == (200, body), name
            assert {header: answer.headers[header] for header in wanted} == wanted
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("reports")
def test_folders_show_their_page(game: Game) -> None:
    assert read(game).text == PAGE
    assert read(game).headers["Content-Type"] == "text/html; charset=utf-8"
    assert read(game, "spark/").text == FILES["spark/index.html"][0]
    assert_problem(read(game, "schemas/"), 404, "report_not_found")


@pytest.mark.usefixtures("reports")
def test_folders_without_a_slash_lead_to_where_links_work(game: Game) -> None:
    for method in ("GET", "HEAD"):
        # /reports does not ask for a password.
        start = game.client.simulate_request(method, "/reports")
        assert (start.status_code, start.headers["Location"]) == (308, "/reports/")
    inner = game.client.simulate_get(
        "/reports/spark", query_string="//evil", headers=game.operator().headers, host="evil"
    )
    assert (inner.status_code, inner.headers["Location"]) == (308, "/reports/spark/")
    assert_problem(read(game, ".check-abc"), 404, "report_not_found")


def test_folder_with_a_strange_name_leads_nowhere_else(game: Game, reports: Path) -> None:
    (reports / "a b?c#d%ž").mkdir()

    answer = read(game, "a%20b%3Fc%23d%25%C5%BE")

    assert answer.headers["Location"] == "/reports/a%20b%3Fc%23d%25%C5%BE/"


@pytest.mark.parametrize("path", MISSPELLED)
def test_files_are_opened_in_the_folder_alone(tmp_path: Path, path: str) -> None:
    """These paths reach the files if the server does not pass on the raw target."""
    fill(tmp_path / "reports")
    (tmp_path / "secret.json").write_text(SECRETS)

    with pytest.raises(FileNotFoundError):
        open_file(tmp_path / "reports", unquote(path))


def test_no_other_file_is_reachable(start: Start, tmp_path: Path) -> None:
    fill(tmp_path / "reports")
    port = start().port
    authorization = operator_headers()["Authorization"]

    def ask(path: str) -> Answer:
        head = f"GET /reports/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
        (answer,) = send(port, head.encode())
        return answer

    assert ask("index.html").body == PAGE.encode()
    for path in [*MISSPELLED, *ESCAPES, *CONCEALED]:
        answer = ask(path)
        code = "not_found" if path in MISSPELLED else "report_not_found"
        assert (answer.status, answer.code) == (404, code), path
        assert SECRETS.encode() not in answer.body
        assert "set-cookie" not in answer.headers


def test_folder_may_itself_be_a_link(game: Game, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/index.html").write_text(PAGE)
    game.settings.reports_path.symlink_to(tmp_path / "elsewhere")

    assert read(game).text == PAGE


@pytest.mark.parametrize("name", ["", "index.html", "manifest.json", "spark/", "nope"])
def test_before_the_first_build_the_answer_says_what_to_do(game: Game, name: str) -> None:
    for is_there in (False, True):
        if is_there:
            game.settings.reports_path.mkdir()
        problem = assert_problem(read(game, name), 404, "report_not_found")
        assert "make build" in problem["detail"]


@pytest.mark.usefixtures("reports")
def test_matching_etag_is_304(game: Game) -> None:
    tag = read(game).headers["ETag"]
    for tags in (tag, f"W/{tag}", f'"a", {tag}', f'W/"a,b" , W/{tag},"c"', "*", f"{tag},"):
        for method in ("GET", "HEAD"):
            answer = game.client.simulate_request(
                method, "/reports/", headers=game.operator().headers | {"If-None-Match": tags}
            )
            assert answer.status_code == 304, tags
            assert answer.content == b""
            assert answer.headers["ETag"] == tag
            assert answer.headers["Cache-Control"] == "private, no-cache"
            assert answer.headers["Vary"] == "Authorization"
            assert not answer.headers.keys() & {"Content-Type", "Content-Length"}
    for tags in ('"a"', 'W/"a"', tag[:-2] + '"', f'"{tag[1:-1].upper()}"', '"*"', "", ",", '"'):
        assert read(game, If_None_Match=tags).text == PAGE, tags


@pytest.mark.usefixtures("reports")
def test_unmodified_since_is_304(game: Game) -> None:
    for since in (
        WRITTEN,
        "Fri, 30 Jan 2026 03:00:01 GMT",
        "Friday, 30-Jan-26 03:00:00 GMT",
        "Fri Jan 30 03:00:00 2026",
    ):
        answer = read(game, If_Modified_Since=since)
        assert (answer.status_code, answer.content) == (304, b""), since
        assert answer.headers["Last-Modified"] == WRITTEN
    for since in ("Fri, 30 Jan 2026 02:59:59 GMT", "yesterday", "", "2026-01-30T03:00:00Z", "0"):
        assert read(game, If_Modified_Since=since).text == PAGE, since


@pytest.mark.usefixtures("reports")
def test_etag_takes_precedence_over_the_date(game: Game) -> None:
    tag = read(game).headers["ETag"]
    before = "Fri, 30 Jan 2026 02:59:59 GMT"

    assert read(game, If_None_Match='"a"', If_Modified_Since=WRITTEN).status_code == 200
    assert read(game, If_None_Match=tag, If_Modified_Since=before).status_code == 304


@pytest.mark.usefixtures("reports")
def test_conditions_do_not_bypass_access(game: Game) -> None:
    headers = {"If-None-Match": "*", "If-Modified-Since": WRITTEN}

    assert game.client.simulate_get("/reports/", headers=headers).status_code == 401
    assert read(game, "nope.json", **{"If-None-Match": "*"}).status_code == 404


def test_other_content_has_another_tag_whatever_the_file_system_says(
    game: Game, reports: Path
) -> None:
    first = read(game, "manifest.json")
    written = WRITTEN_AT.timestamp()

    # Other content in the same file, with equal size and time.
    (reports / "manifest.json").write_text(first.text.replace("files", "lives"))
    os.utime(reports / "manifest.json", (written, written))
    second = read(game, "manifest.json", If_None_Match=first.headers["ETag"])

    assert (second.status_code, second.text) == (200, '{"lives": []}')
    assert second.headers["ETag"] != first.headers["ETag"]


def test_replaced_file_is_new_and_the_same_bytes_are_not(game: Game, reports: Path) -> None:
    tag = read(game, "manifest.json").headers["ETag"]

    def replace(content: str) -> testing.Result:
        (reports / ".new").write_text(content)
        (reports / ".new").replace(reports / "manifest.json")
        return read(game, "manifest.json", If_None_Match=tag)

    assert replace(FILES["manifest.json"][0]).status_code == 304
    other = replace("[]")
    assert (other.status_code, other.text) == (200, "[]")
    assert other.headers["ETag"] != tag


@pytest.mark.usefixtures("reports")
def test_pages_can_use_inline_content_and_no_network(game: Game) -> None:
    for name in ("", "dbt_docs.html", "checkpoints.html"):
        policy = directives(read(game, name))
        assert policy["default-src"] == {"'none'"}
        assert policy["script-src"] == {"'unsafe-inline'", "'unsafe-eval'"}
        assert policy["style-src"] == {"'unsafe-inline'"}
        assert policy["img-src"] == {"data:"}
        assert "connect-src" not in policy


def directives(answer: testing.Result) -> dict[str, set[str]]:
    policy = answer.headers["Content-Security-Policy"]
    return {name: set(rest) for name, *rest in (part.split() for part in policy.split(";"))}


@pytest.mark.usefixtures("reports")
def test_log_names_the_operator_and_no_secret(game: Game) -> None:
    token = game.operator().token
    header = basic(token)

    game.client.simulate_get("/reports/manifest.json", headers=header)

    (line,) = game.log_lines()
    assert (line["route"], line["status"]) == ("/reports/{path:path}", 200)
    assert (line["is_operator"], line["user_id"]) == (True, None)
    for secret in (token, header["Authorization"].removeprefix("Basic ")):
        assert secret not in game.log.getvalue()


LARGE = "/reports/reconciliation.json"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A server with one thread, which must exit with 0 after all tests."""
    process = Process(tmp_path_factory.mktemp("large"), None, THREADS="1")
    yield process
    assert process.stop() == 0


def write_large(process: Process, seed: int = 1) -> bytes:
    """Write 50 MB, more than a connection's buffers."""
    content = random.Random(seed).randbytes(50 * 2**20)
    reports = process.warehouse.parent / "reports"
    reports.mkdir(exist_ok=True)
    (reports / "index.html").write_text(PAGE)
    (reports / ".new").write_bytes(content)
    (reports / ".new").replace(reports / "reconciliation.json")
    return content


def test_large_files_arrive_whole_and_block_no_thread(process: Process) -> None:
    content, headers = write_large(process), operator_headers()
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        answers = [
            stack.enter_context(
                session.get(f"{process.url}{LARGE}", headers=headers, stream=True, timeout=30)
            )
            for _ in range(3)
        ]
        # The clients do not read the rest of these answers yet.
        for _ in range(20):
            assert process.ask("GET", "/health").ok
            assert process.ask("GET", "/reports/", headers).text == PAGE
        assert process.login()
        for answer in answers:
            assert answer.headers["Content-Length"] == str(len(content))
            assert answer.content == content
        # The connections can be reused.
        again = session.get(f"{process.url}{LARGE}", headers=headers, timeout=30)
        assert again.content == content


def test_client_that_disconnects_early_does_no_harm(process: Process) -> None:
    content = write_large(process)
    for _ in range(5):
        with process.ask("GET", LARGE, operator_headers(), stream=True) as answer:
            assert answer.status_code == 200

    head = process.ask("HEAD", LARGE, operator_headers())
    assert head.headers["Content-Length"] == str(len(content))
    assert {line["level"] for line in process.log_lines()} == {"info"}


def test_replacing_a_file_during_sending_does_not_mix_contents(process: Process) -> None:
    before, headers = write_large(process), operator_headers()
    with process.ask("GET", LARGE, headers, stream=True) as answer:
        after = write_large(process, seed=2)
        assert answer.content == before
    known = {"If-None-Match": answer.headers["ETag"]}

    answer = process.ask("GET", LARGE, headers, headers=known)

    assert (answer.status_code, answer.content == after) == (200, True)
    assert answer.headers["ETag"] == f'"{hashlib.sha256(after).hexdigest()}"'


def test_file_that_is_cut_off_while_it_is_sent_ends_the_connection(process: Process) -> None:
    content = write_large(process)
    with process.ask("GET", LARGE, operator_headers(), stream=True) as answer:
        os.truncate(process.warehouse.parent / LARGE[1:], 2**20)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            assert len(answer.content) < len(content)
    assert process.ask("GET", "/health").ok


def test_operator_over_the_limit_gets_retry_after(play: Play) -> None:
    limited = play(RATE_LIMIT_PER_ACCOUNT="1/minute")
    operator = limited.operator()

    first, second = limited.get("/reports/", operator), limited.get("/reports/", operator)

    assert first.status_code == 404
    assert_problem(second, 429, "too_many_requests")
    assert int(second.headers["Retry-After"]) >= 1
    assert "WWW-Authenticate" not in second.headers
