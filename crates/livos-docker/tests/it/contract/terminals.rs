use std::time::Duration;

use livos_docker::{EngineError, Terminal, TerminalSize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::world::{FORCE, World, eventually};

/// Reads until this was written, or fails in time.
async fn until(terminal: &mut Terminal, wanted: &str) {
    let mut seen = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&seen).contains(wanted) {
            assert_ne!(terminal.output.read_buf(&mut seen).await.unwrap(), 0, "it ended before {wanted:?}");
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(60), reading).await;
    assert!(done.is_ok(), "{wanted:?} never came: {:?}", String::from_utf8_lossy(&seen));
}

pub(crate) async fn a_terminal_is_typed_at_resized_and_ends(world: &World) {
    let engine = &world.engine;
    let config = world.config(&world.images.plain, "terminal").await;
    engine.create_container(&config).await.unwrap();
    engine.start_container("terminal").await.unwrap();
    let size = TerminalSize { columns: 90, rows: 30 };
    let mut terminal = engine.open_terminal("terminal", &["/tiny", "--terminal"], size).await.unwrap();
    terminal.input.write_all(b"echo one two\r").await.unwrap();
    // Once as it is typed, once as it is said.
    until(&mut terminal, "echo one two\r\none two\r\n").await;
    assert_eq!(engine.terminal_exit_code(&terminal.id).await.unwrap(), None);
    terminal.input.write_all(b"size\r").await.unwrap();
    until(&mut terminal, "90 by 30").await;
    engine.resize_terminal(&terminal.id, TerminalSize { columns: 120, rows: 40 }).await.unwrap();
    terminal.input.write_all(b"size\r").await.unwrap();
    until(&mut terminal, "120 by 40").await;
    terminal.input.write_all(b"exit 3\r").await.unwrap();
    let mut rest = Vec::new();
    terminal.output.read_to_end(&mut rest).await.unwrap();
    let code = eventually("its exit code", async || engine.terminal_exit_code(&terminal.id).await.unwrap());
    assert_eq!(code.await, 3);
    engine.remove_container("terminal", FORCE).await.unwrap();
}

pub(crate) async fn what_cannot_run_has_no_terminal(world: &World) {
    let engine = &world.engine;
    let size = TerminalSize { columns: 80, rows: 24 };
    let absent = engine.open_terminal("nobody", &["/tiny"], size).await.unwrap_err();
    assert!(matches!(absent, EngineError::NotFound { .. }), "{absent:?}");
    let config = world.config(&world.images.plain, "silent").await;
    engine.create_container(&config).await.unwrap();
    let stopped = engine.open_terminal("silent", &["/tiny"], size).await.unwrap_err();
    assert!(matches!(stopped, EngineError::Conflict { .. }), "{stopped:?}");
    engine.remove_container("silent", FORCE).await.unwrap();
    assert!(engine.resize_terminal(&"a".repeat(64), size).await.is_err());
    assert!(engine.terminal_exit_code("../x").await.is_err());
}
