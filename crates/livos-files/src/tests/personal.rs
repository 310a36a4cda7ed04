//! Favourites, recent files, wallpapers.

use std::io::{Cursor, Read as _};

use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgb, RgbImage};

use super::*;

fn paths(entries: &[livos_bus::EntryInfo]) -> Vec<String> {
    entries.iter().map(|entry| format!("{}/{}", entry.root, entry.path)).collect()
}

impl House {
    async fn mark(&self, person: &Actor, at: &str, path: &str) -> Result<(), Error> {
        self.files.set_favourite(person.clone(), root(at), rel(path), true).await
    }

    async fn favourites(&self, person: &Actor) -> Vec<String> {
        paths(&self.files.favourites(person.clone()).await.unwrap())
    }

    async fn opened(&self, person: &Actor, at: &str, path: &str) -> Result<(), Error> {
        self.clock.advance(Duration::from_millis(10));
        self.files.note_opened(person.clone(), root(at), rel(path)).await
    }

    async fn recents(&self, person: &Actor) -> Vec<String> {
        let recents = self.files.recents(person.clone()).await.unwrap();
        paths(&recents.into_iter().map(|recent| recent.entry).collect::<Vec<_>>())
    }
}

#[tokio::test]
async fn favourites_are_each_persons_own_and_follow_what_they_name() {
    let house = House::new().await;
    house.write("shared/Photos/2024/sea.jpg", "");
    house.write("home/notes.txt", "");
    house.mark(&owner(), "shared", "Photos/2024").await.unwrap();
    house.clock.advance(Duration::from_millis(5));
    house.mark(&owner(), "home", "notes.txt").await.unwrap();
    house.mark(&owner(), "shared", "Photos/2024").await.unwrap();
    assert_eq!(house.favourites(&owner()).await, ["shared/Photos/2024", "home/notes.txt"]);
    assert_eq!(house.favourites(&member()).await, [""; 0]);

    // Whoever renames a folder above it: it is found where it went.
    house.files.rename(member(), root("shared"), rel("Photos"), "Pictures".to_owned()).await.unwrap();
    assert_eq!(house.favourites(&owner()).await, ["shared/Pictures/2024", "home/notes.txt"]);

    // In the trash it is out of sight, and back with the file.
    let ids = house.files.trash(&owner(), &[location("home", "notes.txt")]).await.unwrap();
    assert_eq!(house.favourites(&owner()).await, ["shared/Pictures/2024"]);
    house.files.restore(&owner(), &ids).await.unwrap();
    let house = house.again().await;
    assert_eq!(house.favourites(&owner()).await, ["shared/Pictures/2024", "home/notes.txt"]);

    house.files.set_favourite(owner(), root("home"), rel("notes.txt"), false).await.unwrap();
    house.files.set_favourite(owner(), root("home"), rel("never there"), false).await.unwrap();
    assert_eq!(house.favourites(&owner()).await, ["shared/Pictures/2024"]);
}

#[tokio::test]
async fn a_favourite_is_something_that_is_there_and_may_be_seen() {
    let house = House::new().await;
    house.write("home/secret.txt", "");
    assert_eq!(refusal(house.mark(&owner(), "home", "nothing").await), "not_found");
    assert_eq!(refusal(house.mark(&owner(), "home", "").await), "invalid");
    assert_eq!(refusal(house.mark(&member(), "home", "secret.txt").await), "denied");
    assert_eq!(refusal(house.opened(&member(), "home", "secret.txt").await), "denied");
    assert_eq!(refusal(house.mark(&owner(), "elsewhere", "x").await), "denied");
    // What was allowed once and is not any more is not shown either.
    house.write("apps/data.txt", "");
    house.mark(&admin(), "apps", "data.txt").await.unwrap();
    let demoted = actor(Role::Member, "bob");
    assert_eq!(house.favourites(&demoted).await, [""; 0]);
    for number in 0..100 {
        house.write(&format!("home/{number}"), "");
        house.mark(&owner(), "home", &number.to_string()).await.unwrap();
    }
    assert_eq!(refusal(house.mark(&owner(), "home", "secret.txt").await), "invalid");
    // One that is one already is no more than before.
    house.mark(&owner(), "home", "7").await.unwrap();
    assert_eq!(house.favourites(&owner()).await.len(), 100);
}

#[tokio::test]
async fn recent_files_are_what_a_person_opened_or_changed_the_latest_first() {
    let house = House::new().await;
    house.write("home/a.txt", "");
    house.write("home/b.txt", "");
    std::fs::create_dir(house.path("home/folder")).unwrap();
    house.opened(&owner(), "home", "a.txt").await.unwrap();
    house.opened(&owner(), "home", "b.txt").await.unwrap();
    house.opened(&owner(), "home", "folder").await.unwrap();
    house.opened(&owner(), "home", "a.txt").await.unwrap();
    assert_eq!(house.recents(&owner()).await, ["home/a.txt", "home/b.txt"]);
    assert_eq!(house.files.recents(owner()).await.unwrap()[0].used_at, 1_000_000);
    assert_eq!(refusal(house.opened(&owner(), "home", "nothing").await), "not_found");

    house.clock.advance(Duration::from_millis(10));
    house.files.rename(owner(), root("home"), rel("b.txt"), "c.txt".to_owned()).await.unwrap();
    assert_eq!(house.recents(&owner()).await, ["home/c.txt", "home/a.txt"]);
    // What others do is their own.
    assert_eq!(house.recents(&member()).await, [""; 0]);

    house.files.clear_recents(&owner()).await.unwrap();
    assert_eq!(house.recents(&owner()).await, [""; 0]);
    for number in 0..203 {
        house.write(&format!("home/{number}"), "");
        house.opened(&owner(), "home", &number.to_string()).await.unwrap();
    }
    let recents = house.recents(&owner()).await;
    assert_eq!((recents.len(), recents[0].as_str(), recents[199].as_str()), (200, "home/202", "home/3"));
}

fn picture(width: u32, height: u32) -> DynamicImage {
    // Left red, right blue: what is cut off and turned shows.
    RgbImage::from_fn(
        width,
        height,
        |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) },
    )
    .into()
}

fn bytes_of(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn wallpaper_of(house: &House, person: &Actor) -> DynamicImage {
    let (entry, file) = house.files.wallpaper(person).await.unwrap();
    let mut bytes = Vec::new();
    std::fs::File::from(file).read_to_end(&mut bytes).unwrap();
    assert_eq!(entry.size, bytes.len() as u64);
    image::load_from_memory_with_format(&bytes, ImageFormat::Jpeg).unwrap()
}

#[tokio::test]
async fn a_picture_becomes_a_wallpaper_that_fits_a_screen() {
    let house = House::new().await;
    assert_eq!(refusal(house.files.wallpaper(&owner()).await), "not_found");
    for (format, name, size, expected) in [
        (ImageFormat::Png, "a.png", (2800, 2000), (2560, 1600)),
        (ImageFormat::Jpeg, "b.jpg", (2000, 2800), (1600, 2560)),
        (ImageFormat::WebP, "c", (300, 200), (300, 200)),
        (ImageFormat::Jpeg, "d.jpeg", (2700, 50), (2560, 50)),
    ] {
        house.write(&format!("home/{name}"), bytes_of(&picture(size.0, size.1), format));
        house.files.set_wallpaper(owner(), root("home"), rel(name)).await.unwrap();
        let made = wallpaper_of(&house, &owner()).await;
        assert_eq!(made.dimensions(), expected, "{name}");
        let (left, right) = (made.get_pixel(5, 5), made.get_pixel(made.width() - 5, 5));
        assert!(left[0] > 150 && left[2] < 90 && right[2] > 150 && right[0] < 90, "{left:?} {right:?}");
    }
    // It is one person's, is there after a restart, and goes when they say so.
    assert_eq!(refusal(house.files.wallpaper(&member()).await), "not_found");
    let house = house.again().await;
    assert_eq!(wallpaper_of(&house, &owner()).await.dimensions(), (2560, 50));
    house.files.clear_wallpaper(&owner()).await.unwrap();
    house.files.clear_wallpaper(&owner()).await.unwrap();
    assert_eq!(refusal(house.files.wallpaper(&owner()).await), "not_found");
}

#[tokio::test]
async fn where_a_picture_was_taken_does_not_come_along_and_how_it_was_held_counts() {
    let house = House::new().await;
    let mut bytes = bytes_of(&picture(400, 300), ImageFormat::Jpeg);
    // An Exif segment after the start mark: orientation 6, "turn right to see it upright", and a secret.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend_from_slice(b"GPS: at home");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let segment = [&[0xff, 0xe1], &length[..], &exif].concat();
    bytes.splice(2..2, segment);
    house.write("home/held.jpg", &bytes);
    house.files.set_wallpaper(owner(), root("home"), rel("held.jpg")).await.unwrap();
    let made = wallpaper_of(&house, &owner()).await;
    assert_eq!(made.dimensions(), (300, 400));
    assert!(made.get_pixel(150, 10)[0] > 150 && made.get_pixel(150, 390)[2] > 150, "red is on top");
    let (_, file) = house.files.wallpaper(&owner()).await.unwrap();
    let mut bytes = Vec::new();
    std::fs::File::from(file).read_to_end(&mut bytes).unwrap();
    assert!(!bytes.windows(3).any(|part| part == b"GPS"));
}

#[tokio::test]
async fn what_is_transparent_becomes_white() {
    let house = House::new().await;
    let clear = image::RgbaImage::from_pixel(64, 64, image::Rgba([0, 0, 0, 0]));
    house.write("home/clear.png", bytes_of(&clear.into(), ImageFormat::Png));
    house.files.set_wallpaper(owner(), root("home"), rel("clear.png")).await.unwrap();
    assert!(wallpaper_of(&house, &owner()).await.get_pixel(30, 30)[0] > 250);
}

/// A PNG that claims a size and holds next to nothing.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    let chunk = |bytes: &mut Vec<u8>, kind: &[u8], data: &[u8]| {
        bytes.extend_from_slice(&u32::try_from(data.len()).unwrap().to_be_bytes());
        let body = [kind, data].concat();
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(&crc32fast::hash(&body).to_be_bytes());
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    chunk(&mut bytes, b"IHDR", &header);
    chunk(&mut bytes, b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]);
    chunk(&mut bytes, b"IEND", &[]);
    bytes
}

#[tokio::test]
async fn hostile_pictures_are_refused_in_words_and_the_old_wallpaper_stays() {
    let house = House::new().await;
    house.write("home/good.png", bytes_of(&picture(64, 64), ImageFormat::Png));
    house.files.set_wallpaper(owner(), root("home"), rel("good.png")).await.unwrap();
    let good = bytes_of(&picture(64, 64), ImageFormat::Png);
    let jpeg = bytes_of(&picture(64, 64), ImageFormat::Jpeg);
    let half = good[..good.len() / 2].to_vec();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("text.jpg", b"not a picture at all".to_vec()),
        ("svg.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec()),
        ("gif.jpg", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()),
        ("half.png", half),
        ("huge.png", bomb(100_000, 100_000)),
        ("wide.png", bomb(4_000_000_000, 1)),
        ("many.png", bomb(7_000, 7_000)),
        ("none.png", bomb(0, 0)),
        ("short.png", bomb(64, 64)),
        ("fat.jpg", [jpeg.clone(), vec![0; 33 << 20]].concat()),
    ];
    for (name, bytes) in cases {
        house.write(&format!("home/{name}"), bytes);
        let refused =
            house.files.set_wallpaper(owner(), root("home"), rel(name)).await.unwrap_err().to_wire();
        assert_eq!(refused.code, "invalid", "{name}: {refused:?}");
        assert!(refused.message.contains("picture"), "{name}: {}", refused.message);
    }
    // Every byte of a picture turned over, one at a time: read or refused, and nothing falls over.
    for source in [good, jpeg, bytes_of(&picture(64, 64), ImageFormat::WebP)] {
        for at in 0..source.len() {
            let mut broken = source.clone();
            broken[at] ^= 0xff;
            drop(crate::core::picture::wallpaper_of_bytes(broken));
        }
    }
    assert_eq!(wallpaper_of(&house, &owner()).await.dimensions(), (64, 64));
    assert_eq!(refusal(house.files.set_wallpaper(member(), root("home"), rel("good.png")).await), "denied");
    assert_eq!(refusal(house.files.set_wallpaper(owner(), root("home"), rel("gone")).await), "not_found");
    std::fs::create_dir(house.path("home/folder")).unwrap();
    assert_eq!(refusal(house.files.set_wallpaper(owner(), root("home"), rel("folder")).await), "invalid");
}
