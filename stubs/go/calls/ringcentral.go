package main

import (
	"context"

	"github.com/example/ringcentral"
)

type onRingCentral = session[*ringcentral.APIClient]

func tryRingCentral(base string) {
	open := func(token, prefer string) onRingCentral {
		configuration := ringcentral.NewConfiguration()
		configuration.Servers = ringcentral.ServerConfigurations{{URL: base}}
		if prefer != "" {
			configuration.AddDefaultHeader("Prefer", prefer)
		}
		ctx := context.WithValue(context.Background(), ringcentral.ContextAccessToken, token)
		return onRingCentral{ringcentral.NewAPIClient(configuration), ctx}
	}
	read := func(err error, status int) bool {
		typed, ok := err.(*ringcentral.GenericOpenAPIError)
		if !ok {
			return false
		}
		model, ok := typed.Model().(ringcentral.ErrorResponse)
		return ok && model.ErrorCode != "" && model.Message != ""
	}
	lunch := ringcentral.PresenceInfoResource{Message: pointer("lunch")}
	monitored := ringcentral.MonitoredExtensionsUpdate{Records: []ringcentral.MonitoredExtensionUpdate{
		{Extension: ringcentral.MonitoredExtensionId{Id: "2"}},
	}}
	members := ringcentral.CallQueueUpdatePresence{Records: []ringcentral.CallQueueMemberUpdate{
		{Member: ringcentral.CallQueueId{Id: "1"}, AcceptCurrentQueueCalls: false},
	}}
	queues := ringcentral.ExtensionCallQueueUpdatePresenceList{Records: []ringcentral.ExtensionCallQueueUpdate{
		{CallQueue: ringcentral.CallQueueId{Id: "4"}, AcceptCalls: true},
	}}

	try(open, read, []operation[*ringcentral.APIClient]{
		{"UpdateUserPresenceStatus", func(by onRingCentral, extension string) answer {
			return of(by.api.PresenceApi.UpdateUserPresenceStatus(by.ctx, "~", extension).PresenceInfoResource(lunch).Execute())
		}, "~", "9999", 404, 415},
		{"ReadUserPresenceStatus", func(by onRingCentral, extension string) answer {
			return of(by.api.PresenceApi.ReadUserPresenceStatus(by.ctx, "~", extension).Execute())
		}, "~", "9999", 404, 429},
		{"ReadAccountPresence", func(by onRingCentral, account string) answer {
			return of(by.api.PresenceApi.ReadAccountPresence(by.ctx, account).Execute())
		}, "~", "999", 404, 503},
		{"UpdateMonitoredExtensions", func(by onRingCentral, extension string) answer {
			return of(by.api.PresenceApi.UpdateMonitoredExtensions(by.ctx, "~", extension).MonitoredExtensionsUpdate(monitored).Execute())
		}, "~", "9999", 404, 413},
		{"ReadMonitoredExtensions", func(by onRingCentral, extension string) answer {
			return of(by.api.PresenceApi.ReadMonitoredExtensions(by.ctx, "~", extension).Execute())
		}, "~", "9999", 404, 429},
		{"UpdateCallQueuePresence", func(by onRingCentral, group string) answer {
			return of(by.api.PresenceApi.UpdateCallQueuePresence(by.ctx, "~", group).CallQueueUpdatePresence(members).Execute())
		}, "4", "9999", 404, 403},
		{"ReadCallQueuePresence", func(by onRingCentral, group string) answer {
			return of(by.api.PresenceApi.ReadCallQueuePresence(by.ctx, "~", group).Execute())
		}, "4", "9999", 404, 429},
		{"UpdateExtensionCallQueuePresence", func(by onRingCentral, extension string) answer {
			return of(by.api.PresenceApi.UpdateExtensionCallQueuePresence(by.ctx, "~", extension).ExtensionCallQueueUpdatePresenceList(queues).Execute())
		}, "~", "9999", 404, 400},
		{"ReadExtensionCallQueuePresence", func(by onRingCentral, extension string) answer {
			return of(by.api.PresenceApi.ReadExtensionCallQueuePresence(by.ctx, "~", extension).Execute())
		}, "~", "9999", 404, 503},
	})

	by := open("demo-bob", "")
	presence, _, err := by.api.PresenceApi.ReadUserPresenceStatus(by.ctx, "~", "1").Execute()
	check(err == nil && presence.GetMessage() == "lunch", "ringcentral: %v, %v", presence, err)
}
