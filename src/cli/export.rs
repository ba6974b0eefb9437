use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    Done, Failure,
    admin::{self, Connection},
};
use crate::client::Client;

/// The line that ends an export begins so.
const END: &[u8] = br#"{"kind":"end","#;

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file to write; it is there once it is whole. Standard output if left out.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    connection: Connection,
}

impl Export {
    pub(super) fn run(self) -> Done {
        let client = self.connection.client()?;
        let Some(output) = self.output else {
            return admin::block_on(copy(&client, &mut io::stdout().lock()));
        };
        let failed = |error: io::Error| Failure::unusable(format!("{}: {error}", output.display()));
        let draft = output.with_added_extension("part");
        let mut file = File::create(&draft).map_err(failed)?;
        let copied = admin::block_on(copy(&client, &mut file));
        if copied.is_err() {
            let _half = fs::remove_file(&draft);
            return copied;
        }
        file.sync_all().and_then(|()| fs::rename(&draft, &output)).map_err(failed)
    }
}

/// Copies the export to `output`, and makes sure that it has its end.
async fn copy(client: &Client, output: &mut impl Write) -> Done {
    let mut export = client.export().await.map_err(admin::failure)?;
    let style = ProgressStyle::with_template("exporting {spinner} {bytes} ({bytes_per_sec})");
    let bar = ProgressBar::new_spinner().with_style(style.expect("the template is valid"));
    let mut tail = Vec::new();
    while let Some(chunk) = export.chunk().await.map_err(admin::failure)? {
        output.write_all(chunk.as_ref()).map_err(Failure::unusable)?;
        bar.inc(chunk.as_ref().len() as u64);
        tail.extend_from_slice(chunk.as_ref());
        tail.drain(..tail.len().saturating_sub(256));
    }
    output.flush().map_err(Failure::unusable)?;
    bar.finish_and_clear();
    let last = tail.strip_suffix(b"\n").map(|tail| tail.rsplit(|&byte| byte == b'\n').next());
    if last.flatten().is_some_and(|line| line.starts_with(END)) {
        return Ok(());
    }
    Err(Failure::unusable("the export was broken off: the server's log says why"))
}
