//! From a page's source to text that a model can read.
//!
//! The tokenizer gives one tag after the other and no tree is built, so what is nested ten million deep costs as much as
//! what is not. What people would not see is left out, as far as the page itself says so: it is where words for
//! machines are hidden.

use std::convert::Infallible;

use encoding_rs::{Encoding, UTF_8};
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use url::Url;

use super::address::LONGEST;

/// The most bytes of text that are kept of a page.
const MOST: usize = 1024 * 1024;
/// The most links that are looked at.
const LINKS: usize = 2000;
/// The longest title, in letters.
const TITLE: usize = 300;
/// As much of an attribute as is kept, in bytes.
const ATTRIBUTE: usize = 4096;
/// How far in a page says its charset.
const HEAD: usize = 1024;

/// A page's letters, in the charset that it says, if it is one that can (`markup`), or, failing that, UTF-8. What does not fit becomes a replacement.
pub(super) fn decode(body: &[u8], charset: Option<&str>, markup: bool) -> String {
    let named = charset.and_then(|name| Encoding::for_label(name.as_bytes()));
    let encoding = named.or_else(|| in_head(body).filter(|_| markup)).unwrap_or(UTF_8);
    // A byte order mark says it better than both.
    encoding.decode(body).0.into_owned()
}

fn in_head(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&body[..body.len().min(HEAD)]).to_ascii_lowercase();
    let after = head.split("charset=").nth(1).or_else(|| head.split("encoding=").nth(1))?;
    let name = after.trim_start_matches(['"', '\'', ' ']);
    let end = name.find(|letter: char| !(letter.is_ascii_alphanumeric() || "-_:.".contains(letter)));
    Encoding::for_label(&name.as_bytes()[..end.unwrap_or(name.len())])
}

/// A text without the letters that nobody sees.
pub(crate) fn visible(text: &str) -> String {
    text.chars().filter(|letter| is_visible(*letter)).collect()
}

fn is_visible(letter: char) -> bool {
    let hides = (letter.is_control() && !matches!(letter, '\n' | '\t'))
        || matches!(letter, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    !hides
}

/// Elements with nothing to read in them.
fn is_machinery(name: &[u8]) -> bool {
    matches!(
        name,
        b"script"
            | b"style"
            | b"noscript"
            | b"template"
            | b"svg"
            | b"math"
            | b"iframe"
            | b"object"
            | b"canvas"
            | b"audio"
            | b"video"
            | b"select"
            | b"textarea"
            | b"noframes"
            | b"noembed"
            | b"xmp"
    )
}

/// Elements without an end.
fn is_void(name: &[u8]) -> bool {
    matches!(
        name,
        b"area"
            | b"base"
            | b"br"
            | b"col"
            | b"embed"
            | b"hr"
            | b"img"
            | b"input"
            | b"link"
            | b"meta"
            | b"source"
            | b"track"
            | b"wbr"
    )
}

/// Elements that end where the next of their kind begins.
fn ends_itself(name: &[u8]) -> bool {
    matches!(name, b"p" | b"li" | b"dt" | b"dd" | b"tr" | b"td" | b"th" | b"option")
}

fn is_block(name: &[u8]) -> bool {
    matches!(
        name,
        b"p" | b"div"
            | b"section"
            | b"article"
            | b"header"
            | b"footer"
            | b"main"
            | b"nav"
            | b"aside"
            | b"ul"
            | b"ol"
            | b"dl"
            | b"table"
            | b"blockquote"
            | b"figure"
            | b"form"
            | b"fieldset"
            | b"address"
            | b"details"
            | b"body"
    )
}

/// The attributes that matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Attribute {
    Href,
    Alt,
    Style,
    Hidden,
    AriaHidden,
    #[default]
    Other,
}

/// A tag, while it is read.
#[derive(Debug, Default)]
struct Tag {
    name: Vec<u8>,
    attribute: Attribute,
    href: Option<Vec<u8>>,
    alt: Vec<u8>,
    hidden: bool,
}

/// Writes a page down.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) title: String,
    pub(super) text: String,
    /// There is more than fits.
    pub(super) cut: bool,
    marks: bool,
    links: bool,
    base: Url,
    tag: Tag,
    /// An element that is left out, and how many of its name are open in it.
    skips: Option<(Vec<u8>, usize)>,
    in_title: bool,
    titled: bool,
    based: bool,
    pre: bool,
    /// Where the link that is open leads, and where its words begin.
    link: Option<(String, usize)>,
    linked: usize,
    /// Line ends that are due before the next word.
    due: usize,
    /// A space is.
    space: bool,
    /// What begins the line.
    mark: &'static str,
}

impl Writer {
    /// Reads a page: with marks for headings, lists and code, and with addresses, or without.
    pub(super) fn read(source: &str, base: &Url, marks: bool, links: bool) -> Self {
        let mut writer = Self {
            title: String::new(),
            text: String::new(),
            cut: false,
            marks,
            links,
            base: base.clone(),
            tag: Tag::default(),
            skips: None,
            in_title: false,
            titled: false,
            based: false,
            pre: false,
            link: None,
            linked: 0,
            due: 0,
            space: false,
            mark: "",
        };
        let mut emitter =
            CallbackEmitter::new(|event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
                writer.take(&event);
                None
            });
        emitter.naively_switch_states(true);
        // Neither reading a string nor an emitter without tokens can fail.
        let Ok(()) = Tokenizer::new_with_emitter(source, emitter).finish();
        writer.close_link();
        writer.title = visible(&writer.title).split_whitespace().collect::<Vec<_>>().join(" ");
        writer
    }

    fn take(&mut self, event: &CallbackEvent<'_>) {
        if self.cut {
            return;
        }
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Tag { name: name.to_vec(), ..Tag::default() };
            }
            CallbackEvent::AttributeName { name } => {
                self.tag.attribute = match *name {
                    b"href" if self.tag.href.is_none() => Attribute::Href,
                    b"alt" if self.tag.alt.is_empty() => Attribute::Alt,
                    b"style" => Attribute::Style,
                    b"hidden" => Attribute::Hidden,
                    b"aria-hidden" => Attribute::AriaHidden,
                    _ => Attribute::Other,
                };
                self.tag.hidden |= self.tag.attribute == Attribute::Hidden;
            }
            CallbackEvent::AttributeValue { value } => {
                let kept = &value[..value.len().min(ATTRIBUTE)];
                match self.tag.attribute {
                    Attribute::Href => self.tag.href = Some(kept.to_vec()),
                    Attribute::Alt => self.tag.alt = kept.to_vec(),
                    Attribute::Style => self.tag.hidden |= hides(kept),
                    Attribute::AriaHidden => self.tag.hidden |= kept.eq_ignore_ascii_case(b"true"),
                    Attribute::Hidden | Attribute::Other => {}
                }
            }
            CallbackEvent::CloseStartTag { .. } => {
                let tag = std::mem::take(&mut self.tag);
                self.open(&tag);
            }
            CallbackEvent::EndTag { name } => self.close(name),
            CallbackEvent::String { value } => self.say(&String::from_utf8_lossy(value)),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
    }

    fn open(&mut self, tag: &Tag) {
        let name = tag.name.as_slice();
        if let Some((skipped, depth)) = &mut self.skips {
            if skipped.as_slice() != name {
                return;
            }
            if !ends_itself(name) {
                *depth += 1;
                return;
            }
            self.skips = None;
        }
        if (tag.hidden || is_machinery(name)) && !is_void(name) {
            self.skips = Some((name.to_vec(), 0));
            return;
        }
        if tag.hidden {
            return;
        }
        match name {
            b"title" => self.in_title = !self.titled,
            // Only the first counts, as in browsers; each of many would be put together with the one before.
            b"base" if !self.based => {
                let href = tag.href.as_deref().map(String::from_utf8_lossy);
                if let Some(base) = href.and_then(|href| self.base.join(href.trim()).ok()) {
                    self.based = true;
                    if base.as_str().len() <= LONGEST {
                        self.base = base;
                    }
                }
            }
            b"br" => self.lines(1),
            b"hr" => self.lines(2),
            b"img" if self.marks => {
                let alt = String::from_utf8_lossy(&tag.alt);
                let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
                if !alt.is_empty() {
                    self.say(&format!(" [picture: {alt}] "));
                }
            }
            b"h1" => self.begin("# "),
            b"h2" => self.begin("## "),
            b"h3" => self.begin("### "),
            b"h4" | b"h5" | b"h6" => self.begin("#### "),
            b"li" | b"dt" => {
                self.lines(1);
                self.mark = "- ";
            }
            b"dd" | b"tr" | b"caption" | b"option" => self.lines(1),
            b"td" | b"th" => self.mark = if self.due > 0 || self.text.is_empty() { "" } else { " | " },
            b"pre" => {
                self.lines(2);
                self.fence();
                self.pre = true;
            }
            b"a" => {
                self.close_link();
                let href = tag.href.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
                self.open_link(&href);
            }
            block if is_block(block) => self.lines(2),
            _ => {}
        }
    }

    fn close(&mut self, name: &[u8]) {
        if let Some((skipped, depth)) = &mut self.skips {
            if skipped.as_slice() == name {
                match depth.checked_sub(1) {
                    Some(less) => *depth = less,
                    None => self.skips = None,
                }
            }
            return;
        }
        match name {
            b"title" => {
                self.titled |= self.in_title;
                self.in_title = false;
            }
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => self.lines(2),
            b"pre" if self.pre => {
                self.pre = false;
                self.lines(1);
                self.fence();
                self.lines(2);
            }
            b"li" | b"tr" | b"dd" | b"dt" => self.lines(1),
            b"a" => self.close_link(),
            block if is_block(block) => self.lines(2),
            _ => {}
        }
    }

    fn begin(&mut self, mark: &'static str) {
        self.lines(2);
        self.mark = mark;
    }

    fn lines(&mut self, count: usize) {
        self.due = self.due.max(count);
        (self.space, self.mark) = (false, "");
    }

    fn fence(&mut self) {
        if self.marks {
            self.word("```");
            self.lines(1);
        }
    }

    fn open_link(&mut self, href: &str) {
        if !self.links || self.linked >= LINKS || href.is_empty() {
            return;
        }
        self.linked += 1;
        let leads = self.base.join(href.trim()).ok().and_then(|url| super::address::parse(url.as_str()).ok());
        if let Some(url) = leads {
            self.link = Some((url.into(), self.text.len()));
        }
    }

    fn close_link(&mut self) {
        let Some((to, from)) = self.link.take() else { return };
        if self.text.len() > from {
            let space = std::mem::take(&mut self.space);
            let (due, mark) = (std::mem::take(&mut self.due), std::mem::take(&mut self.mark));
            // In brackets like these an address ends at the first that closes, and has none itself.
            self.put(&format!(" ({to})"));
            (self.space, self.due, self.mark) = (space, due, mark);
        }
    }

    fn say(&mut self, text: &str) {
        if self.skips.is_some() {
            return;
        }
        if self.in_title {
            let room = TITLE.saturating_sub(self.title.chars().count());
            self.title.extend(text.chars().take(room));
            return;
        }
        let text = visible(text);
        if self.pre {
            self.word("");
            self.put(&text);
            return;
        }
        let mut first = true;
        for word in text.split([' ', '\n', '\t', '\u{c}']) {
            self.space |= !std::mem::take(&mut first);
            if !word.is_empty() {
                self.word(word);
            }
        }
    }

    /// A word, and what is due before it.
    fn word(&mut self, word: &str) {
        let due = std::mem::take(&mut self.due);
        let space = std::mem::take(&mut self.space);
        let mark = std::mem::take(&mut self.mark);
        if self.text.is_empty() {
        } else if due > 0 {
            self.put(&"\n\n"[..due.min(2)]);
        } else if space && !mark.starts_with(' ') && !self.text.ends_with('\n') {
            self.put(" ");
        }
        if self.marks || mark == " | " {
            self.put(mark);
        }
        self.put(word);
    }

    fn put(&mut self, text: &str) {
        let room = MOST - self.text.len();
        let fits = text.floor_char_boundary(room);
        self.text.push_str(&text[..fits]);
        self.cut |= fits < text.len();
    }
}

/// A style by which something is not seen.
fn hides(style: &[u8]) -> bool {
    let style: String = String::from_utf8_lossy(style)
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    ["display:none", "visibility:hidden", "font-size:0", "opacity:0"].iter().any(|what| {
        style.match_indices(what).any(|(at, _)| {
            let rest = &style[at + what.len()..];
            // 0.5 is something to see.
            !rest.starts_with('.') || rest[1..].trim_start_matches('0').is_empty()
        })
    })
}
