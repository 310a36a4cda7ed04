//! `livos assistant result`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::ChatProxy;
use livos_bus::assistant::WholeResult;

use super::apps::read;
use crate::bus::Bus;
use crate::output::{Output, plain};

pub(super) async fn run(bus: &Bus, conversation: &str, reference: &str, output: Output) -> Result<ExitCode> {
    let chat = ChatProxy::new(&bus.connection).await?;
    let whole: WholeResult = read(chat.whole_result(&bus.actor, conversation, reference).await?).await?;
    output.print(&whole, |whole| whole.text.lines().map(plain).collect::<Vec<_>>().join("\n"))?;
    Ok(ExitCode::SUCCESS)
}
