//! How requests are put together: a value with what has to be there, and what may be besides by methods that are called as
//! its members.

use std::time::Duration;

use crate::api::{
    Open,
    presenced::types::{
        AppTokenRequest, CallReport, Heartbeat, PresenceQuery, PresenceState, PresenceUpdate, SayPresence,
        Scope, StatusUpdate, TokenRequest, Unwatch, UserPresenceUpdate, Watch, WebhookRequest,
    },
    telephony::{CallKind, Direction, TelephonyStatus},
};

fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

/// What is said of a device and of the user's status, in a call and over a socket.
macro_rules! says {
    ($($update:ident),+) => {$(
        /// That the device is in this state.
        impl From<PresenceState> for $update {
            fn from(state: PresenceState) -> Self {
                Self { state: Some(state), ..Self::default() }
            }
        }

        /// That this is the user's status.
        impl From<StatusUpdate> for $update {
            fn from(status: StatusUpdate) -> Self {
                Self::default().status(status)
            }
        }

        impl $update {
            /// What the device says.
            pub fn state(self, state: PresenceState) -> Self {
                Self { state: Some(state), ..self }
            }

            /// The user's status, a text or one that expires.
            pub fn status(self, status: impl Into<StatusUpdate>) -> Self {
                Self { status: Some(Some(status.into())), ..self }
            }

            /// That the user has no status any more.
            pub fn no_status(self) -> Self {
                Self { status: Some(None), ..self }
            }

            /// What the device is called.
            pub fn label(self, label: impl Into<String>) -> Self {
                Self { label: Some(label.into()), ..self }
            }

            /// How long the state holds without a connection, in whole seconds.
            pub fn lease(self, lease: Duration) -> Self {
                Self { lease_seconds: Some(lease.as_secs()), ..self }
            }
        }
    )+};
}

says!(PresenceUpdate, SayPresence);

impl PresenceUpdate {
    /// The device that speaks, instead of the token's own.
    pub fn device(self, id: impl Into<String>) -> Self {
        Self { device_id: Some(id.into()), ..self }
    }

    /// The same, said of that user among many.
    pub fn of(self, user: impl Into<String>) -> UserPresenceUpdate {
        UserPresenceUpdate {
            user_id: user.into(),
            state: self.state.map(|state| Open::from(state).to_string()),
            status: self.status,
            device_id: self.device_id,
            label: self.label,
            lease_seconds: self.lease_seconds,
        }
    }
}

/// A text that stays until somebody changes it.
impl From<&str> for StatusUpdate {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

impl StatusUpdate {
    /// After how long it expires, in whole seconds.
    pub fn expires_in(self, time: Duration) -> Self {
        Self { expires_at: None, expires_in_seconds: Some(time.as_secs()), ..self }
    }
}

/// Whom to watch, and whom no longer.
macro_rules! watches {
    ($($watch:ident),+) => {$(
        impl $watch {
            /// These users.
            pub fn users(self, users: impl IntoIterator<Item = impl Into<String>>) -> Self {
                Self { users: texts(users), ..self }
            }

            /// The members of these rooms.
            pub fn rooms(self, rooms: impl IntoIterator<Item = impl Into<String>>) -> Self {
                Self { rooms: texts(rooms), ..self }
            }

            /// Everybody whom the token may see.
            pub fn everyone(self) -> Self {
                Self { everyone: true, ..self }
            }
        }
    )+};
}

watches!(Watch, Unwatch);

impl PresenceQuery {
    /// The users to tell of.
    pub fn users(self, users: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { users: Some(texts(users)), ..self }
    }

    /// The rooms whose members to tell of.
    pub fn rooms(self, rooms: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { rooms: Some(texts(rooms)), ..self }
    }
}

impl Heartbeat {
    /// That a device of a user is in this state.
    pub fn new(user: impl Into<String>, device: impl Into<String>, state: PresenceState) -> Self {
        Self { user_id: user.into(), device_id: device.into(), state: Open::from(state).to_string() }
    }
}

impl CallReport {
    /// A leg of a telephone call, of which no more is said.
    pub fn new(direction: Direction, telephony_status: TelephonyStatus) -> Self {
        Self {
            kind: CallKind::Telephone,
            direction,
            telephony_status,
            started_at: None,
            from: None,
            from_name: None,
            to: None,
            to_name: None,
            session_id: None,
            telephony_session_id: None,
            party_id: None,
            on_behalf_of: None,
            queue_call: None,
            termination_type: None,
            sip_data: None,
            call_info: None,
            appearance_info: None,
        }
    }
}

impl TokenRequest {
    /// A token for that device, which reads and writes and does not end.
    pub fn new(device: impl Into<String>) -> Self {
        Self {
            device_id: device.into(),
            scopes: Self::default_scopes(),
            guest: false,
            expires_in_seconds: None,
        }
    }

    /// What it may be used for.
    pub fn scopes(self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self { scopes: scopes.into_iter().collect(), ..self }
    }

    /// After how long it stops working, in whole seconds.
    pub fn expires_in(self, time: Duration) -> Self {
        Self { expires_in_seconds: Some(time.as_secs()), ..self }
    }
}

impl AppTokenRequest {
    /// A service token for the app of that name, which reads and does not end.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), scopes: Self::default_scopes(), expires_in_seconds: None }
    }

    /// What it may be used for.
    pub fn scopes(self, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self { scopes: scopes.into_iter().collect(), ..self }
    }

    /// After how long it stops working, in whole seconds.
    pub fn expires_in(self, time: Duration) -> Self {
        Self { expires_in_seconds: Some(time.as_secs()), ..self }
    }
}

impl WebhookRequest {
    /// A webhook that goes there, and tells of everybody.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// The users to tell of.
    pub fn users(self, users: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { users: Some(texts(users)), ..self }
    }

    /// The rooms whose members to tell of.
    pub fn rooms(self, rooms: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { rooms: Some(texts(rooms)), ..self }
    }

    /// The secret by which it is signed, instead of one that is made.
    pub fn secret(self, secret: impl Into<String>) -> Self {
        Self { secret: Some(secret.into()), ..self }
    }
}
