//! Whom extensions of a server of ours monitor.

use crate::{
    api::ringcentral::{
        error::RestRefusal,
        stub::{Caller, MonitoredExtensions, Unread, UpdateLinesError, Uris},
        types::{ExtensionInfo, MonitoredExtension},
    },
    app::Parts,
    directory::MonitoredLine,
};

/// Whom the caller monitors.
pub(super) fn read(server: &Parts, caller: &Caller, uris: &Uris) -> Option<MonitoredExtensions> {
    let user = server.directory.user(&caller.token.user)?;
    let record = |MonitoredLine { id, extension }: MonitoredLine| {
        let user = server.directory.extension(caller.account, extension)?;
        Some(MonitoredExtension { id, extension: ExtensionInfo::of(uris, &user)? })
    };
    let records = server.directory.lines(&user).into_iter().filter_map(record).collect();
    Some(MonitoredExtensions { uri: format!("{}/line", uris.presence(caller.extension)), records })
}

/// Sets it. Each extension has to be one of the caller's account.
pub(super) async fn set(
    server: &Parts,
    caller: &Caller,
    lines: Unread<Vec<MonitoredLine>>,
) -> Result<(), UpdateLinesError> {
    let lines = lines.read().await?;
    let is_there =
        |line: &MonitoredLine| server.directory.extension(caller.account, line.extension).is_some();
    if !lines.iter().all(is_there) {
        return Err(RestRefusal::invalid("records").into());
    }
    let user = &caller.token.user;
    Ok(server.directory.set_desk(user, move |desk| desk.lines = Some(lines.clone())).await?)
}
