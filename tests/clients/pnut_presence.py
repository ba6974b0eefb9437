"""pnutpy, unmodified: each operation and each class of error. The arguments are the API roots of a demo
server and of one that lets one call of each kind through."""

import sys
from datetime import datetime

import pnutpy
from pnutpy.errors import (
    PnutAPIException,
    PnutAuthAPIException,
    PnutBadRequestAPIException,
    PnutMissing,
    PnutPermissionDenied,
    PnutRateLimitAPIException,
)

ROOT, LIMITED = sys.argv[1:]


def client(token, root=ROOT):
    return pnutpy.API.build_api(api_root=root, access_token=token)


def refused(kind, code, call, *args, **kwargs):
    """The refusal that a call meets, which is of just this class."""
    try:
        answer = call(*args, **kwargs)
    except PnutAPIException as error:
        assert type(error) is kind, (type(error), error)
        assert error.response.meta.code == code, error.response
        assert isinstance(error.response.meta.error_message, str), error.response
        return error.response.meta
    raise AssertionError(answer)


alice = client("demo-alice")
bob = client("demo-bob")
app = client("demo-admin")

# Nobody is there.
data, meta = bob.user_presence()
assert (data, meta.code) == ([], 200), (data, meta)
data, meta = bob.get_users_presence("me")
assert data.serialize() == {"id": "2", "username": "bob", "name": "Bob", "presence": "offline"}, data
assert "updated_presence" not in meta, meta

# Each way to set a presence, and each way to name oneself.
for kwargs, reading in [
    ({"presence": "hi there & bye"}, "hi there & bye"),
    ({"data": {"presence": "as JSON"}}, "as JSON"),
    ({"data": {"presence": "body"}, "presence": "query"}, "body"),
    ({}, "online"),
    ({"presence": "x" * 100}, "x" * 100),
    ({"presence": True}, "online"),
    ({"presence": False}, "offline"),
    ({"data": {"presence": 1}}, "online"),
    ({"data": {"presence": 0}}, "offline"),
    ({"presence": "offline"}, "offline"),
]:
    for name in ["me", "@alice", "@ALICE", "1", 1]:
        data, meta = alice.update_users_presence(name, **kwargs)
        assert (data["presence"], data["id"], meta.code) == (reading, "1", 200), (name, kwargs, data)
    data, _ = bob.get_users_presence(1)
    assert data["presence"] == reading, (kwargs, data)

# The list and single users, as users and apps see them.
alice.update_users_presence("me", presence="reading")
for api in [alice, bob, app]:
    data, meta = api.user_presence()
    assert [user["username"] for user in data] == ["alice"], data
    assert data[0]["last_seen_at"].endswith("Z"), data
    for name in ["@alice", "@aLiCe", "1", 1]:
        data, _ = api.get_users_presence(name)
        assert data["presence"] == "reading", data
data, _ = bob.user_presence(include_html=False, include_presence=True)
assert len(data) == 1, data

# update_presence on every later call, a PUT among them.
alice.params = {"update_presence": "every call"}
for call, args in [
    (alice.user_presence, []),
    (alice.get_users_presence, ["@bob"]),
    (alice.get_user, ["2"]),
    (alice.get_token, []),
]:
    bob.get_users_presence("@alice")
    _, meta = call(*args)
    assert meta.updated_presence is True, meta
data, meta = alice.update_users_presence("me", presence="overridden", data={"presence": "overridden too"})
assert (data["presence"], meta.updated_presence) == ("every call", True), (data, meta)
assert refused(PnutMissing, 404, alice.get_users_presence, "99").updated_presence is True
alice.params = {"update_presence": "x" * 101}
_, meta = alice.user_presence()
assert meta.updated_presence is False, meta
assert refused(PnutBadRequestAPIException, 400, alice.update_users_presence, "me").updated_presence is False
alice.params = {}
_, meta = alice.user_presence()
assert "updated_presence" not in meta, meta

# An end of its own, which v1 has: at most a week ahead, and in the past it is offline.
if ROOT.endswith("/v1"):
    now = alice.update_users_presence("me")[0]["last_seen_at"]
    now = int(datetime.fromisoformat(now).timestamp())
    for ahead, reading in [(3600, "on leave"), (10**9, "on leave"), (-1, "offline")]:
        end = {"expiration": now + ahead}
        alice.update_users_presence("me", presence="before")
        data, _ = alice.update_users_presence("me", data={"presence": "on leave", **end})
        assert data["presence"] == reading, (ahead, data)
        alice.params = end
        data, _ = alice.update_users_presence("me", presence="on leave")
        assert data["presence"] == reading, (ahead, data)
        alice.params = {}
    refused(
        PnutBadRequestAPIException, 400, alice.update_users_presence, "me", data={"presence": "x", "expiration": "soon"}
    )
    alice.params = {"update_presence": "on leave", "update_presence_expiration": now + 3600}
    data, meta = alice.get_users_presence("me")
    assert (data["presence"], meta.updated_presence) == ("on leave", True), (data, meta)
    alice.params = {"update_presence": "every call"}
    alice.get_users_presence("me")
    alice.params = {}

# Who somebody is, and what a token is.
token, _ = alice.get_token()
assert (token.user.id, token.user.username) == (1, "alice"), token
assert token.user.created_at.tzinfo is not None, token
assert "presence" in token.scopes, token
token, _ = app.get_token()
assert "user" not in token, token
user, _ = bob.get_user("@alice", include_presence=True)
assert (user.id, user.presence) == (1, "every call"), user

# Each class of error.
refused(PnutBadRequestAPIException, 400, alice.update_users_presence, "me", presence="x" * 101)
refused(PnutBadRequestAPIException, 400, alice.update_users_presence, "me", data="text")
refused(PnutBadRequestAPIException, 400, alice.update_users_presence, "me", data={"presence": ["x"]})
refused(PnutAuthAPIException, 401, client(None).user_presence)
refused(PnutAuthAPIException, 401, client("nonsense").user_presence)
refused(PnutPermissionDenied, 403, alice.update_users_presence, "@bob", presence="x")
refused(PnutPermissionDenied, 403, app.update_users_presence, "me", presence="x")
refused(PnutPermissionDenied, 403, app.get_users_presence, "me")
refused(PnutMissing, 404, alice.get_users_presence, "@nobody")
refused(PnutMissing, 404, alice.update_users_presence, "99", presence="x")
refused(PnutMissing, 404, alice.get_post, "1")
refused(PnutAPIException, 405, alice.request, "DELETE", "/users/me/presence")
refused(PnutAPIException, 413, alice.update_users_presence, "me", data={"presence": "x" * 70_000})
alice = client("demo-alice", LIMITED)
alice.update_users_presence("me", presence="once")
meta = refused(PnutRateLimitAPIException, 429, alice.update_users_presence, "me", presence="twice")
assert meta.retry_in == 600, meta
data, _ = alice.get_users_presence("me")
assert data["presence"] == "once", data
