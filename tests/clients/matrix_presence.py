"""Presence as the Matrix document has it, by plain HTTP: the arguments are a server with the demo's users, and the paths
below which it serves. What one of them sets, the next one reads."""

import json
import sys
import urllib.error
import urllib.request

ALICE, BOB, CAROL = (f"@{name}:example.com" for name in ("alice", "bob", "carol"))

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(url, method="GET", token=None, body=None):
    """The status and the JSON of an answer."""
    request = urllib.request.Request(url, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.data = body.encode()
        request.add_header("Content-Type", "application/json")
    try:
        with OPENER.open(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def refused(answer, status, code):
    assert (answer[0], answer[1]["errcode"]) == (status, code), answer
    assert answer[1]["error"], answer


def main(server, paths):
    def url(path, user):
        return f"{server}{path}/presence/{user}/status"

    for setting, reading in zip(paths, paths[1:] + paths[:1]):
        for state in ("online", "unavailable", "offline"):
            text = f"{state} by {setting}"
            said = json.dumps({"presence": state, "status_msg": text})
            assert call(url(setting, ALICE), "PUT", "demo-alice", said) == (200, {})
            status, seen = call(url(reading, ALICE), token="demo-bob")
            assert (status, seen["presence"], seen["status_msg"]) == (200, state, text), seen
            assert seen["last_active_ago"] < 60_000, seen
            assert seen.get("currently_active", False) == (state == "online"), seen
        status, seen = call(url(setting, BOB), token="demo-bob")
        assert (status, seen) == (200, {"presence": "offline"}), seen

        refused(call(url(setting, ALICE)), 401, "M_MISSING_TOKEN")
        refused(call(url(setting, ALICE), token="nonsense"), 401, "M_UNKNOWN_TOKEN")
        refused(call(url(setting, ALICE), token="demo-carol"), 403, "M_FORBIDDEN")
        refused(call(url(setting, BOB), "PUT", "demo-alice", '{"presence": "online"}'), 403, "M_FORBIDDEN")
        refused(call(url(setting, "alice"), token="demo-alice"), 400, "M_INVALID_PARAM")
        for wrong in ('{"presence": "sleeping"}', '{"presence": 1}', '{"status_msg": "x"}'):
            refused(call(url(setting, ALICE), "PUT", "demo-alice", wrong), 400, "M_BAD_JSON")


main(sys.argv[1].rstrip("/"), sys.argv[2:])
