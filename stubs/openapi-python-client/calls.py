"""Sets and reads presence in the four documents through the stubs that openapi-python-client makes from them, against a
demo whose address is the argument; and each refuses once as its document says. The folder of the stubs is the second
argument."""

import sys

BASE = sys.argv[1].rstrip("/")
sys.path.insert(0, sys.argv[2])

import matrix
import matrix.models
import pnut
import pnut.models
import presenced
import presenced.models
import ringcentral
import ringcentral.models
from matrix.api.presence import get_presence as matrix_get, set_presence as matrix_set
from pnut.api.presence import get_presence as pnut_get, set_presence as pnut_set
from presenced.api.presence import get_user_presence, put_user_presence
from ringcentral.api.presence import read_user_presence_status, update_user_presence_status


def client(package, path=""):
    return package.AuthenticatedClient(base_url=BASE + path, token="demo-alice", raise_on_unexpected_status=True)


def expect(answer, status, kind):
    assert answer.status_code == status and isinstance(answer.parsed, kind), answer
    return answer.parsed


# Matrix
by = client(matrix, "/_matrix/client/v3")
online = matrix.models.PresenceUpdate(presence=matrix.models.PresenceState.ONLINE, status_msg="on call")
assert matrix_set.sync_detailed("@alice:example.com", client=by, body=online).status_code == 200
presence = expect(matrix_get.sync_detailed("@alice:example.com", client=by), 200, matrix.models.PresenceStatus)
assert (presence.presence, presence.status_msg) == (matrix.models.PresenceState.ONLINE, "on call"), presence
error = expect(matrix_get.sync_detailed("@carol:example.com", client=by), 403, matrix.models.Error)
assert error.errcode == "M_FORBIDDEN", error

# pnut
by = client(pnut, "/v0")
reading = pnut.models.PresenceUpdate(presence="reading")
expect(pnut_set.sync_detailed("me", client=by, body=reading), 200, pnut.models.PresenceAnswer)
answer = expect(pnut_get.sync_detailed("me", client=by), 200, pnut.models.PresenceAnswer)
assert answer.data.presence == "reading", answer
error = expect(pnut_get.sync_detailed("999", client=by), 404, pnut.models.ErrorAnswer)
assert error.meta.code == 404, error

# RingCentral
by = client(ringcentral)
lunch = ringcentral.models.GetPresenceInfo(message="lunch")
updated = update_user_presence_status.sync_detailed("~", "~", client=by, body=lunch)
assert updated.status_code == 200 and updated.parsed.message == "lunch", updated
presence = read_user_presence_status.sync_detailed("~", "~", client=by)
assert presence.status_code == 200 and presence.parsed.message == "lunch", presence
error = read_user_presence_status.sync_detailed("~", "9999", client=by)
assert expect(error, 404, ringcentral.models.ErrorResponse).error_code == "CMN-102", error

# presenced
by = client(presenced)
busy = presenced.models.PresenceUpdate(
    state=presenced.models.PresenceState.BUSY, status=presenced.models.StatusUpdate(text="in a meeting"))
expect(put_user_presence.sync_detailed("me", client=by, body=busy), 200, presenced.models.UserPresence)
presence = expect(get_user_presence.sync_detailed("me", client=by), 200, presenced.models.UserPresence)
assert presence.status == "in a meeting", presence
error = expect(get_user_presence.sync_detailed("@nobody:example.com", client=by), 404, presenced.models.Problem)
assert error.type_.endswith(":not-found"), error
