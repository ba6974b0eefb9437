"""Calls every presence operation of the four documents, and what an application signs its users in with, through the stubs that are generated from them, against a demo
whose address is the argument. Each succeeds, is refused as its document says, and is refused otherwise as the header
Prefer asks for."""

import sys
from types import SimpleNamespace

import matrix_client as matrix
import pnut_client as pnut
import presenced_client as presenced
import ringcentral_client as ringcentral

ALICE, BOB, CAROL, SALES, NOBODY = (
    f"@{name}:example.com" for name in ("alice", "bob", "carol", "sales", "nobody")
)

LOBBY, NO_ROOM = "!lobby:example.com", "!nobody:example.com"

# As an argument: the operation has none that could be wrong, but for the token.
STRANGER = "stranger"
# As an argument: the answer is a stream, which does not end, so that its documented example is asked for.
STREAM = None

BASE = sys.argv[1].rstrip("/")


class Dialect:
    """The stubs of one document: how they are opened, and what they read of an error."""

    def __init__(self, package, host, error, read):
        self.package, self.host, self.error, self.read = package, host, error, read

    def open(self, token="demo-alice", prefer=None):
        """The operations, by tag."""
        # Else it waits as Retry-After says, and tries again.
        configuration = self.package.Configuration(host=self.host, access_token=token, retries=0)
        client = self.package.ApiClient(configuration)
        if prefer:
            client.set_default_header("Prefer", prefer)
        names = [name for name in vars(self.package) if name.endswith("Api")]
        return SimpleNamespace(**{name.removesuffix("Api").lower(): getattr(self.package, name)(client) for name in names})

    def refused(self, name, call, status):
        try:
            call()
        except self.package.ApiException as refusal:
            assert refusal.status == status, f"{name}: {refusal.status} instead of {status}: {refusal.body}"
            expected = self.error(status)
            assert isinstance(refusal.data, expected), f"{name}: {refusal.data!r} is no {expected}"
            assert self.read(refusal.data, status), f"{name}: {refusal.data!r}"
        else:
            raise AssertionError(f"{name} is not refused")

    def try_each(self, operations, token="demo-alice"):
        """With a token, of each: its name, the call, an argument that is right, one that is refused, the status with which it is, and
        the status that is asked for."""
        for name, call, good, bad, refused, preferred in operations:
            call(self.open(token, prefer="code=200" if good is STREAM else None), good)
            self.refused(name, lambda: call(self.open(STRANGER if bad is STRANGER else token), bad), refused)
            self.refused(name, lambda: call(self.open(prefer=f"code={preferred}"), good), preferred)
            print(f"{name}: succeeds, {refused}, {preferred}")


MATRIX = Dialect(
    matrix,
    f"{BASE}/_matrix/client/v3",
    lambda status: matrix.LimitExceeded if status == 429 else matrix.MatrixError,
    lambda error, status: error.errcode and (status != 429 or error.retry_after_ms > 0),
)
PNUT = Dialect(
    pnut, f"{BASE}/v0", lambda status: pnut.ErrorAnswer, lambda error, status: error.meta.code == status
)
RINGCENTRAL = Dialect(
    ringcentral, BASE, lambda status: ringcentral.ErrorResponse, lambda error, status: error.error_code and error.message
)
PRESENCED = Dialect(
    presenced, BASE, lambda status: presenced.Problem, lambda error, status: error.status == status and error.type
)


def prepare():
    """Brings the demo to where every operation has something to work on: there is a call queue, alice is an admin of the
    account and takes its calls, and carol asks to see her."""
    PRESENCED.open().demo.reset_demo()
    directory = PRESENCED.open("demo-admin").directory
    queue = presenced.ExtensionType.DEPARTMENT
    directory.put_user(SALES, presenced.UserProfile(
        number=4, account=1, extension_number="900", extension_type=queue, display_name="Sales"))
    directory.put_user(ALICE, presenced.UserProfile(
        account=1, extension_number="101", account_admin=True, departments=[4]))
    inviting = matrix.PresenceListUpdate(invite=[ALICE])
    MATRIX.open("demo-carol").presencelists.modify_presence_list(CAROL, inviting)


prepare()

online = matrix.PresenceUpdate(presence=matrix.PresenceState.ONLINE, status_msg="on call")
inviting = matrix.PresenceListUpdate(invite=[CAROL])
MATRIX.try_each([
    ("setPresence", lambda by, user: by.presence.set_presence(user, online), ALICE, BOB, 403, 429),
    ("getPresence", lambda by, user: by.presence.get_presence(user), ALICE, CAROL, 403, 404),
    ("modifyPresenceList", lambda by, user: by.presencelists.modify_presence_list(user, inviting), ALICE, BOB, 400, 429),
    ("getPresenceList", lambda by, user: by.presencelists.get_presence_list(user), ALICE, "nobody", 400, 503),
])
presence = MATRIX.open().presence.get_presence(ALICE)
assert (presence.presence, presence.status_msg) == (matrix.PresenceState.ONLINE, "on call"), presence

reading = pnut.PresenceUpdate(presence="reading")
PNUT.try_each([
    ("setPresence", lambda by, user: by.presence.set_presence(user, presence_update=reading), "me", "2", 403, 413),
    ("getPresence", lambda by, user: by.presence.get_presence(user), "me", "999", 404, 429),
    ("getPresenceByAlias", lambda by, user: by.presence.get_presence_by_alias(user), "1", "999", 404, 503),
    ("listPresence", lambda by, _: by.presence.list_presence(), "everybody", STRANGER, 401, 429),
])
assert PNUT.open("demo-bob").presence.get_presence("1").data.presence == "reading"

lunch = ringcentral.PresenceInfoResource(message="lunch")
monitored = ringcentral.MonitoredExtensionsUpdate(
    records=[ringcentral.MonitoredExtensionUpdate(extension=ringcentral.MonitoredExtensionId(id="2"))])
members = ringcentral.CallQueueUpdatePresence(
    records=[ringcentral.CallQueueMemberUpdate(
        member=ringcentral.CallQueueId(id="1"), accept_current_queue_calls=False)])
queues = ringcentral.ExtensionCallQueueUpdatePresenceList(
    records=[ringcentral.ExtensionCallQueueUpdate(call_queue=ringcentral.CallQueueId(id="4"), accept_calls=True)])
RINGCENTRAL.try_each([
    ("UpdateUserPresenceStatus", lambda by, extension: by.presence.update_user_presence_status("~", extension, lunch),
        "~", "9999", 404, 415),
    ("ReadUserPresenceStatus", lambda by, extension: by.presence.read_user_presence_status("~", extension),
        "~", "9999", 404, 429),
    ("ReadAccountPresence", lambda by, account: by.presence.read_account_presence(account), "~", "999", 404, 503),
    ("updateMonitoredExtensions", lambda by, extension: by.presence.update_monitored_extensions("~", extension, monitored),
        "~", "9999", 404, 413),
    ("readMonitoredExtensions", lambda by, extension: by.presence.read_monitored_extensions("~", extension),
        "~", "9999", 404, 429),
    ("updateCallQueuePresence", lambda by, group: by.presence.update_call_queue_presence("~", group, members),
        "4", "9999", 404, 403),
    ("readCallQueuePresence", lambda by, group: by.presence.read_call_queue_presence("~", group),
        "4", "9999", 404, 429),
    ("updateExtensionCallQueuePresence",
        lambda by, extension: by.presence.update_extension_call_queue_presence("~", extension, queues),
        "~", "9999", 404, 400),
    ("readExtensionCallQueuePresence", lambda by, extension: by.presence.read_extension_call_queue_presence("~", extension),
        "~", "9999", 404, 503),
])
assert RINGCENTRAL.open("demo-bob").presence.read_user_presence_status("~", "1").message == "lunch"

busy = presenced.UserSettings(override=presenced.OverrideName.BUSY)
report = presenced.CallReport(
    direction=presenced.Direction.INBOUND, telephony_status=presenced.TelephonyStatus.CALLCONNECTED)


def heartbeats(user):
    said = presenced.Heartbeat(user_id=user, device_id="DESK", state=presenced.PresenceState.ONLINE)
    return presenced.Heartbeats(heartbeats=[said])


def updates(user):
    said = presenced.UserPresenceUpdate(user_id=user, state=presenced.PresenceState.ONLINE)
    return presenced.PresenceUpdates(updates=[said])


said = presenced.PresenceUpdate(state=presenced.PresenceState.ONLINE)
backend = presenced.AppTokenRequest(name="backend", scopes=[presenced.Scope.READ, presenced.Scope.WRITE])
# What is said of many users, and who is in a room, is said by an admin.
PRESENCED.try_each([
    ("updatePresence", lambda by, user: by.presence.update_presence(updates(user)), ALICE, STRANGER, 401, 413),
    ("addMember", lambda by, user: by.directory.add_member(LOBBY, user), CAROL, NOBODY, 404, 409),
    ("removeMember", lambda by, user: by.directory.remove_member(LOBBY, user), CAROL, STRANGER, 401, 413),
    ("createAppToken", lambda by, _: by.directory.create_app_token(backend), "backend", STRANGER, 401, 409),
    ("endSessions", lambda by, user: by.directory.end_sessions(user), CAROL, NOBODY, 404, 503),
], token="demo-admin")
PRESENCED.try_each([
    ("putUserPresence", lambda by, user: by.presence.put_user_presence(user, said), ALICE, BOB, 403, 429),
    ("whoami", lambda by, _: by.directory.whoami(), "own", STRANGER, 401, 503),
    ("createTicket", lambda by, _: by.following.create_ticket(), "own", STRANGER, 401, 413),
    ("postActivity", lambda by, _: by.presence.post_activity(), "own", STRANGER, 401, 413),
    ("getRoomPresence", lambda by, room: by.presence.get_room_presence(room), LOBBY, NO_ROOM, 404, 503),
    ("getUserRooms", lambda by, user: by.presence.get_user_rooms(user), ALICE, BOB, 403, 404),
    ("deleteUserPresence", lambda by, user: by.presence.delete_user_presence(user), ALICE, BOB, 403, 429),
    ("putSettings", lambda by, user: by.presence.put_settings(user, busy), ALICE, BOB, 403, 429),
    ("getSettings", lambda by, user: by.presence.get_settings(user), ALICE, BOB, 403, 404),
    ("postHeartbeats", lambda by, user: by.presence.post_heartbeats(heartbeats(user)), ALICE, STRANGER, 401, 413),
    ("getUserPresence", lambda by, user: by.presence.get_user_presence(user), ALICE, NOBODY, 404, 503),
    ("queryPresence", lambda by, user: by.presence.query_presence(presenced.PresenceQuery(users=[user])),
        ALICE, STRANGER, 401, 403),
    ("streamChanges", lambda by, user: by.presence.stream_changes(users=user and [user]), STREAM, "nobody", 400, 429),
    ("putCall", lambda by, user: by.presence.put_call(user, "c1", report), ALICE, NOBODY, 404, 413),
    ("deleteCall", lambda by, user: by.presence.delete_call(user, "c1"), ALICE, NOBODY, 404, 503),
    ("getPresenceList", lambda by, user: by.presencelists.get_presence_list(user), ALICE, BOB, 403, 503),
    ("acceptObserver", lambda by, observer: by.presencelists.accept_observer(ALICE, observer), CAROL, BOB, 404, 429),
    ("denyObserver", lambda by, observer: by.presencelists.deny_observer(ALICE, observer), CAROL, BOB, 404, 503),
])
assert PRESENCED.open("demo-bob").presence.get_user_presence(ALICE).state == presenced.PresenceState.BUSY
