"""simplematrixbotlib, unmodified: a bot logs in with a token, syncs, and is seen online, on the demo server whose
address is the argument. A second start goes on with what the first one stored."""

import asyncio
import contextlib
import os
import sys
import tempfile

import simplematrixbotlib as botlib
from nio import AsyncClient

BOB = "@bob:example.com"


async def run(url, session):
    """Runs a bot until it follows its syncs; returns the name of its device."""
    bot = botlib.Bot(botlib.Creds(url, BOB, login_token="demo-bob", session_stored_file=session))
    running = asyncio.create_task(bot.main())

    async def follows():
        while bot.callbacks is None:
            await asyncio.sleep(0.05)
        await bot.async_client.synced.wait()

    following = asyncio.create_task(follows())
    done, _ = await asyncio.wait({running, following}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    assert following in done, running.exception() if running in done else "it took more than a minute"
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await bot.async_client.close()
    return bot.async_client.device_id


async def main(url, folder):
    os.chdir(folder)
    session = os.path.join(folder, "session.txt")
    first = await run(url, session)
    assert first not in ("DEMO", "", None), f"a login has a device of its own, not {first}"
    alice = AsyncClient(url, "@alice:example.com")
    alice.restore_login(user_id="@alice:example.com", device_id="DEMO", access_token="demo-alice")
    seen = await alice.get_presence(BOB)
    await alice.close()
    assert seen.presence == "online", seen
    assert await run(url, session) == first, "the stored session goes on"


with tempfile.TemporaryDirectory() as folder:
    asyncio.run(main(sys.argv[1], folder))
