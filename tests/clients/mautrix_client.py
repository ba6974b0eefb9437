"""mautrix, unmodified: a client logs in with a token, stores a filter, syncs, sets and reads presence and profiles, and
logs out, on the demo server whose address is the argument."""

import asyncio
import sys

from mautrix.client import ClientAPI
from mautrix.errors import MForbidden, MUnknownToken
from mautrix.types import EventFilter, Filter, LoginType, PresenceState

ALICE = "@alice:example.com"
BOB = "@bob:example.com"


async def gone(client, token):
    client.api.token = token
    try:
        await client.whoami()
    except MUnknownToken:
        return
    raise AssertionError("the token is still good")


async def main(url):
    bob = ClientAPI(mxid=BOB, base_url=url)
    flows = await bob.get_login_flows()
    assert [flow.type for flow in flows.flows] == [LoginType.TOKEN], flows
    login = await bob.login(login_type=LoginType.TOKEN, token="demo-bob", device_id="PHONE", device_name="a phone")
    assert (login.user_id, login.device_id) == (BOB, "PHONE"), login
    whoami = await bob.whoami()
    assert (whoami.user_id, whoami.device_id) == (BOB, "PHONE"), whoami

    wanted = Filter(presence=EventFilter(not_senders=[BOB], limit=0))
    stored = await bob.create_filter(wanted)
    assert (await bob.get_filter(stored)).presence.not_senders == [BOB]
    first = await bob.sync(filter_id=stored, timeout=0)
    assert "presence" not in first, first

    alice = ClientAPI(mxid=ALICE, base_url=url, token="demo-alice")
    await alice.set_presence(PresenceState.UNAVAILABLE, "brb")
    news = await bob.sync(since=first["next_batch"], filter_id=stored, timeout=30_000)
    content = news["presence"]["events"][0]["content"]
    assert (content["presence"], content["status_msg"]) == ("unavailable", "brb"), news
    presence = await bob.get_presence(ALICE)
    assert (presence.presence, presence.status_msg) == (PresenceState.UNAVAILABLE, "brb"), presence
    try:
        await bob.get_presence("@carol:example.com")
        raise AssertionError("carol shares no room with bob")
    except MForbidden:
        pass

    assert await bob.get_joined_rooms() == ["!lobby:example.com"]
    assert (await bob.get_profile(ALICE)).displayname == "Alice"
    assert await bob.get_displayname(ALICE) == "Alice"
    assert not await bob.get_avatar_url(ALICE)

    token = bob.api.token
    await bob.logout()
    await gone(bob, token)
    await alice.logout_all()
    await gone(alice, "demo-alice-2")
    await bob.api.session.close()
    await alice.api.session.close()


asyncio.run(main(sys.argv[1]))
