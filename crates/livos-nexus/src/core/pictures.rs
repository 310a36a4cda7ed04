//! Pictures that a person shows: what is taken for one, and what a model sees of them.
//!
//! The log says which pictures there are, and by ids that are made of their bytes, so that what a model was told can be
//! held against the log without them. The bytes are put in their places when it is asked.

use livos_bus::Actor;
use livos_bus::assistant::Picture;
use livos_llm::{Image, ImageKind, Message, PersonPart};
use sha2::{Digest as _, Sha256};

use super::Nexus;
use super::step::{Break, Entry, Step};
use crate::error::Error;
use crate::store::pictures::{Kept, Most};

/// Pictures of one message.
pub(crate) const MOST: usize = 4;
/// The largest picture, in bytes. Some providers take five million of a picture as it is written to them, which is by a
/// third longer.
pub(crate) const LONGEST: usize = 3_750_000;
/// The longest side that every provider takes, in pixels.
const LONGEST_SIDE: usize = 8000;
/// The latest so many pictures are told of a conversation,
const MOST_TOLD: usize = 8;
/// and of these only so many bytes: providers bound what they are sent at once.
const TOLD: u64 = 4 * LONGEST as u64;
/// What a picture is counted as: as much as most providers take for one of the size that the desktop makes them.
const TOKENS: u64 = 1600;
/// How much there may be of them.
const KEPT: Most =
    Most { unsent: 16, conversation: 64 * 1024 * 1024, person: 1024 * 1024 * 1024, waits: 24 * 60 * 60 };

/// What is told instead of one that is not shown any more.
pub(crate) const LEFT_OUT: &str = "[picture left out]";
/// What is told instead of those that a model did not take.
const UNSEEN: &str = "[a picture that you can't look at; say so where it matters]";

impl Nexus {
    /// Takes in a picture for a message that is to come.
    pub(crate) async fn add_picture(&self, actor: &Actor, id: &str, file: &[u8]) -> Result<Picture, Error> {
        self.owned(actor, id).await?;
        let picture = looked_at(file)?;
        let full = |what: &str| Err(Error::Invalid(what.to_owned()));
        match self.store.keep_picture(id, &picture, file, self.clock.now(), KEPT).await? {
            Kept::Yes => Ok(picture),
            Kept::Unsent => full("too many pictures wait to be sent here; send some of them first"),
            Kept::Conversation => {
                full("this conversation has as many pictures as one may have; begin a new one")
            }
            Kept::Person => full(
                "your conversations have as many pictures as they may have; delete those that you need no more",
            ),
        }
    }

    /// A picture of this person's, and its file.
    pub(crate) async fn picture(
        &self,
        actor: &Actor,
        id: &str,
        picture: &str,
    ) -> Result<(Picture, Vec<u8>), Error> {
        self.owned(actor, id).await?;
        self.store.picture(id, picture).await?.ok_or(Error::UnknownPicture)
    }

    /// Puts pictures where they are spoken of.
    pub(crate) async fn show(&self, conversation: &str, messages: &mut [Message]) -> Result<(), Error> {
        for message in messages {
            let Message::Person(parts) = message else { continue };
            for part in parts {
                let PersonPart::Image(image) = part else { continue };
                let id = String::from_utf8_lossy(&image.bytes).into_owned();
                match self.store.picture(conversation, &id).await? {
                    Some((_, file)) => image.bytes = file.into(),
                    None => *part = PersonPart::Text(LEFT_OUT.to_owned()),
                }
            }
        }
        Ok(())
    }
}

/// What a file is, by its bytes; whatever it is called is not asked.
pub(crate) fn looked_at(file: &[u8]) -> Result<Picture, Error> {
    use imagesize::ImageType;
    let invalid = |what: String| Err(Error::Invalid(what));
    if file.len() > LONGEST {
        return invalid("a picture has at most 3.75 MB; make it smaller".to_owned());
    }
    let kind = match imagesize::image_type(file) {
        Ok(ImageType::Png) => ImageKind::Png,
        Ok(ImageType::Jpeg) => ImageKind::Jpeg,
        Ok(ImageType::Webp) => ImageKind::Webp,
        Ok(ImageType::Gif) => ImageKind::Gif,
        _ => return invalid("this is no PNG, JPEG, WebP or GIF; save it as one of them".to_owned()),
    };
    let Ok(size) = imagesize::blob_size(file) else {
        return invalid("the picture is damaged; save it again".to_owned());
    };
    if size.width.min(size.height) == 0 || size.width.max(size.height) > LONGEST_SIDE {
        return invalid(format!("a picture has at most {LONGEST_SIDE} pixels on each side; make it smaller"));
    }
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    Ok(Picture {
        id: Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect(),
        kind: kind.as_str().to_owned(),
        size: file.len() as u64,
        width: side(size.width),
        height: side(size.height),
    })
}

/// Which pictures a model is shown of these steps: the latest. None in a run in which it did not take them.
pub(crate) struct Shown {
    /// The first step whose pictures are.
    from: i64,
    unseen: bool,
}

impl Shown {
    pub(crate) fn of<'a>(told: impl DoubleEndedIterator<Item = &'a Entry>) -> Self {
        let (mut from, mut count, mut bytes) = (i64::MAX, 0, 0_u64);
        let (mut unseen, mut this_run) = (false, true);
        for entry in told.rev() {
            match &entry.step {
                Step::BrokenOff { by: Break::Unseen, .. } => unseen |= this_run,
                Step::Asked { pictures, .. } => {
                    this_run = false;
                    count += pictures.len();
                    bytes = pictures.iter().fold(bytes, |sum, one| sum.saturating_add(one.size));
                    if count > MOST_TOLD || bytes > TOLD {
                        break;
                    }
                    from = entry.seq;
                }
                _ => {}
            }
        }
        Self { from, unseen }
    }

    /// What is told in the place of a step's picture.
    pub(crate) fn part(&self, seq: i64, picture: &Picture) -> PersonPart {
        let kind = [ImageKind::Png, ImageKind::Jpeg, ImageKind::Webp, ImageKind::Gif];
        match kind.into_iter().find(|kind| kind.as_str() == picture.kind) {
            _ if seq < self.from => PersonPart::Text(LEFT_OUT.to_owned()),
            _ if self.unseen => PersonPart::Text(UNSEEN.to_owned()),
            // Its name, until `Nexus::show` puts its bytes there.
            Some(mime) => PersonPart::Image(Image { mime, bytes: picture.id.clone().into() }),
            None => PersonPart::Text(LEFT_OUT.to_owned()),
        }
    }
}

/// What the pictures among these take, in tokens.
pub(crate) fn tokens(messages: &[Message]) -> u64 {
    let of = |message: &Message| match message {
        Message::Person(parts) => parts.iter().filter(|part| matches!(part, PersonPart::Image(_))).count(),
        Message::Answer(_) | Message::Results(_) => 0,
    };
    messages.iter().map(of).fold(0, |sum, count| sum + TOKENS * count as u64)
}
