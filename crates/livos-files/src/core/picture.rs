//! A person's picture, made into a wallpaper.
//!
//! Every picture is hostile. It is read by its contents and not by its name, as one of three kinds whose
//! decoders are plain Rust; its bytes, its sides and its pixels are counted before any memory is asked for;
//! and only one is worked on at a time. What comes out is written anew, so nothing that was hidden in it
//! (a place, a camera's number, a second file) comes along.

use std::fs::File;
use std::io::{Cursor, Read as _};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageError, ImageReader, Limits, Rgb, RgbImage};

/// The sides of a wallpaper: no screen of this house is larger, and a phone held upright takes the same.
const LONG: u32 = 2560;
const SHORT: u32 = 1600;
/// Bytes of a file that is read at all.
const FILE: u64 = 32 << 20;
/// Pixels of a picture. Decoding one takes up to nine bytes for each, and the daemon is given 512 MiB.
const PIXELS: u64 = 40_000_000;
/// A picture that is all length would be scaled to nothing.
const SIDE: u32 = 20_000;
/// Bytes of the decoded picture: eight-bit colours at the limit above, or fewer pixels of a deeper kind.
const MEMORY: u64 = 160 << 20;
const QUALITY: u8 = 85;

/// Reads a picture and writes the wallpaper, a JPEG. The error says what to do instead.
pub(crate) fn wallpaper(file: File) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = file.take(FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("the picture cannot be read: {error}"))?;
    if bytes.len() as u64 > FILE {
        return Err(format!("the picture's file is larger than {} MB; save a smaller copy", FILE >> 20));
    }
    wallpaper_of_bytes(bytes)
}

pub(crate) fn wallpaper_of_bytes(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let picture = decode(bytes)?;
    let mut out = Vec::new();
    JpegEncoder::new_with_quality(&mut out, QUALITY)
        .encode_image(&picture)
        .map_err(|error| format!("the wallpaper cannot be written: {error}"))?;
    Ok(out)
}

fn decode(bytes: Vec<u8>) -> Result<RgbImage, String> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| format!("the picture cannot be read: {error}"))?;
    let mut limits = Limits::no_limits();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE), Some(SIDE));
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > SIDE || pixels > PIXELS || decoder.total_bytes() > MEMORY {
        return Err(too_large());
    }
    if pixels == 0 {
        return Err("the picture is empty".to_owned());
    }
    // How the camera was held; a picture that does not say is taken as it lies.
    let held = decoder.orientation();
    let whole = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    let mut picture = cut(whole, width, height);
    if let Ok(held) = held {
        picture.apply_orientation(held);
    }
    Ok(flat(&picture))
}

/// Scales a picture until it just covers a wallpaper, never up, and cuts off what stands over on both ends.
fn cut(whole: DynamicImage, width: u32, height: u32) -> DynamicImage {
    let (across, down) = if width >= height { (LONG, SHORT) } else { (SHORT, LONG) };
    let scale = (f64::from(across) / f64::from(width)).max(f64::from(down) / f64::from(height));
    let scaled = |side: u32| (f64::from(side) * scale).round().max(1.0) as u32;
    let small = if scale < 1.0 { whole.thumbnail_exact(scaled(width), scaled(height)) } else { whole };
    let (across, down) = (across.min(small.width()), down.min(small.height()));
    let (left, top) = ((small.width() - across) / 2, (small.height() - down) / 2);
    small.crop_imm(left, top, across, down)
}

/// Eight-bit colours; where the picture is transparent, white shows through.
fn flat(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let source = picture.to_rgba8();
    RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0;
        let over = |colour: u8| {
            let (colour, alpha) = (u32::from(colour), u32::from(alpha));
            u8::try_from((colour * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

fn refusal(error: &ImageError) -> String {
    match error {
        ImageError::Unsupported(_) => {
            "this kind of picture cannot be a wallpaper; choose a JPEG, PNG or WebP".to_owned()
        }
        ImageError::Limits(_) => too_large(),
        // Words of the decoder: they speak of the file's own contents, which the person may see.
        error => format!("the picture is damaged: {error}"),
    }
}

fn too_large() -> String {
    format!("the picture has more than {} million pixels; save a smaller copy", PIXELS / 1_000_000)
}
