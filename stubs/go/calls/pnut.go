package main

import (
	"context"

	"github.com/example/pnut"
)

type onPnut = session[*pnut.APIClient]

func tryPnut(base string) {
	open := func(token, prefer string) onPnut {
		configuration := pnut.NewConfiguration()
		configuration.Servers = pnut.ServerConfigurations{{URL: base + "/v0"}}
		if prefer != "" {
			configuration.AddDefaultHeader("Prefer", prefer)
		}
		ctx := context.WithValue(context.Background(), pnut.ContextAccessToken, token)
		return onPnut{pnut.NewAPIClient(configuration), ctx}
	}
	read := func(err error, status int) bool {
		typed, ok := err.(*pnut.GenericOpenAPIError)
		if !ok {
			return false
		}
		model, ok := typed.Model().(pnut.ErrorAnswer)
		return ok && int(model.Meta.Code) == status && model.Meta.ErrorMessage != ""
	}
	reading := pnut.PresenceUpdate{Presence: *pnut.NewNullableString(pointer("reading"))}

	try(open, read, []operation[*pnut.APIClient]{
		{"SetPresence", func(by onPnut, user string) answer {
			return of(by.api.PresenceApi.SetPresence(by.ctx, user).PresenceUpdate(reading).Execute())
		}, "me", "2", 403, 413},
		{"GetPresence", func(by onPnut, user string) answer {
			return of(by.api.PresenceApi.GetPresence(by.ctx, user).Execute())
		}, "me", "999", 404, 429},
		{"GetPresenceByAlias", func(by onPnut, user string) answer {
			return of(by.api.PresenceApi.GetPresenceByAlias(by.ctx, user).Execute())
		}, "1", "999", 404, 503},
		{"ListPresence", func(by onPnut, _ string) answer {
			return of(by.api.PresenceApi.ListPresence(by.ctx).Execute())
		}, "everybody", stranger, 401, 429},
	})

	by := open("demo-bob", "")
	presence, _, err := by.api.PresenceApi.GetPresence(by.ctx, "1").Execute()
	check(err == nil && presence.Data.Presence == "reading", "pnut: %v, %v", presence, err)
}
