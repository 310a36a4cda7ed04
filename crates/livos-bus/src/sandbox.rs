//! What a command in the sandbox says: frames in a pipe, its words as they come and last how it ended.
//!
//! A frame is a byte for its kind, the length of what follows as four bytes, and that.

use serde::{Deserialize, Serialize};
use zbus::Type;

use crate::assistant::ProviderKey;
use crate::error::{Error, Result};

/// The longest content of a frame.
const LONGEST: usize = 64 * 1024;
const HEADER: usize = 5;

/// A program that is spoken with as long as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProgramRequest {
    /// Whose folder it is that stays: small letters, digits and underscores.
    pub name: String,
    /// Its words, the program first.
    pub command: Vec<String>,
    /// Variables that it has besides those of the sandbox. Their values may be keys.
    pub environment: Vec<(String, ProviderKey)>,
    /// It has the network.
    pub network: bool,
}

/// A piece of what a command says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SandboxFrame {
    /// It wrote this.
    Output(Vec<u8>),
    /// As many bytes are left out here.
    Cut(u64),
    /// It is over, and nothing of it runs any more.
    End(SandboxEnd),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxEnd {
    /// By what.
    pub how: SandboxHow,
    /// Its exit status, or the number of the signal.
    pub code: i32,
    /// How long it ran.
    pub milliseconds: u64,
}

/// What ends a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SandboxHow {
    /// It came to its end.
    Exited,
    /// A signal.
    Signalled,
    /// It took too long.
    Time,
    /// It took too much memory.
    Memory,
    /// It wrote too much.
    Output,
    /// Nobody wanted it any more, or the daemon stopped.
    Stopped,
}

impl SandboxFrame {
    /// As it is written into the pipe. What is longer than a frame becomes several.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut put = |kind: u8, content: &[u8]| {
            let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
            bytes.push(kind);
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(content);
        };
        match self {
            Self::Output(output) => output.chunks(LONGEST).for_each(|chunk| put(b'o', chunk)),
            Self::Cut(count) => put(b'c', &count.to_le_bytes()),
            Self::End(end) => put(b'e', &serde_json::to_vec(end).map_err(Error::internal)?),
        }
        Ok(bytes)
    }

    /// Takes the next frame out of what was read; nothing while it is not whole.
    pub fn decode(bytes: &mut Vec<u8>) -> Result<Option<Self>> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else { return Ok(None) };
        let [kind, length @ ..] = *header;
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(Error::internal("a frame of the sandbox is longer than any may be"));
        }
        let Some(content) = rest.get(..length) else { return Ok(None) };
        let frame = match kind {
            b'o' => Self::Output(content.to_vec()),
            b'c' => Self::Cut(u64::from_le_bytes(content.try_into().map_err(Error::internal)?)),
            b'e' => Self::End(serde_json::from_slice(content).map_err(Error::internal)?),
            _ => return Err(Error::internal("a frame of the sandbox is of no kind that there is")),
        };
        bytes.drain(..HEADER + length);
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in_however_they_are_cut() {
        let end = SandboxEnd { how: SandboxHow::Memory, code: 9, milliseconds: 12 };
        let frames = [
            SandboxFrame::Output(vec![0, 255, 10]),
            SandboxFrame::Cut(u64::MAX),
            SandboxFrame::Output(vec![7; LONGEST]),
            SandboxFrame::End(end),
        ];
        let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.encode().unwrap()).collect();
        for step in [1, 3, 4096, bytes.len()] {
            let (mut buffer, mut found) = (Vec::new(), Vec::new());
            for piece in bytes.chunks(step) {
                buffer.extend_from_slice(piece);
                while let Some(frame) = SandboxFrame::decode(&mut buffer).unwrap() {
                    found.push(frame);
                }
            }
            assert_eq!(found, frames, "in pieces of {step}");
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn long_output_becomes_several_frames() {
        let mut bytes = SandboxFrame::Output(vec![1; LONGEST + 1]).encode().unwrap();
        let mut lengths = Vec::new();
        while let Some(SandboxFrame::Output(output)) = SandboxFrame::decode(&mut bytes).unwrap() {
            lengths.push(output.len());
        }
        assert_eq!(lengths, [LONGEST, 1]);
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bytes in
            [&b"x\x00\x00\x00\x00"[..], b"o\xff\xff\xff\xff", b"c\x01\x00\x00\x00a", b"e\x02\x00\x00\x00{}"]
        {
            assert!(SandboxFrame::decode(&mut bytes.to_vec()).is_err(), "{bytes:?}");
        }
    }
}
