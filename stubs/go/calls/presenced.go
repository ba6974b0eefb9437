package main

import (
	"context"

	"github.com/example/presenced"
)

type onPresenced = session[*presenced.APIClient]

func openPresenced(base, token, prefer string) onPresenced {
	configuration := presenced.NewConfiguration()
	configuration.Servers = presenced.ServerConfigurations{{URL: base}}
	if prefer != "" {
		configuration.AddDefaultHeader("Prefer", prefer)
	}
	ctx := context.WithValue(context.Background(), presenced.ContextAccessToken, token)
	return onPresenced{presenced.NewAPIClient(configuration), ctx}
}

// Brings the demo to where every operation has something to work on: there is a call queue, and alice is an admin of the
// account and takes its calls.
func prepare(base string) {
	by := openPresenced(base, "demo-alice", "")
	_, err := by.api.DemoApi.ResetDemo(by.ctx).Execute()
	check(err == nil, "reset: %v", err)
	admin := openPresenced(base, "demo-admin", "")
	put := func(user string, profile presenced.UserProfile) {
		_, _, err := admin.api.DirectoryApi.PutUser(admin.ctx, user).UserProfile(profile).Execute()
		check(err == nil, "%s: %v", user, err)
	}
	put(sales, presenced.UserProfile{
		Number: pointer(int64(4)), Account: pointer(int64(1)), ExtensionNumber: pointer("900"),
		ExtensionType: pointer(presenced.EXTENSIONTYPE_DEPARTMENT), DisplayName: pointer("Sales"),
	})
	put(alice, presenced.UserProfile{
		Account: pointer(int64(1)), ExtensionNumber: pointer("101"), AccountAdmin: pointer(true), Departments: []int64{4},
	})
}

func tryPresenced(base string) {
	open := func(token, prefer string) onPresenced { return openPresenced(base, token, prefer) }
	read := func(err error, status int) bool {
		typed, ok := err.(*presenced.GenericOpenAPIError)
		if !ok {
			return false
		}
		model, ok := typed.Model().(presenced.Problem)
		return ok && int(model.Status) == status && model.Type != "" && model.Detail != ""
	}
	busy := presenced.UserSettings{Override: pointer(presenced.OVERRIDENAME_BUSY)}
	online := func(user string) presenced.Heartbeats {
		return presenced.Heartbeats{Heartbeats: []presenced.Heartbeat{
			{UserId: user, DeviceId: "DESK", State: presenced.PRESENCESTATE_ONLINE},
		}}
	}
	report := presenced.CallReport{
		Direction: presenced.DIRECTION_INBOUND, TelephonyStatus: presenced.TELEPHONYSTATUS_CALL_CONNECTED,
	}

	updates := func(user string) presenced.PresenceUpdates {
		return presenced.PresenceUpdates{Updates: []presenced.UserPresenceUpdate{
			{UserId: user, State: pointer(presenced.PRESENCESTATE_ONLINE)},
		}}
	}
	said := presenced.PresenceUpdate{State: pointer(presenced.PRESENCESTATE_ONLINE)}
	backend := presenced.AppTokenRequest{
		Name: "backend", Scopes: []presenced.Scope{presenced.SCOPE_READ, presenced.SCOPE_WRITE},
	}
	// What is said of many users, and who is in a room, is said by an admin.
	asAdmin := func(token, prefer string) onPresenced {
		if token != stranger {
			token = "demo-admin"
		}
		return open(token, prefer)
	}

	try(asAdmin, read, []operation[*presenced.APIClient]{
		{"UpdatePresence", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.UpdatePresence(by.ctx).PresenceUpdates(updates(user)).Execute())
		}, alice, stranger, 401, 413},
		{"AddMember", func(by onPresenced, user string) answer {
			return empty(by.api.DirectoryApi.AddMember(by.ctx, lobby, user).Execute())
		}, carol, nobody, 404, 409},
		{"RemoveMember", func(by onPresenced, user string) answer {
			return empty(by.api.DirectoryApi.RemoveMember(by.ctx, lobby, user).Execute())
		}, carol, stranger, 401, 413},
		{"CreateAppToken", func(by onPresenced, _ string) answer {
			return of(by.api.DirectoryApi.CreateAppToken(by.ctx).AppTokenRequest(backend).Execute())
		}, "backend", stranger, 401, 409},
		{"EndSessions", func(by onPresenced, user string) answer {
			return empty(by.api.DirectoryApi.EndSessions(by.ctx, user).Execute())
		}, carol, nobody, 404, 503},
	})
	try(open, read, []operation[*presenced.APIClient]{
		{"PutUserPresence", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.PutUserPresence(by.ctx, user).PresenceUpdate(said).Execute())
		}, alice, bob, 403, 429},
		{"Whoami", func(by onPresenced, _ string) answer {
			return of(by.api.DirectoryApi.Whoami(by.ctx).Execute())
		}, "own", stranger, 401, 503},
		{"CreateTicket", func(by onPresenced, _ string) answer {
			return of(by.api.FollowingApi.CreateTicket(by.ctx).Execute())
		}, "own", stranger, 401, 413},
		{"PostActivity", func(by onPresenced, _ string) answer {
			return empty(by.api.PresenceApi.PostActivity(by.ctx).Execute())
		}, "own", stranger, 401, 413},
		{"GetRoomPresence", func(by onPresenced, room string) answer {
			return of(by.api.PresenceApi.GetRoomPresence(by.ctx, room).Execute())
		}, lobby, noRoom, 404, 503},
		{"GetUserRooms", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.GetUserRooms(by.ctx, user).Execute())
		}, alice, bob, 403, 404},
		{"DeleteUserPresence", func(by onPresenced, user string) answer {
			return empty(by.api.PresenceApi.DeleteUserPresence(by.ctx, user).Execute())
		}, alice, bob, 403, 429},
		{"PutSettings", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.PutSettings(by.ctx, user).UserSettings(busy).Execute())
		}, alice, bob, 403, 429},
		{"GetSettings", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.GetSettings(by.ctx, user).Execute())
		}, alice, bob, 403, 404},
		{"PostHeartbeats", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.PostHeartbeats(by.ctx).Heartbeats(online(user)).Execute())
		}, alice, stranger, 401, 413},
		{"GetUserPresence", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.GetUserPresence(by.ctx, user).Execute())
		}, alice, nobody, 404, 503},
		{"QueryPresence", func(by onPresenced, user string) answer {
			query := presenced.PresenceQuery{Users: []string{user}}
			return of(by.api.PresenceApi.QueryPresence(by.ctx).PresenceQuery(query).Execute())
		}, alice, stranger, 401, 403},
		{"StreamChanges", func(by onPresenced, user string) answer {
			return of(by.api.PresenceApi.StreamChanges(by.ctx).Users([]string{user}).Execute())
		}, stream, "nobody", 400, 429},
		{"PutCall", func(by onPresenced, user string) answer {
			return empty(by.api.PresenceApi.PutCall(by.ctx, user, "c1").CallReport(report).Execute())
		}, alice, nobody, 404, 413},
		{"DeleteCall", func(by onPresenced, user string) answer {
			return empty(by.api.PresenceApi.DeleteCall(by.ctx, user, "c1").Execute())
		}, alice, nobody, 404, 503},
		{"GetPresenceList", func(by onPresenced, user string) answer {
			return of(by.api.PresenceListsApi.GetPresenceList(by.ctx, user).Execute())
		}, alice, bob, 403, 503},
		{"AcceptObserver", func(by onPresenced, observer string) answer {
			return of(by.api.PresenceListsApi.AcceptObserver(by.ctx, alice, observer).Execute())
		}, carol, bob, 404, 429},
		{"DenyObserver", func(by onPresenced, observer string) answer {
			return empty(by.api.PresenceListsApi.DenyObserver(by.ctx, alice, observer).Execute())
		}, carol, bob, 404, 503},
	})

	by := open("demo-bob", "")
	presence, _, err := by.api.PresenceApi.GetUserPresence(by.ctx, alice).Execute()
	check(err == nil && presence.State == presenced.PRESENCESTATE_BUSY, "presenced: %v, %v", presence, err)
}
