"""mautrix, unmodified: a bridge's intents register a ghost, and set and read presence as bot and as ghost, on the demo
server whose address is the first argument. The others are those of its registration: id, token and the bot's name."""

import asyncio
import os
import sys
import tempfile

from mautrix.appservice import AppService
from mautrix.errors import MExclusive, MForbidden
from mautrix.types import PresenceState

GHOST = "@irc_dave:example.com"


async def refused(call, error):
    try:
        await call
    except error:
        return
    raise AssertionError(f"no {error.__name__}")


async def main(url, id, token, bot, folder):
    os.chdir(folder)
    service = AppService(
        id=id, server=url, domain="example.com", as_token=token, hs_token="unused", bot_localpart=bot
    )
    await service.start("127.0.0.1", 0)
    try:
        bot = service.intent
        await bot.ensure_registered()
        whoami = await bot.whoami()
        assert (whoami.user_id, whoami.device_id) == (service.bot_mxid, None), whoami
        await bot.set_presence(PresenceState.ONLINE, "bridging")
        assert (await bot.get_presence(service.bot_mxid)).presence == PresenceState.ONLINE

        ghost = bot.user(GHOST)
        await ghost.set_presence(PresenceState.UNAVAILABLE, "on irc")
        assert (await ghost.whoami()).user_id == GHOST
        seen = await ghost.get_presence(GHOST)
        assert (seen.presence, seen.status_msg) == (PresenceState.UNAVAILABLE, "on irc"), seen

        await refused(bot.user("@dave:example.com").set_presence(PresenceState.ONLINE), MExclusive)
        await refused(ghost.get_presence("@alice:example.com"), MForbidden)
    finally:
        await service.stop()


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(*sys.argv[1:], folder))
