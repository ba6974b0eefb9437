"""websockets, unmodified, on the socket of presenced's own API: alice follows a room, in which bob is active on his
socket, and goes on after her connection broke, on the demo server whose address is the argument."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

URL = sys.argv[1].replace("http", "ws", 1) + "/presenced/v1/socket"
BOB = "@bob:example.com"


async def next_frame(socket, kind):
    frame = json.loads(await asyncio.wait_for(socket.recv(), 60))
    assert frame["type"] == kind, f"{frame} is no {kind}"
    return frame


def opened(token):
    return connect(URL, subprotocols=["presenced.v1"], additional_headers={"Authorization": f"Bearer {token}"})


async def main():
    async with opened("demo-bob") as bob:
        await next_frame(bob, "ready")
        async with opened("demo-alice") as alice:
            assert alice.subprotocol == "presenced.v1"
            await next_frame(alice, "ready")
            await alice.send(json.dumps({"type": "watch", "rooms": ["!lobby:example.com"], "id": "1"}))
            assert (await next_frame(alice, "snapshot"))["users"] == []
            await next_frame(alice, "ack")
            await bob.send(json.dumps({"type": "activity", "id": "2"}))
            await next_frame(bob, "ack")
            told = await next_frame(alice, "presence")
            assert [(user["userId"], user["state"]) for user in told["users"]] == [(BOB, "online")], told
        await bob.send(json.dumps({"type": "presence", "state": "unavailable", "id": "3"}))
        await next_frame(bob, "ack")
        async with connect(URL) as alice:
            await alice.send(json.dumps({"type": "token", "token": "demo-alice"}))
            await next_frame(alice, "ready")
            since = {"type": "watch", "rooms": ["!lobby:example.com"], "since": told["token"], "id": "4"}
            await alice.send(json.dumps(since))
            news = await next_frame(alice, "presence")
            assert [(user["userId"], user["state"]) for user in news["users"]] == [(BOB, "unavailable")], news
            await next_frame(alice, "ack")
            await alice.send("nonsense")
            try:
                await alice.recv()
                raise AssertionError("nonsense was taken")
            except ConnectionClosed as closed:
                assert closed.rcvd.code == 1007, closed
    async with opened("nonsense") as stranger:
        assert (await next_frame(stranger, "error"))["status"] == 401
        try:
            await stranger.recv()
            raise AssertionError("a stranger was let in")
        except ConnectionClosed as closed:
            assert closed.rcvd.code == 4401, closed
    print("websockets: signed in, followed, said, resumed")


asyncio.run(main())
