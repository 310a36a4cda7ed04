//! One consumer for each conversation that has something to do: its messages are answered in order, and no two
//! at once.

use std::sync::Arc;

use super::Nexus;
use super::live::Room;
use super::run::Left;

impl Nexus {
    /// Goes on with whatever an earlier life of the daemon left undone.
    pub(crate) async fn resume(self: &Arc<Self>) -> Result<(), crate::Error> {
        for conversation in self.store.unfinished().await? {
            self.wake(self.rooms.of(&conversation));
        }
        Ok(())
    }

    /// Sees to it that somebody answers what waits in this conversation.
    pub(crate) fn wake(self: &Arc<Self>, room: Arc<Room>) {
        if room.enter() {
            let nexus = Arc::clone(self);
            self.tasks.spawn(async move { nexus.consume(room).await });
        }
    }

    async fn consume(self: Arc<Self>, room: Arc<Room>) {
        loop {
            let left = match self.store.is_subagents(&room.id).await {
                Err(error) => Err(error),
                Ok(subagent) => {
                    let at_once = if subagent { &self.subagent_runs } else { &self.runs };
                    match at_once.acquire().await {
                        Ok(_permit) => {
                            let left = self.answer_next(&room).await;
                            self.rest();
                            left
                        }
                        Err(_) => return,
                    }
                }
            };
            match left {
                Ok(Left::Ended) => {}
                // Whatever becomes of what was proposed wakes this again.
                Ok(Left::Nothing | Left::Waiting) => {
                    if room.may_leave() {
                        return;
                    }
                }
                // The daemon stops; the next one goes on here.
                Ok(Left::Undone) => return,
                Err(crate::Error::Unknown) => {
                    tracing::debug!(
                        conversation = room.id,
                        "a conversation was deleted while Nexus answered"
                    );
                    room.end();
                    room.settled();
                    if room.may_leave() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::error!(
                        conversation = room.id,
                        error = livos_service::chain(&error),
                        "an answer could not be worked on; it waits for the next message or start"
                    );
                    room.end();
                    if room.may_leave() {
                        return;
                    }
                }
            }
        }
    }
}
