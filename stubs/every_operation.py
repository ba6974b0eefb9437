"""Whether a demo, whose address is the argument, was asked every presence operation of its documents, and every one with
which an application says who its users are: once with success, and twice with a refusal. What answers with a stream need
not have succeeded."""

import json
import re
import sys
import urllib.request

SIGN_IN = ("whoami", "createTicket", "addMember", "removeMember", "createAppToken", "endSessions")

BASE = sys.argv[1].rstrip("/")
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(path, token=None):
    request = urllib.request.Request(BASE + path)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with OPENER.open(request) as answer:
        return answer.read().decode()


def operations(dialect):
    """The ids of a document's operations that are asked for, and whether each answers with a stream."""
    for item in json.loads(get(f"/openapi/{dialect}.json"))["paths"].values():
        for operation in item.values():
            if operation["tags"][0].startswith("Presence") or operation["operationId"] in SIGN_IN:
                streams = "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
                yield operation["operationId"], streams


asked = {}
LINE = re.compile(r'presenced_http_requests_total\{dialect="(.+)",operation="(.+)",status="(\d+)"\} (\d+)')
for dialect, operation, status, count in LINE.findall(get("/metrics", "demo-admin")):
    kind = "succeeded" if status.startswith("2") else "refused"
    key = dialect, operation, kind
    asked[key] = asked.get(key, 0) + int(count)

wanting = []
for dialect in ("matrix", "pnut", "ringcentral", "presenced"):
    for operation, streams in operations(dialect):
        succeeded, refused = (asked.get((dialect, operation, kind), 0) for kind in ("succeeded", "refused"))
        if refused < 2 or not (succeeded or streams):
            wanting.append(f"{dialect} {operation}: succeeded {succeeded} times, refused {refused} times")
if wanting:
    sys.exit("\n".join(wanting))
