"""``tocsin run --send`` to connectors of several types: a pager, a channel, a token service, an index of a cluster."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from osmem_server import OsmemServer

RULE = """
id: errors
name: Errors
rule_type_id: .index-threshold
consumer: alerts
schedule: {interval: 1m}
notify_when: onActiveAlert
params: {index: web, timeField: "@timestamp", aggType: count, groupBy: all, timeWindowSize: 5, timeWindowUnit: m,
         threshold: [1], thresholdComparator: ">"}
actions:
  - {id: pager, group: threshold met, params: {dedupKey: "{{rule.id}}:{{alert.id}}",
     summary: "{{context.value}} errors", links: [{href: "https://runbook.example/", text: Runbook}]}}
  - {id: channel, group: threshold met, params: {message: "*{{rule.name}}*: {{context.value}}"}}
  - {id: hook, group: threshold met, params: {body: '{"value": {{context.value}}}'}}
  - {id: documents, group: threshold met, params: {documents: [{rule: "{{rule.name}}", value: "{{context.value}}"}],
     indexOverride: kibana-alert-history-x}}
"""
SETTINGS = """
public_base_url: https://tocsin.example
http: {{allowed_hosts: [127.0.0.1], allowed_addresses: [127.0.0.0/8]}}
data: {{web: {{files: [web.ndjson]}}}}
clusters: {{store: {{hosts: ["{cluster}"]}}}}
connectors:
  pager: {{name: Pager, connector_type_id: .pagerduty, config: {{apiUrl: "{url}/pager"}},
          secrets: {{routingKey: "${{env:ROUTING_KEY}}"}}}}
  channel: {{name: Channel, connector_type_id: .slack, secrets: {{webhookUrl: "{url}/${{env:CHANNEL}}"}}}}
  hook: {{name: Hook, connector_type_id: .webhook, secrets: {{clientSecret: "${{env:CLIENT_SECRET}}"}},
         config: {{url: "{url}/hook", authType: webhook-oauth2-client-credentials, accessTokenUrl: "{url}/token",
                  clientId: tocsin}}}}
  documents: {{name: Documents, connector_type_id: .index,
              config: {{index: "store:messages", refresh: true, executionTimeField: "@timestamp"}}}}
"""
DOCUMENTS = [{"@timestamp": f"2026-01-15T10:3{minute}:00.000Z"} for minute in (6, 7, 8)]
ANSWERS = {
    "/pager": (202, '{"status": "success"}'),
    "/chat": (200, "ok"),
    "/token": (200, '{"token_type": "Bearer", "access_token": "tk1", "expires_in": 3600}'),
    "/hook": (200, ""),
}


class Receiver(ThreadingHTTPServer):
    """Keeps what arrives, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: dict[str, tuple[dict[str, str], str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received[self.path] = ({name.lower(): value for name, value in self.headers.items()}, body)
        status, text = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def cluster() -> Iterator[str]:
    with OsmemServer.start(japanese=False) as server:
        yield server.url
    assert server.process.stdout is not None
    server.process.stdout.close()


def test_every_type_delivers(tocsin: Any, receiver: Receiver, cluster: str, tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "tocsin.yml").write_text(SETTINGS.format(url=receiver.url, cluster=cluster))
    (tmp_path / "web.ndjson").write_text("\n".join(map(json.dumps, DOCUMENTS)))
    secrets = {"ROUTING_KEY": "hush-hush", "CHANNEL": "chat", "CLIENT_SECRET": "hush-hush-too"}
    done = tocsin("run", "rule.yml", "--send", "--at", "2026-01-15T10:40:00Z", "--output", "json", **secrets)
    assert done.returncode == 0, done.stderr
    assert "hush-hush" not in done.stdout + done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["delivery"] == {"delivered": 4, "retried": 0, "dead": 0}, done.stdout

    headers, body = receiver.received["/pager"]
    event = json.loads(body)
    assert headers["x-routing-key"] == "hush-hush"
    assert (event["dedup_key"], event["payload"]["summary"]) == ("errors:all documents", "3 errors")
    assert [link["href"] for link in event["links"]] == [
        "https://tocsin.example/app/management/insightsAndAlerting/triggersActions/rule/errors",
        "https://runbook.example/",
    ]
    assert json.loads(receiver.received["/chat"][1]) == {"text": "*Errors*: 3"}
    assert "client_secret=hush-hush-too" in receiver.received["/token"][1]
    headers, body = receiver.received["/hook"]
    assert (headers["authorization"], body) == ("Bearer tk1", '{"value": 3}')

    with urllib.request.urlopen(f"{cluster}/messages/_search", timeout=30) as answer:
        [hit] = json.loads(answer.read())["hits"]["hits"]
    assert hit["_source"] == {"rule": "Errors", "value": "3", "@timestamp": "2026-01-15T10:40:00.000Z"}
