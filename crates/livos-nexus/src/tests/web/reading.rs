//! From a page to its text.

use super::*;

#[tokio::test]
async fn a_page_becomes_text_that_can_be_read() {
    let text = text_of(
        "<!doctype html><title>T &amp; U</title><h1>Big\n news</h1><p>One &lt;two&gt;&nbsp;<b>three</b>.<p>Four<br>five\
         <ul><li>a<li>b</ul><table><tr><th>x<th>y<tr><td>1<td>2</table><pre>  keep\n   this</pre><img alt='a cat' src=x>\
         <a href='/x'>link</a>",
    )
    .await;
    assert_eq!(
        text,
        "# Big news\n\nOne <two>\u{a0}three.\n\nFour\nfive\n\n- a\n- b\n\nx | y\n1 | 2\n\n```\n  keep\n   this\n```\n\n[picture: a cat] link"
    );
    let server = serve(|_| ok("text/html", "<title> A\n title </title><h2>H</h2><a href='/a?b=(c)#d'>one</a> <a href='mailto:x@y'>two</a> <a href='http://127.0.0.1/'>three</a>")).await;
    let world = World::new(Some(&server));
    let page = world.read_as("http://site.example/dir/", Format::Markdown, true).await.unwrap();
    assert_eq!(page.title, "A title");
    assert_eq!(page.text.unwrap(), "## H\n\none (http://site.example/a?b=%28c%29) two three");
    let page = world.read_as("http://site.example/dir/", Format::Text, false).await.unwrap();
    assert_eq!(page.text.unwrap(), "H\n\none two three");
    let page = world.read_as("http://site.example/dir/", Format::Html, false).await.unwrap();
    assert!(page.text.unwrap().starts_with("<title> A\n title </title><h2>"));
}

#[tokio::test]
async fn what_nobody_sees_is_not_read() {
    let text = text_of(
        "a<script>var x = '<p>no</p>';</script><style>no</style><template>no</template><noscript>no</noscript>\
         <div hidden>no<div>no</div>no</div><span style='display: NONE'>no</span><i aria-hidden=true>no</i>\
         <b style='font-size:0px'>no</b><b style='opacity:0.9'>c</b><textarea>no</textarea><svg><text>no</text></svg>\
         <!-- no --><p hidden>no<p>b\u{200b}\u{202e}\u{e0041}d",
    )
    .await;
    assert_eq!(text, "ac\n\nbd");
}

#[tokio::test]
async fn letters_are_read_as_the_page_says_or_replaced() {
    let pages: [(&str, &[u8], &str); 9] = [
        ("text/plain; charset=iso-8859-1", b"gr\xfc\xdfe", "grüße"),
        ("text/plain; charset=\"windows-1252\"", b"\x80", "€"),
        ("text/plain; charset=utf-8", b"gr\xfc\xdfe", "gr\u{fffd}\u{fffd}e"),
        ("text/plain; charset=nonsense", "grüße".as_bytes(), "grüße"),
        ("text/html", b"<meta charset=shift_jis><p>\x93\xfa\x96{", "日本"),
        ("text/plain", b"\xff\xfeh\0i\0", "hi"),
        ("application/json", b"{\"a\": 1}", "{\"a\": 1}"),
        ("application/rss+xml", b"<a>b</a>", "<a>b</a>"),
        ("text/plain", b"say charset=shift_jis: \xc3\xbc", "say charset=shift_jis: ü"),
    ];
    for (kind, body, text) in pages {
        assert_eq!(page_of(kind, body).await.text.unwrap(), text, "{kind}");
    }
    for kind in ["application/pdf", "image/png", "application/octet-stream", ""] {
        let page = page_of(kind, "%PDF").await;
        assert_eq!((page.text, page.length, page.kind.as_str()), (None, Some(4), kind));
    }
}

#[tokio::test]
async fn a_page_that_is_nested_without_end_costs_no_more_than_a_flat_one() {
    let most = crate::core::web::MOST;
    let begin = "<html><body><p>first</p>";
    for part in [
        "<div>",
        "<b><i>",
        "<a href=x>",
        "<div hidden>",
        "<table><tr><td>",
        "</div>",
        "<li>",
        "<svg>",
        "&amp;",
        "<x y=",
        "<!--",
    ] {
        let megabytes = if part == "<div>" { 10 } else { 3 };
        let page =
            page_of("text/html", format!("{begin}{}", part.repeat((megabytes << 20) / part.len()))).await;
        let text = page.text.unwrap();
        assert!(text.starts_with("first") && text.len() <= most && page.cut, "{part}");
    }
    // Of many bases the first counts, if it is one that an address can begin with.
    let page = page_of("text/html", format!("<p>first{}", "<base href=aaaaaaaaaaaa/>".repeat(80_000))).await;
    assert_eq!(page.text.unwrap(), "first");
    // Links as long as their page's address, a million of them.
    let server = serve(|_| ok("text/html", "<a href=b>c</a>".repeat(100_000))).await;
    let url = format!("http://site.example/{}/", "d".repeat(1500));
    let page = World::new(Some(&server)).read_as(&url, Format::Markdown, true).await.unwrap();
    assert!(page.text.unwrap().len() <= 2 << 20);
}
