package main

import (
	"context"
	"net/url"

	"github.com/example/matrix"
)

type onMatrix = session[*matrix.APIClient]

func tryMatrix(base *url.URL) {
	// The base path is a variable of the document's server.
	below := func(path, token, prefer string) onMatrix {
		configuration := matrix.NewConfiguration()
		if prefer != "" {
			configuration.AddDefaultHeader("Prefer", prefer)
		}
		ctx := context.WithValue(context.Background(), matrix.ContextAccessToken, token)
		ctx = context.WithValue(ctx, matrix.ContextServerVariables, map[string]string{
			"protocol": base.Scheme, "hostname": base.Host, "basePath": path,
		})
		return onMatrix{matrix.NewAPIClient(configuration), ctx}
	}
	open := func(token, prefer string) onMatrix { return below("/_matrix/client/v3", token, prefer) }
	read := func(err error, status int) bool {
		typed, ok := err.(*matrix.GenericOpenAPIError)
		if !ok {
			return false
		}
		switch model := typed.Model().(type) {
		case matrix.MatrixError:
			return model.Errcode != "" && status != 429
		case matrix.LimitExceeded:
			return model.Errcode == "M_LIMIT_EXCEEDED" && model.GetRetryAfterMs() > 0 && status == 429
		}
		return false
	}
	online := matrix.PresenceUpdate{Presence: matrix.PRESENCESTATE_ONLINE, StatusMsg: pointer("on call")}
	inviting := func(user string) matrix.PresenceListUpdate { return matrix.PresenceListUpdate{Invite: []string{user}} }

	try(open, read, []operation[*matrix.APIClient]{
		{"SetPresence", func(by onMatrix, user string) answer {
			return of(by.api.PresenceApi.SetPresence(by.ctx, user).PresenceUpdate(online).Execute())
		}, alice, bob, 403, 429},
		{"GetPresence", func(by onMatrix, user string) answer {
			return of(by.api.PresenceApi.GetPresence(by.ctx, user).Execute())
		}, alice, carol, 403, 404},
		{"ModifyPresenceList", func(by onMatrix, user string) answer {
			return of(by.api.PresenceListsApi.ModifyPresenceList(by.ctx, user).PresenceListUpdate(inviting(carol)).Execute())
		}, alice, bob, 400, 429},
		{"GetPresenceList", func(by onMatrix, user string) answer {
			return of(by.api.PresenceListsApi.GetPresenceList(by.ctx, user).Execute())
		}, alice, "nobody", 400, 503},
	})

	// What was set is read, under every prefix that clients use.
	for _, path := range []string{"/_matrix/client/v3", "/_matrix/client/r0", "/_matrix/client/unstable", "/_matrix/client/api/v1"} {
		by := below(path, "demo-alice", "")
		_, _, err := by.api.PresenceApi.SetPresence(by.ctx, alice).PresenceUpdate(online).Execute()
		check(err == nil, "%s: %v", path, err)
		presence, _, err := by.api.PresenceApi.GetPresence(by.ctx, alice).Execute()
		check(err == nil, "%s: %v", path, err)
		check(presence.Presence == matrix.PRESENCESTATE_ONLINE && presence.GetStatusMsg() == "on call",
			"%s: %v", path, presence)
	}
	// Carol asks to see alice, who answers through presenced's own document.
	by := open("demo-carol", "")
	_, _, err := by.api.PresenceListsApi.ModifyPresenceList(by.ctx, carol).PresenceListUpdate(inviting(alice)).Execute()
	check(err == nil, "carol: %v", err)
}
