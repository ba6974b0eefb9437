"""matrix-nio, unmodified, sets and gets presence on the demo server whose address is the argument."""

import asyncio
import sys

from nio import (
    AsyncClient,
    PresenceGetError,
    PresenceGetResponse,
    PresenceSetError,
    PresenceSetResponse,
)

ALICE = "@alice:example.com"


def client(url, user, token):
    """A client that is logged in already, as nio restores a login."""
    restored = AsyncClient(url, user)
    restored.restore_login(user_id=user, device_id="DEMO", access_token=token)
    return restored


async def main(url):
    alice = client(url, ALICE, "demo-alice")
    bob = client(url, "@bob:example.com", "demo-bob")
    carol = client(url, "@carol:example.com", "demo-carol")
    nobody = client(url, ALICE, "nonsense")
    try:
        seen = await bob.get_presence(ALICE)
        assert isinstance(seen, PresenceGetResponse), seen
        assert (seen.presence, seen.last_active_ago) == ("offline", None), seen

        for state, text in [("online", "I am here."), ("unavailable", "brb"), ("offline", "gone")]:
            done = await alice.set_presence(state, text)
            assert isinstance(done, PresenceSetResponse), done
            seen = await bob.get_presence(ALICE)
            assert isinstance(seen, PresenceGetResponse), seen
            assert (seen.user_id, seen.presence, seen.status_msg) == (ALICE, state, text), seen
            assert seen.last_active_ago == 0, seen
            assert seen.currently_active == (True if state == "online" else None), seen

        await alice.set_presence("online")
        seen = await bob.get_presence(ALICE)
        assert seen.status_msg is None, seen

        refused = await carol.get_presence(ALICE)
        assert isinstance(refused, PresenceGetError), refused
        assert refused.status_code == "M_FORBIDDEN", refused
        refused = await nobody.set_presence("online")
        assert isinstance(refused, PresenceSetError), refused
        assert (refused.status_code, refused.soft_logout) == ("M_UNKNOWN_TOKEN", False), refused
        refused = await alice.set_presence("sleeping")
        assert isinstance(refused, PresenceSetError), refused
        assert refused.status_code == "M_BAD_JSON", refused
    finally:
        for each in (alice, bob, carol, nobody):
            await each.close()


asyncio.run(main(sys.argv[1]))
