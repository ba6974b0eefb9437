//! What is particular to `presenced serve --demo`: its configuration, and its fixtures: three users, a room that two
//! of them share, and tokens that are easy to type.

use std::{collections::BTreeSet, fmt::Write as _, path::Path, sync::Arc, time::Duration};

use crate::{
    app::App,
    config::{Config, Reader},
    directory::{Directory, DirectoryError, Extension, Holder, NewToken, Profile, Scopes, TokenSecret},
    id::{RoomId, UserId},
    presence::Timestamp,
};

/// The token that opens the native API's admin operations.
pub const ADMIN_TOKEN: &str = "demo-admin";

/// The server that the users are of.
pub const SERVER_NAME: &str = "example.com";

/// The room that alice and bob share.
const ROOM: &str = "!lobby:example.com";

/// How many users or rooms are taken away in a turn.
const PAGE: usize = 100;

/// In how many steps time is let pass at most.
const MOST_STEPS: u32 = 1_000;

/// The defaults of the demo: every dialect, presence lists, no rate limits, `example.com`, webhooks to this machine.
pub fn config(reader: &Reader) -> Config {
    let mut config = reader.demo();
    config.server.name = SERVER_NAME.to_owned();
    config.presence.lists = true;
    config.webhooks.allow_networks =
        ["127.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network")).into();
    config.limits.put_per_second = 0.0;
    config.limits.sync_presence_per_second = 0.0;
    config.limits.socket_frames_per_second = 0.0;
    config.limits.new_streams_per_second = 0;
    config
}

struct DemoUser {
    id: &'static str,
    name: &'static str,
    extension: &'static str,
    /// Tokens with the device that each speaks for.
    tokens: &'static [(&'static str, &'static str)],
    is_in_room: bool,
}

/// In the order of their numbers, from 1.
const USERS: [DemoUser; 3] = [
    DemoUser {
        id: "@alice:example.com",
        name: "Alice",
        extension: "101",
        tokens: &[("demo-alice", "DEMO"), ("demo-alice-2", "DEMO2")],
        is_in_room: true,
    },
    DemoUser {
        id: "@bob:example.com",
        name: "Bob",
        extension: "102",
        tokens: &[("demo-bob", "DEMO"), ("demo-bob-2", "DEMO2")],
        is_in_room: true,
    },
    DemoUser {
        id: "@carol:example.com",
        name: "Carol",
        extension: "103",
        tokens: &[("demo-carol", "DEMO")],
        is_in_room: false,
    },
];

impl DemoUser {
    fn user(&self) -> UserId {
        self.id.parse().expect("demo ids are valid")
    }

    /// The tokens, as text and as what they are.
    fn tokens(&self) -> impl Iterator<Item = (TokenSecret, NewToken)> {
        self.tokens.iter().map(|(text, device)| {
            let device = device.parse().expect("demo devices are valid");
            let holder = Holder::User { user: self.user(), device, scopes: Scopes::all(), guest: false };
            (TokenSecret::from(*text), NewToken { holder, expires: None })
        })
    }
}

/// Puts the fixtures into the directory, at `now`. Where it has users already, those of the fixtures who are
/// among them get their tokens back: a developer who tries a logout has them again after a restart.
pub async fn furnish(directory: &Arc<Directory>, now: Timestamp) -> Result<(), DirectoryError> {
    directory.admit(&TokenSecret::from(ADMIN_TOKEN), NewToken { holder: Holder::Admin, expires: None });
    if !directory.users(None, 1).items.is_empty() {
        let known = USERS.iter().filter(|user| directory.knows(&user.user()));
        for (secret, token) in known.flat_map(DemoUser::tokens) {
            if directory.token(secret.reveal().as_bytes()).is_none() {
                directory.admit(&secret, token);
            }
        }
        return Ok(());
    }
    let mut members = BTreeSet::new();
    for (number, user) in (1..).zip(USERS) {
        let id = user.user();
        let profile = Profile {
            number: Some(number),
            display_name: Some(user.name.to_owned()),
            avatar_url: None,
            email: None,
            extension: Some(Extension::new(1, user.extension)),
        };
        directory.put_user(&id, profile, now).await?;
        for (secret, token) in user.tokens() {
            directory.add_token(&secret, token).await?;
        }
        if user.is_in_room {
            members.insert(id);
        }
    }
    let room: RoomId = ROOM.parse().expect("the demo room is valid");
    directory.set_members(&room, members).await?;
    Ok(())
}

/// Brings the fixtures back, and takes away what else there is.
pub async fn reset(app: &App) -> Result<(), DirectoryError> {
    let directory = &app.directory;
    while let page = directory.users(None, PAGE).items
        && !page.is_empty()
    {
        for user in page {
            app.service.remove_user(&user.id).await?;
        }
    }
    while let page = directory.rooms(None, PAGE).items
        && !page.is_empty()
    {
        for (room, _) in page {
            directory.set_members(&room, BTreeSet::new()).await?;
        }
    }
    for token in directory.app_tokens() {
        directory.revoke_app_token(&token.id).await?;
    }
    furnish(directory, app.service.now()).await
}

/// Lets time pass at once. What it brings happens in its order, as far as it lies a step apart.
pub async fn advance(app: &App, by: Duration) {
    let step = (by / MOST_STEPS).max(Duration::from_secs(1));
    let mut left = by;
    while !left.is_zero() {
        let now = left.min(step);
        app.clock.advance(now);
        app.tick().await;
        left -= now;
        // Watchers that were woken tell what they see before it is over.
        tokio::task::yield_now().await;
    }
}

/// Who may be tried: a name, the user's id, which the admin has none of, and a token.
pub fn tokens() -> impl Iterator<Item = (&'static str, Option<&'static str>, &'static str)> {
    let first = |user: &DemoUser| (user.name, Some(user.id), user.tokens[0].0);
    USERS.iter().map(first).chain([("Admin", None, ADMIN_TOKEN)])
}

/// What a newcomer is told: where to look, who is there, and three commands to paste.
pub fn greeting(address: &str, data: Option<&Path>) -> String {
    let url = format!("http://{address}");
    let place = data.map_or("memory".to_owned(), |data| data.display().to_string());
    let status = format!("{url}/_matrix/client/v3/presence/@alice:example.com/status");
    let mut text = format!("presenced's demo runs at {url} and keeps everything in {place}.\n\n");
    let _ = writeln!(text, "  Start here  {url}/");
    let _ = writeln!(text, "  The board   {url}/live");
    let _ = writeln!(text, "  Swagger UI  {url}/swagger-ui/\n");
    let _ = writeln!(text, "  {:<20}{:<28}room {ROOM}", "user", "tokens");
    for user in USERS {
        let tokens: Vec<_> = user.tokens.iter().map(|(text, _)| *text).collect();
        let room = if user.is_in_room { "joined" } else { "" };
        let _ = writeln!(text, "{}", format!("  {:<20}{:<28}{room}", user.id, tokens.join(", ")).trim_end());
    }
    let _ = writeln!(text, "  {:<20}{ADMIN_TOKEN}\n", "admin");
    let _ = writeln!(text, "Try it: alice comes online, bob sees her, carol may not.\n");
    let _ = writeln!(
        text,
        "  curl -X PUT -H 'Authorization: Bearer demo-alice' \\\n    \
         -d '{{\"presence\": \"online\", \"status_msg\": \"I am here.\"}}' \\\n    {status}\n"
    );
    for token in ["demo-bob", "demo-carol"] {
        let _ = writeln!(text, "  curl -H 'Authorization: Bearer {token}' {status}\n");
    }
    text + "Stop it with Ctrl-C."
}
