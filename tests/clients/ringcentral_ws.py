"""ringcentral, unmodified: alice's WebSocket client sees bob's presence on the demo server whose address is the
argument."""

import asyncio
import sys

from ringcentral import SDK
from ringcentral.websocket.events import WebSocketEvents


def platform(url, token):
    """A platform that is logged in already."""
    logged_in = SDK("c", "s", url).platform()
    logged_in.auth().set_data({"token_type": "bearer", "access_token": token, "expires_in": 3600})
    return logged_in


async def main(url):
    sdk = SDK("c", "s", url)
    sdk.platform().auth().set_data({"token_type": "bearer", "access_token": "demo-alice", "expires_in": 3600})
    bob = platform(url, "demo-bob")
    client = sdk.create_web_socket_client()
    connected, created, told = asyncio.Queue(), asyncio.Queue(), asyncio.Queue()
    client.on(WebSocketEvents.connectionCreated, connected.put_nowait)
    client.on(WebSocketEvents.subscriptionCreated, created.put_nowait)
    client.on(WebSocketEvents.receiveSubscriptionNotification, told.put_nowait)
    running = asyncio.create_task(client.create_new_connection())

    async def soon(queue):
        return await asyncio.wait_for(queue.get(), 60)

    async def set_status(status):
        path = "/restapi/v1.0/account/~/extension/~/presence"
        await asyncio.to_thread(bob.put, path, {"userStatus": status})

    try:
        await soon(connected)
        await client.create_subscription(["/restapi/v1.0/account/~/extension/2/presence"])
        subscription = await soon(created)
        meta, info = subscription.get_subscription_info()
        assert meta["headers"]["WSG-SubscriptionId"] == info["id"], meta
        await set_status("Busy")
        meta, event = await soon(told)
        assert meta["type"] == "ServerNotification", meta
        assert event["subscriptionId"] == info["id"], event
        assert (event["body"]["extensionId"], event["body"]["presenceStatus"]) == (2, "Busy"), event

        await client.update_subscription(subscription, ["/restapi/v1.0/account/~/presence"])
        assert (await soon(created)).get_subscription_info()[1]["eventFilters"] == [
            "/restapi/v1.0/account/1/presence"
        ]
        await set_status("Available")
        meta, event = await soon(told)
        assert event["body"]["presenceStatus"] == "Available", event

        await client.remove_subscription(subscription)
        while sdk.platform().get("/restapi/v1.0/subscription").json_dict()["records"]:
            await asyncio.sleep(0.1)
        await client.close_connection()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


asyncio.run(main(sys.argv[1]))
