"""matrix-nio, unmodified: alice's sync_forever sees bob's presence live, on the demo server whose address
is the argument."""

import asyncio
import sys

from nio import AsyncClient, PresenceEvent

ALICE = "@alice:example.com"
BOB = "@bob:example.com"


def client(url, user, token):
    restored = AsyncClient(url, user)
    restored.restore_login(user_id=user, device_id="DEMO", access_token=token)
    return restored


async def main(url):
    alice = client(url, ALICE, "demo-alice")
    bob = client(url, BOB, "demo-bob")
    told = asyncio.Queue()

    async def on_presence(event):
        if event.user_id == BOB:
            await told.put((event.presence, event.status_msg, event.currently_active))

    alice.add_presence_callback(on_presence, PresenceEvent)
    first = asyncio.create_task(alice.synced.wait())
    syncing = asyncio.create_task(alice.sync_forever(timeout=30_000, set_presence="unavailable"))
    try:
        await asyncio.wait_for(first, 60)
        for state, text in [("online", "I am here."), ("unavailable", "brb"), ("offline", "gone")]:
            await bob.set_presence(state, text)
            event = await asyncio.wait_for(told.get(), 60)
            assert event[:2] == (state, text), event
        seen = await bob.get_presence(ALICE)
        assert seen.presence == "unavailable", seen
        assert told.empty(), "each change is told once"
    finally:
        syncing.cancel()
        await asyncio.gather(syncing, return_exceptions=True)
        await alice.close()
        await bob.close()


asyncio.run(main(sys.argv[1]))
