//! The small languages: interpolation, durations, sizes, command lines, ports, env files, image names.

use std::collections::BTreeMap;

use crate::compose::ports;
use crate::error::Error;
use crate::formats::Values;
use crate::interpolate::Interpolator;
use crate::values;
use crate::{Protocol, parse_env_file};

fn interpolate(text: &str) -> Result<String, Error> {
    let values = [("A", "one"), ("EMPTY", ""), ("low", "lower"), ("_X9", "x9")];
    let scope = Values(values.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
    Interpolator::new(&scope).text("here", text)
}

#[test]
fn interpolation_follows_the_specification() {
    for (text, wanted) in [
        ("plain", "plain"),
        ("$A", "one"),
        ("${A}", "one"),
        ("x${A}y", "xoney"),
        ("$A$A", "oneone"),
        ("$low", "lower"),
        ("$_X9", "x9"),
        ("$A.b", "one.b"),
        ("$MISSING", ""),
        ("${MISSING}", ""),
        ("$$A", "$A"),
        ("$${A}", "${A}"),
        ("$$$A", "$one"),
        ("$$$$", "$$"),
        ("${A:-d}", "one"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${MISSING:-d}", "d"),
        ("${MISSING-d}", "d"),
        ("${MISSING:-}", ""),
        ("${MISSING:-a b:c/d-e}", "a b:c/d-e"),
        ("${MISSING:-${A}}", "one"),
        ("${MISSING:-${OTHER:-deep}}", "deep"),
        ("${MISSING:-x${OTHER:-y}z}", "xyz"),
        ("${MISSING-{\"a\":1}}", "{\"a\":1}"),
        ("${MISSING:-$A}", "one"),
        ("${MISSING:-$$A}", "$A"),
        ("${A:+alt}", "alt"),
        ("${A+alt}", "alt"),
        ("${EMPTY:+alt}", ""),
        ("${EMPTY+alt}", "alt"),
        ("${MISSING:+alt}", ""),
        ("${MISSING+alt}", ""),
        ("${A:+${low}}", "lower"),
        ("${A:?needed}", "one"),
        ("${EMPTY?needed}", ""),
        ("${A?needed}", "one"),
        ("$(date) $? $1 $", "$(date) $? $1 $"),
        ("100% $", "100% $"),
    ] {
        assert_eq!(interpolate(text), Ok(wanted.to_owned()), "{text}");
    }
}

#[test]
fn interpolation_refuses_what_compose_refuses() {
    for (text, word) in [
        ("${", "invalid interpolation"),
        ("${A", "invalid interpolation"),
        ("${}", "names no variable"),
        ("${ A}", "names no variable"),
        ("${1A}", "names no variable"),
        ("${A!x}", "not a known form"),
        ("${A:x}", "not a known form"),
        ("${MISSING:?needed}", "required variable MISSING is missing a value: needed"),
        ("${EMPTY:?needed $A}", "required variable EMPTY is missing a value: needed one"),
        ("${MISSING?}", "required variable MISSING"),
    ] {
        let message = interpolate(text).map_err(|error| error.to_string());
        assert!(matches!(&message, Err(message) if message.contains(word)), "{text}: {message:?}");
    }
}

#[test]
fn interpolation_has_limits() {
    let deep = format!("{}x{}", "${M:-".repeat(40), "}".repeat(40));
    assert!(interpolate(&deep).is_err());
    let scope = Values([("BIG".to_owned(), "x".repeat(100_000))].into());
    let text = "$BIG".repeat(1000);
    assert!(matches!(Interpolator::new(&scope).text("here", &text), Err(Error::Limit { .. })));
}

#[test]
fn durations() {
    for (text, wanted) in [
        ("10s", Some(10_000)),
        ("1m30s", Some(90_000)),
        ("1h", Some(3_600_000)),
        ("1h0m0s", Some(3_600_000)),
        ("500ms", Some(500)),
        ("1.5s", Some(1500)),
        ("100us", Some(1)),
        ("2d", Some(172_800_000)),
        ("1w", Some(604_800_000)),
        ("0", Some(0)),
        ("0s", Some(0)),
        ("15m0s", Some(900_000)),
        ("", None),
        ("30", None),
        ("s", None),
        ("-5s", None),
        ("5 s", None),
        ("5x", None),
        ("1e3s", None),
        ("99999999999w", None),
    ] {
        assert_eq!(values::duration_ms(text), wanted, "{text}");
    }
}

#[test]
fn sizes() {
    for (text, wanted) in [
        ("0", Some(0)),
        ("64", Some(64)),
        ("1k", Some(1024)),
        ("1kb", Some(1024)),
        ("512m", Some(512 << 20)),
        ("512M", Some(512 << 20)),
        ("512MB", Some(512 << 20)),
        ("1.5g", Some(3 << 29)),
        ("2GiB", Some(2 << 30)),
        ("1 gb", Some(1 << 30)),
        ("100b", Some(100)),
        ("", None),
        ("m", None),
        ("-1", None),
        ("1x", None),
        ("1.2.3m", None),
        ("99999999999999t", None),
    ] {
        assert_eq!(values::bytes(text), wanted, "{text}");
    }
    assert_eq!(values::nano_cpus("0.5"), Some(500_000_000));
    assert_eq!(values::nano_cpus("NaN"), None);
}

#[test]
fn command_lines() {
    let split = |text: &str| values::shell_words(text).map(|split| split.words);
    for (text, wanted) in [
        ("", vec![]),
        ("a b  c", vec!["a", "b", "c"]),
        ("  a\n b\t", vec!["a", "b"]),
        ("'a b' c", vec!["a b", "c"]),
        ("\"a b\" c", vec!["a b", "c"]),
        ("a'b'\"c\"", vec!["abc"]),
        ("'' \"\"", vec!["", ""]),
        ("a\\ b", vec!["a b"]),
        ("'a\\b'", vec!["a\\b"]),
        ("\"a\\\"b\"", vec!["a\"b"]),
        ("sh -c \"echo a && echo b\"", vec!["sh", "-c", "echo a && echo b"]),
        ("--flag=\"x y\" --z", vec!["--flag=x y", "--z"]),
        ("echo $HOME", vec!["echo", "$HOME"]),
        ("echo $(hostname -i)", vec!["echo", "$(hostname -i)"]),
        ("a#b # c", vec!["a#b", "#", "c"]),
    ] {
        assert_eq!(split(text), Ok(wanted.into_iter().map(str::to_owned).collect()), "{text}");
    }
    for text in ["'open", "\"open", "end\\", "f(x)", "a `b"] {
        assert!(split(text).is_err(), "{text}");
    }
    let cut = values::shell_words("run --now && echo done").map(|split| (split.words, split.dropped));
    assert_eq!(cut, Ok((vec!["run".into(), "--now".into()], Some("&& echo done".into()))));
    let redirected = values::shell_words("run 2>/dev/null").map(|split| split.words);
    assert_eq!(redirected, Ok(vec!["run".to_owned()]));
}

#[test]
fn ports_short() {
    let read = |text: &str| {
        ports::short(text).map(|ports| {
            ports
                .into_iter()
                .map(|port| {
                    (port.host_ip, port.host_port, port.host_port_end, port.container_port, port.protocol)
                })
                .collect::<Vec<_>>()
        })
    };
    let ip = |text: &str| Some(text.to_owned());
    use Protocol::{Sctp, Tcp, Udp};
    for (text, wanted) in [
        ("80", vec![(None, None, None, 80, Tcp)]),
        ("8080:80", vec![(None, Some(8080), None, 80, Tcp)]),
        ("53:53/udp", vec![(None, Some(53), None, 53, Udp)]),
        ("53:53/UDP", vec![(None, Some(53), None, 53, Udp)]),
        ("1:2/sctp", vec![(None, Some(1), None, 2, Sctp)]),
        ("127.0.0.1:8080:80", vec![(ip("127.0.0.1"), Some(8080), None, 80, Tcp)]),
        ("127.0.0.1::80", vec![(ip("127.0.0.1"), None, None, 80, Tcp)]),
        ("127.0.0.1:80", vec![(ip("127.0.0.1"), None, None, 80, Tcp)]),
        ("[::1]:8080:80", vec![(ip("::1"), Some(8080), None, 80, Tcp)]),
        ("[::1]::80", vec![(ip("::1"), None, None, 80, Tcp)]),
        ("3000-3001", vec![(None, None, None, 3000, Tcp), (None, None, None, 3001, Tcp)]),
        ("10-11:20-21", vec![(None, Some(10), None, 20, Tcp), (None, Some(11), None, 21, Tcp)]),
        ("8000-9000:80", vec![(None, Some(8000), Some(9000), 80, Tcp)]),
    ] {
        assert_eq!(read(text), Ok(wanted), "{text}");
    }
    for text in
        ["", "0", "65536", "a", "80:", "1:2:3:4", "1-2:3-5", "5-3:5-3", "x.y:1:2", "80/icmp", "[::1:80"]
    {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn env_files() {
    let known: BTreeMap<String, String> = [("HOST".to_owned(), "h".to_owned())].into();
    let text = "# comment\n\nA=1\nexport B = two words # note\nC='$A lit'\nD=\"$A\\n\\\"q\\\"\"\nE=${A:-x}${NO:-y}\nF=\"line1\nline2\"\nHOST\nG:colon\nH=a#b\nbad line\nI=\r\nJ=$HOST\n";
    let (values, problems) = parse_env_file(text, &known);
    let wanted = [
        ("A", "1"),
        ("B", "two words"),
        ("C", "$A lit"),
        ("D", "1\n\"q\""),
        ("E", "1y"),
        ("F", "line1\nline2"),
        ("G", "colon"),
        ("H", "a#b"),
        ("HOST", "h"),
        ("I", ""),
        ("J", "h"),
    ];
    let wanted: BTreeMap<String, String> =
        wanted.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    assert_eq!(values, wanted);
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn image_references() {
    let digest = format!("a@sha256:{}", "0".repeat(64));
    for image in [
        "nginx",
        "nginx:1.25",
        "library/nginx",
        "ghcr.io/a/b-c/d_e:v1.2.3_x",
        "localhost:5000/x",
        "Registry.example/x",
        "a__b/c",
        digest.as_str(),
    ] {
        assert_eq!(crate::validate::check_image(image), Ok(()), "{image}");
    }
    for image in
        ["", "Nginx", "a/B", "a:", "a:-x", "/a", "a/", "a//b", "a b", "a@x", "a@sha256:12", "-a", "a:x:y"]
    {
        assert!(crate::validate::check_image(image).is_err(), "{image}");
    }
}

#[test]
fn derived_secrets_are_stable_distinct_and_of_the_asked_length() {
    use crate::secrets;
    // HMAC-SHA256("key", "The quick brown fox jumps over the lazy dog"), the well-known example.
    assert_eq!(
        secrets::derive_hex(b"key", "The quick brown fox jumps over the lazy dog"),
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    );
    assert_eq!(secrets::random_hex(b"s", "l", 7).len(), 7);
    assert_eq!(secrets::random_hex(b"s", "l", 200).len(), 200);
    assert_ne!(secrets::random_hex(b"s", "app-a-KEY", 32), secrets::random_hex(b"s", "app-b-KEY", 32));
    let keys = secrets::vapid(b"s", "l").unwrap_or_default();
    assert_eq!((keys.0.len(), keys.1.len()), (87, 43));
}
