//! A file of weights in the safetensors format, read piece by piece: the whole of it is never in memory twice.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Error, Result};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use ndarray::{Array1, Array2};
use serde::Deserialize;

/// The longest head that is read.
const LONGEST_HEAD: u64 = 4 << 20;

#[derive(Debug, Clone, Deserialize)]
struct Place {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// The file and what is where in it.
#[derive(Debug)]
pub(crate) struct Weights {
    file: File,
    begin: u64,
    length: u64,
    places: HashMap<String, Place>,
}

/// A matrix that stays in the file: of its rows only a few are needed at a time.
#[derive(Debug)]
pub(crate) struct Rows {
    file: File,
    begin: u64,
    pub(crate) count: usize,
    pub(crate) width: usize,
}

impl Weights {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let mut length = [0; 8];
        file.read_exact_at(&mut length, 0)?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEAD {
            return Err(Error::other("it has no head"));
        }
        let mut head = vec![0; usize::try_from(length).map_err(Error::other)?];
        file.read_exact_at(&mut head, 8)?;
        let mut all: HashMap<String, serde_json::Value> = serde_json::from_slice(&head)?;
        all.remove("__metadata__");
        let place = |(name, value)| Ok((name, serde_json::from_value(value)?));
        let places = all.into_iter().map(place).collect::<Result<_>>()?;
        let size = file.metadata()?.len();
        Ok(Self { file, begin: 8 + length, length: size, places })
    }

    pub(crate) fn vector(&self, name: &str) -> Result<Array1<f32>> {
        let place = self.place(name, 1)?;
        Ok(Array1::from_vec(self.numbers(place)?))
    }

    pub(crate) fn matrix(&self, name: &str) -> Result<Array2<f32>> {
        let place = self.place(name, 2)?;
        let shape = (place.shape[0], place.shape[1]);
        Array2::from_shape_vec(shape, self.numbers(place)?).map_err(Error::other)
    }

    pub(crate) fn rows(&self, name: &str) -> Result<Rows> {
        let place = self.place(name, 2)?;
        Ok(Rows {
            file: self.file.try_clone()?,
            begin: self.begin + place.data_offsets.0,
            count: place.shape[0],
            width: place.shape[1],
        })
    }

    fn place(&self, name: &str, dimensions: usize) -> Result<&Place> {
        let place = self.places.get(name).ok_or_else(|| Error::other(format!("{name} is missing")))?;
        let bytes = place.shape.iter().try_fold(4_u64, |bytes, side| bytes.checked_mul(*side as u64));
        let (from, to) = place.data_offsets;
        let fits = bytes.is_some_and(|bytes| bytes > 0) && to.checked_sub(from) == bytes;
        let ends = self.begin.checked_add(to).is_some_and(|end| end <= self.length);
        if !ends || place.dtype != "F32" || place.shape.len() != dimensions || !fits {
            return Err(Error::other(format!("{name} is not as it should be")));
        }
        Ok(place)
    }

    fn numbers(&self, place: &Place) -> Result<Vec<f32>> {
        let (from, to) = place.data_offsets;
        let mut bytes = vec![0; usize::try_from(to - from).map_err(Error::other)?];
        self.file.read_exact_at(&mut bytes, self.begin + from)?;
        Ok(floats(&bytes))
    }
}

impl Rows {
    pub(crate) fn row(&self, row: usize) -> Result<Array1<f32>> {
        if row >= self.count {
            return Err(Error::other("there is no such row"));
        }
        let length = self.width * 4;
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, self.begin + (row * length) as u64)?;
        Ok(Array1::from_vec(floats(&bytes)))
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let number = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    bytes.chunks_exact(4).map(number).collect()
}
