//! Large buffers, used again instead of allocated again.

use std::sync::{Arc, Mutex, PoisonError};

/// Bytes in one buffer.
pub(crate) const SIZE: usize = 256 * 1024;
/// Buffers kept while nobody needs them: one download's worth and a little.
const KEPT: usize = 4;

/// The buffers nobody uses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

impl Buffers {
    /// A buffer of [`SIZE`] bytes with whatever was in it before.
    pub(crate) fn take(&self) -> Buffer {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Buffer { bytes: kept.unwrap_or_else(|| vec![0; SIZE]), filled: 0, home: self.clone() }
    }

    fn give_back(&self, bytes: Vec<u8>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT {
            kept.push(bytes);
        }
    }
}

/// A buffer that goes back where it came from. Only its filled part is ever seen.
#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    filled: usize,
    home: Buffers,
}

impl Buffer {
    /// All of it, to be written to.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Says how much of it was written.
    pub(crate) fn set_filled(&mut self, filled: usize) {
        self.filled = filled.min(self.bytes.len());
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.home.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_used_again_and_not_hoarded() {
        let buffers = Buffers::default();
        let many: Vec<Buffer> = (0..10).map(|_| buffers.take()).collect();
        drop(many);
        assert_eq!(buffers.0.lock().unwrap().len(), KEPT);
        let mut one = buffers.take();
        one.space()[..3].copy_from_slice(b"abc");
        one.set_filled(3);
        assert_eq!(bytes::Bytes::from_owner(one).as_ref(), b"abc");
        assert_eq!(buffers.0.lock().unwrap().len(), KEPT);
    }
}
