"""The PyPI package ringcentral, unmodified: a login, the three operations, a batch in both forms, and refusals,
on the demo server whose address is the argument."""

import json
import sys

from ringcentral import SDK
from ringcentral.http.api_exception import ApiException

OWN = "/restapi/v1.0/account/~/extension/~/presence"
BATCH = "/restapi/v1.0/account/~/extension/1,9/presence"


def refusal(call, *arguments):
    """The refusal that a call ends with."""
    try:
        call(*arguments)
    except ApiException as error:
        return error
    raise AssertionError("it has to be refused")


def main(url):
    platform = SDK("python", "s", url).platform()
    platform.login(jwt="demo-carol")
    own = platform.get(OWN).json_dict()
    assert (own["extension"]["id"], own["presenceStatus"]) == (3, "Available"), own

    put = platform.put(OWN, {"userStatus": "Busy", "message": "lunch"}).json_dict()
    assert (put["presenceStatus"], put["message"]) == ("Busy", "lunch"), put
    merged = platform.put(OWN, {"ringOnMonitoredCall": True}).json_dict()
    assert (merged["userStatus"], merged["ringOnMonitoredCall"]) == ("Busy", True), merged

    page = platform.get("/restapi/v1.0/account/~/presence", {"detailedTelephonyState": True}).json()
    assert [record.extension.id for record in page.records] == [1, 2, 3], page

    parts = platform.get(BATCH).multipart()
    assert [part.ok() for part in parts] == [True, False], parts
    assert parts[0].json().extension.id == 1
    headers = {"Accept": "application/vnd.ringcentral.multipart+json"}
    # The library reads the other form alone by itself.
    items = json.loads(platform.get(BATCH, headers=headers).text())
    assert [(item["resourceId"], item["status"]) for item in items] == [("1", 200), ("9", 404)], items

    bad = refusal(platform.put, OWN, {"userStatus": "Away"})
    assert bad.api_response().json_dict()["errors"][0]["errorCode"] == "CMN-101", bad
    unknown = refusal(platform.get, "/restapi/v1.0/account/2/presence")
    assert unknown.api_response().json_dict()["parameterName"] == "accountId", unknown

    platform.refresh()
    assert platform.get(OWN).json_dict()["message"] == "lunch"
    platform.logout()

    stranger = SDK("python", "s", url).platform()
    stranger.auth().set_data({"token_type": "bearer", "access_token": "nonsense", "expires_in": 3600})
    refused = refusal(stranger.get, OWN)
    assert refused.api_response().json_dict()["errors"][0]["errorCode"] == "OAU-149", refused


main(sys.argv[1])
