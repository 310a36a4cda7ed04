//! `livos memory`

use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, Result};
use livos_memory::eval::{self, Shares};
use livos_memory::{Embedder, Lines, Part, Strategy};

use crate::arguments::MemoryVerb;
use crate::output::{Output, table};

pub(crate) fn run(verb: &MemoryVerb, output: Output) -> Result<ExitCode> {
    let MemoryVerb::Eval { file, plain, single, without, embedder } = verb;
    let text = std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
    let part = Part::ALL.iter().find(|(name, _)| without.as_deref() == Some(*name));
    let strategy = match part {
        Some((_, part)) => Strategy::Without(*part),
        None if *plain => Strategy::Bm25,
        None if *single => Strategy::Single,
        None => Strategy::Full,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let evaluated = runtime.block_on(async {
        let vectors = match embedder {
            Some(program) => Some(started(program).await?),
            None => None,
        };
        let embedder = vectors.as_ref().map(|lines| lines as &dyn Embedder);
        anyhow::Ok(eval::run(&text, strategy, embedder).await?)
    });
    let report = evaluated.with_context(|| format!("{} can't be evaluated", file.display()))?;
    output.print(&report, |report| {
        let row = |name: &str, shares: &Shares| {
            let mut row = vec![name.to_owned(), shares.questions.to_string()];
            row.extend(
                [shares.hit_1, shares.hit_5, shares.hit_10, shares.hit_20].map(|share| format!("{share:.3}")),
            );
            row
        };
        let mut rows: Vec<Vec<String>> =
            report.by_category.iter().map(|(name, shares)| row(name, shares)).collect();
        rows.push(row("all", &report.all));
        let mut text = table(&["CATEGORY", "QUESTIONS", "HIT@1", "HIT@5", "HIT@10", "HIT@20"], rows);
        text +=
            &format!("a search takes {:.1} ms, 95 of 100 at most {:.1} ms\n", report.p50_ms, report.p95_ms);
        if report.skipped > 0 {
            text +=
                &format!("{} questions have no evidence in the file and were not counted\n", report.skipped);
        }
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A program that makes vectors; it ends when it is spoken to no more.
async fn started(program: &Path) -> Result<Lines> {
    let mut child = tokio::process::Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} can't be started", program.display()))?;
    let ways = child.stdout.take().zip(child.stdin.take());
    let (reading, writing) = ways.context("it has no pipes")?;
    Ok(Lines::open(reading, writing).await?)
}
